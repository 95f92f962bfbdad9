#include "cli/http_client.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstdlib>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>

namespace waypost::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using model::Code;
using model::MakeError;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// One request and what came of it. Outlives the coroutine that carries it.
struct Exchange {
  tcp::resolver::results_type addresses = {};
  beast::http::request<beast::http::string_body> request = {};
  std::optional<beast::error_code> unreachable = {};
  std::optional<beast::error_code> failed = {};
  HttpAnswer answer = {};
};

asio::awaitable<void> Carry(Exchange* exchange) {
  const auto executor = co_await asio::this_coro::executor;
  beast::tcp_stream stream(executor);
  stream.expires_after(HttpClient::kConnectTime);
  const auto [unreachable, place] = co_await stream.async_connect(exchange->addresses, kAwait);
  if (unreachable) {
    exchange->unreachable = unreachable;
    co_return;
  }
  stream.expires_after(HttpClient::kAnswerTime);
  const auto [unsent, written] = co_await beast::http::async_write(stream, exchange->request, kAwait);
  if (unsent) {
    exchange->failed = unsent;
    co_return;
  }
  beast::flat_buffer buffer;
  beast::http::response_parser<beast::http::string_body> parser;
  parser.body_limit(HttpClient::kAnswerBytesMax);
  const auto [unread, count] = co_await beast::http::async_read(stream, buffer, parser, kAwait);
  if (unread) {
    exchange->failed = unread;
    co_return;
  }
  exchange->answer = {parser.get().result_int(), std::move(parser.get().body())};
}

/// What the server itself says was wrong: the message of {"error":{"code":…,"message":…}}; empty: nothing of this form.
std::string ServersWords(const std::string& body) {
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("error") || !json["error"].is_object()) return "";
  const auto message = json["error"].find("message");
  return message != json["error"].end() && message->is_string() ? message->get<std::string>() : "";
}

}  // namespace

std::string ChooseEndpoint(const std::string& given) {
  if (!given.empty()) return given;
  const char* variable = std::getenv("WAYPOST_ENDPOINT");
  return variable != nullptr && *variable != 0 ? variable : "http://127.0.0.1:5380";
}

model::Result<HttpClient> HttpClient::Create(const std::string& endpoint) {
  constexpr std::string_view kScheme = "http://";
  if (!endpoint.starts_with(kScheme)) {
    return MakeError(Code::kConfig, "the endpoint " + endpoint + " does not begin with http://");
  }
  std::string_view rest = std::string_view(endpoint).substr(kScheme.size());
  rest = rest.substr(0, rest.find('/'));
  rest.remove_prefix(rest.find('@') == std::string_view::npos ? 0 : rest.find('@') + 1);
  const std::size_t bracket = rest.find(']');
  const std::size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string host(rest.substr(0, colon));
  std::string port = colon == std::string_view::npos ? "80" : std::string(rest.substr(colon + 1));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || port.empty()) return MakeError(Code::kConfig, "the endpoint " + endpoint + " names no host");
  return HttpClient(endpoint, std::move(host), std::move(port));
}

model::Result<HttpAnswer> HttpClient::Send(const std::string& method, const std::string& path,
                                           const std::string& body) const {
  asio::io_context context;
  beast::error_code unknown;
  Exchange exchange;
  exchange.addresses = tcp::resolver(context).resolve(host_, port_, unknown);
  exchange.request.method_string(method);
  exchange.request.target(path);
  exchange.request.set(beast::http::field::host,
                       (host_.find(':') == std::string::npos ? host_ : "[" + host_ + "]") + ":" + port_);
  exchange.request.set(beast::http::field::connection, "close");
  if (!body.empty()) exchange.request.set(beast::http::field::content_type, "application/json");
  exchange.request.body() = body;
  exchange.request.prepare_payload();
  if (unknown) {
    exchange.unreachable = unknown;
  } else {
    asio::co_spawn(context, Carry(&exchange), [](const std::exception_ptr& problem) {
      if (problem) std::rethrow_exception(problem);
    });
    context.run();
  }
  if (exchange.unreachable) {
    return MakeError(Code::kIo, "no server answers at " + endpoint_ + " (" + exchange.unreachable->message() +
                                    "); start one with waypost serve, or give --endpoint");
  }
  if (exchange.failed) {
    return MakeError(Code::kIo, "the server at " + endpoint_ + " did not answer: " + exchange.failed->message());
  }
  return std::move(exchange.answer);
}

model::Result<std::string> HttpClient::Ask(const std::string& method, const std::string& path,
                                           const std::string& body) const {
  WP_TRY(answer, Send(method, path, body));
  if (answer.status >= 200 && answer.status < 300) return std::move(answer.body);
  const std::string words = ServersWords(answer.body);
  if (!words.empty()) return MakeError(Code::kIo, words);
  return MakeError(Code::kIo, "the server at " + endpoint_ + " answered " + std::to_string(answer.status) + " to " +
                                  method + " " + path.substr(0, path.find('?')) + "; is it waypost?");
}

}  // namespace waypost::cli
