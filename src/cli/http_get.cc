#include "cli/http_get.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <cstdlib>

namespace waypost::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using model::Code;
using model::MakeError;

constexpr std::chrono::seconds kPatience{5};

struct Place {
  std::string host;
  std::string port;
};

model::Result<Place> ParseEndpoint(std::string_view endpoint) {
  constexpr std::string_view kScheme = "http://";
  if (!endpoint.starts_with(kScheme)) {
    return MakeError(Code::kConfig, "the endpoint " + std::string(endpoint) + " does not begin with http://");
  }
  std::string_view rest = endpoint.substr(kScheme.size());
  rest = rest.substr(0, rest.find('/'));
  rest.remove_prefix(rest.find('@') == std::string_view::npos ? 0 : rest.find('@') + 1);
  const std::size_t bracket = rest.find(']');
  const std::size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  Place place{std::string(rest.substr(0, colon)),
              colon == std::string_view::npos ? "80" : std::string(rest.substr(colon + 1))};
  if (place.host.starts_with('[') && place.host.ends_with(']'))
    place.host = place.host.substr(1, place.host.size() - 2);
  if (place.host.empty() || place.port.empty()) {
    return MakeError(Code::kConfig, "the endpoint " + std::string(endpoint) + " names no host");
  }
  return place;
}

}  // namespace

std::string ChooseEndpoint(const std::string& given) {
  if (!given.empty()) return given;
  const char* variable = std::getenv("WAYPOST_ENDPOINT");
  return variable != nullptr && *variable != 0 ? variable : "http://127.0.0.1:5380";
}

model::Result<std::string> HttpGet(const std::string& endpoint, const std::string& path) {
  WP_TRY(place, ParseEndpoint(endpoint));
  asio::io_context context;
  asio::ip::tcp::resolver resolver(context);
  beast::tcp_stream stream(context);
  beast::error_code problem;
  const auto addresses = resolver.resolve(place.host, place.port, problem);
  if (!problem) {
    stream.expires_after(kPatience);
    stream.connect(addresses, problem);
  }
  if (problem) {
    return MakeError(Code::kIo, "no server answers at " + endpoint + " (" + problem.message() +
                                    "); start one with waypost serve, or give --endpoint");
  }
  beast::http::request<beast::http::empty_body> request(beast::http::verb::get, path, 11);
  request.set(beast::http::field::host, place.host + ":" + place.port);
  request.set(beast::http::field::connection, "close");
  beast::http::write(stream, request, problem);
  beast::flat_buffer buffer;
  beast::http::response<beast::http::string_body> response;
  if (!problem) beast::http::read(stream, buffer, response, problem);
  if (problem && problem != beast::http::error::end_of_stream) {
    return MakeError(Code::kIo, "the server at " + endpoint + " did not answer: " + problem.message());
  }
  if (response.result() != beast::http::status::ok) {
    return MakeError(Code::kIo, "the server at " + endpoint + " answered " + std::to_string(response.result_int()) +
                                    " to GET " + path + "; is it waypost?");
  }
  return std::move(response.body());
}

}  // namespace waypost::cli
