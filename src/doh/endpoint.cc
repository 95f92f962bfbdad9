#include "waypost/doh/endpoint.h"

#include <optional>
#include <string_view>

#include "doh/base64url.h"
#include "doh/freshness.h"
#include "waypost/dns/protocol.h"

namespace waypost::doh {
namespace {

constexpr std::string_view kMessageType = "application/dns-message";

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

/// Whether a Content-Type is that of DNS messages, whatever parameters it has.
bool IsMessageType(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return EqualIgnoringCase(type, kMessageType);
}

/// Value of the query's `dns`; none when there is none, or more than one.
std::optional<std::string_view> FindMessage(std::string_view query) {
  constexpr std::string_view kName = "dns=";
  std::optional<std::string_view> found;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    if (pair.starts_with(kName)) {
      if (found) return std::nullopt;
      found = pair.substr(kName.size());
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return found;
}

void RefuseMessage(http::Response& response, std::string_view why) {
  http::WriteError(response, 400, "BadRequest", why);
}

/// The message that a request carries; none: the response says why not.
std::optional<std::vector<std::uint8_t>> TakeMessage(const http::Request& request, http::Response& response) {
  if (request.method != "POST") {
    const std::optional<std::string_view> text = FindMessage(request.query);
    if (!text) {
      RefuseMessage(response, "the query has not exactly one `dns`");
      return std::nullopt;
    }
    std::optional<std::vector<std::uint8_t>> message = DecodeBase64Url(*text);
    if (!message) RefuseMessage(response, "`dns` is not base64url without padding");
    return message;
  }
  if (!IsMessageType(request.content_type)) {
    http::WriteError(response, 415, "UnsupportedMediaType", "the body must be application/dns-message");
    return std::nullopt;
  }
  if (request.body.size() > dns::kMessageOctetsMax) {
    http::WriteError(response, 413, "PayloadTooLarge", "a DNS message has 65535 octets at most");
    return std::nullopt;
  }
  return std::vector<std::uint8_t>(request.body.begin(), request.body.end());
}

/// Without the zone of an IPv6 link-local address.
dns::Address ParseAddress(std::string_view text) {
  const auto parsed = dns::Address::Parse(text.substr(0, text.find('%')));
  return parsed.ok() ? *parsed : dns::Address{};
}

http::Response Answer(const std::vector<std::uint8_t>& message) {
  http::Response response;
  if (message.size() < dns::kHeaderOctets) {
    RefuseMessage(response, "this message gets no answer");
    return response;
  }
  response.content_type = kMessageType;
  response.body.assign(message.begin(), message.end());
  const std::optional<std::uint32_t> fresh = Freshness(message);
  response.fields.emplace_back("Cache-Control", fresh ? "max-age=" + std::to_string(*fresh) : "no-store");
  return response;
}

}  // namespace

void Endpoint::AddTo(http::Router& router) {
  router.Add("GET", options_.path, *this);
  router.Add("POST", options_.path, *this);
}

http::Progress Endpoint::Serve(const http::Request& request, http::Response& response, http::Later& later) {
  if (!request.encrypted && !options_.plain) {
    http::WriteError(response, 403, "Forbidden", "DNS is answered by https only");
    return http::Progress::kDone;
  }
  std::optional<std::vector<std::uint8_t>> message = TakeMessage(request, response);
  if (!message) return http::Progress::kDone;
  if (message->size() < dns::kHeaderOctets) {
    RefuseMessage(response, "a DNS message has 12 octets at least");
    return http::Progress::kDone;
  }
  dns::Asker asker;
  asker.client = ParseAddress(request.peer);
  asker.local = ParseAddress(request.local);
  asker.transport = dns::Transport::kHttps;
  ask_(std::move(*message), asker,
       [promise = later.Defer()](const std::vector<std::uint8_t>& answer) { promise.Send(Answer(answer)); });
  return http::Progress::kLater;
}

}  // namespace waypost::doh
