#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cli/failover_doors.h"

namespace waypost::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using beast::error_code;
using model::Code;
using model::MakeError;
using Request = beast::http::request<beast::http::string_body>;
using Parser = beast::http::response_parser<beast::http::string_body>;

constexpr const char* kTarget = "Route53AutoNaming_v20170314.";
constexpr std::string_view kScheme = "http://";

std::string ServersWords(const std::string& body) {
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return "";
  for (const char* name : {"Message", "message"}) {
    const auto words = json.find(name);
    if (words != json.end() && words->is_string()) return words->get<std::string>();
  }
  return "";
}

}  // namespace

struct ApiDoor::State {
  /// Sends and reads on the kept connection, or on a new one. The problem, if there was one.
  error_code Exchange(const Request& request, Parser& parser, std::chrono::milliseconds patience);

  std::string endpoint;
  std::string host;
  tcp::resolver::results_type places = {};
  asio::io_context context = {};
  std::optional<beast::tcp_stream> stream = {};
};

error_code ApiDoor::State::Exchange(const Request& request, Parser& parser, std::chrono::milliseconds patience) {
  error_code problem;
  beast::flat_buffer buffer;
  const auto read = [&](error_code failed, std::size_t) {
    problem = failed;
    if (failed) return;
    beast::http::async_read(*stream, buffer, parser, [&](error_code cut, std::size_t) { problem = cut; });
  };
  const bool kept = stream.has_value();
  if (!kept) stream.emplace(context);
  stream->expires_after(patience);
  if (kept) {
    beast::http::async_write(*stream, request, read);
  } else {
    stream->async_connect(places, [&](error_code failed, const tcp::endpoint&) {
      problem = failed;
      if (!failed) beast::http::async_write(*stream, request, read);
    });
  }
  context.restart();
  context.run();
  if (problem || !parser.keep_alive()) stream.reset();
  return problem;
}

ApiDoor::ApiDoor(std::unique_ptr<State> state) : state_(std::move(state)) {}
ApiDoor::~ApiDoor() = default;
ApiDoor::ApiDoor(ApiDoor&&) noexcept = default;
ApiDoor& ApiDoor::operator=(ApiDoor&&) noexcept = default;

model::Result<DoorAddress> SplitDoor(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  DoorAddress door;
  if (colon != std::string::npos) door = {address.substr(0, colon), address.substr(colon + 1)};
  const bool bracketed = door.host.starts_with('[') && door.host.ends_with(']');
  if (bracketed) door.host = door.host.substr(1, door.host.size() - 2);
  const bool ambiguous = !bracketed && door.host.find(':') != std::string::npos;
  if (door.host.empty() || door.port.empty() || ambiguous) {
    return MakeError(Code::kConfig, address + " is no address with a port, as 127.0.0.1:5300 or [::1]:5300");
  }
  return door;
}

model::Result<ApiDoor> ApiDoor::Open(const std::string& endpoint) {
  if (!endpoint.starts_with(kScheme)) {
    return MakeError(Code::kConfig, "the endpoint " + endpoint + " does not begin with http://");
  }
  std::string authority = endpoint.substr(kScheme.size());
  authority = authority.substr(0, authority.find('/'));
  authority = authority.substr(authority.find('@') == std::string::npos ? 0 : authority.find('@') + 1);
  const bool has_port = authority.rfind(':') != std::string::npos && !authority.ends_with(']');
  WP_TRY(door, SplitDoor(has_port ? authority : authority + ":80"));
  auto state = std::make_unique<State>();
  state->endpoint = endpoint;
  state->host = authority;
  error_code problem;
  state->places = tcp::resolver(state->context).resolve(door.host, door.port, problem);
  if (problem) return MakeError(Code::kConfig, "the endpoint " + endpoint + " is not found: " + problem.message());
  return ApiDoor(std::move(state));
}

model::Result<std::string> ApiDoor::Call(const std::string& operation, const std::string& body,
                                         std::chrono::milliseconds patience) {
  Request request(beast::http::verb::post, "/", 11);
  request.set(beast::http::field::host, state_->host);
  request.set(beast::http::field::content_type, "application/x-amz-json-1.1");
  request.set("X-Amz-Target", kTarget + operation);
  request.body() = body;
  request.prepare_payload();
  const bool kept = state_->stream.has_value();
  std::optional<Parser> parser(std::in_place);
  parser->body_limit(kAnswerBytesMax);
  error_code problem = state_->Exchange(request, *parser, patience);
  // The server may close what it finds idle; only silence is an answer.
  if (problem && kept && problem != beast::error::timeout) {
    parser.emplace();
    parser->body_limit(kAnswerBytesMax);
    problem = state_->Exchange(request, *parser, patience);
  }
  if (problem) {
    return MakeError(Code::kIo, "no answer to " + operation + " from " + state_->endpoint + ": " + problem.message());
  }
  if (parser->get().result() == beast::http::status::ok) return std::move(parser->get().body());
  const std::string words = ServersWords(parser->get().body());
  return MakeError(Code::kInvalidInput, operation + " answered " + std::to_string(parser->get().result_int()) +
                                            (words.empty() ? "; is it waypost?" : ": " + words));
}

}  // namespace waypost::cli
