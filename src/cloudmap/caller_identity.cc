#include "cloudmap/caller_identity.h"

#include "cloudmap/call.h"

namespace waypost::cloudmap {
namespace {

constexpr std::string_view kVersion = "2011-06-15";
constexpr std::string_view kNamespace = R"( xmlns="https://sts.amazonaws.com/doc/2011-06-15/">)";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// application/x-www-form-urlencoded; a `%` that is no escape stands for itself.
std::string Decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0) {
      decoded += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

/// Character data of XML. Anything but printable ASCII becomes `?`: it only repeats what a client sent amiss.
void AppendXml(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c >= ' ' && c <= '~' ? c : '?';
    }
  }
}

void AppendElement(std::string_view name, std::string_view text, std::string& out) {
  out += '<';
  out += name;
  out += '>';
  AppendXml(text, out);
  out += "</";
  out += name;
  out += '>';
}

void AppendIdentity(const Caller& caller, std::string_view request_id, std::string& out) {
  out += "<GetCallerIdentityResponse";
  out += kNamespace;
  out += "<GetCallerIdentityResult>";
  AppendElement("Arn", caller.arn, out);
  AppendElement("UserId", caller.user_id, out);
  AppendElement("Account", caller.account, out);
  out += "</GetCallerIdentityResult><ResponseMetadata>";
  AppendElement("RequestId", request_id, out);
  out += "</ResponseMetadata></GetCallerIdentityResponse>";
}

void AppendInvalidAction(std::string_view action, std::string_view version, std::string_view request_id,
                         std::string& out) {
  out += "<ErrorResponse";
  out += kNamespace;
  out += "<Error>";
  AppendElement("Type", "Sender", out);
  AppendElement("Code", "InvalidAction", out);
  std::string message = "Could not find operation ";
  message += action.substr(0, 128);
  message += " for version ";
  message += version.substr(0, 32);
  AppendElement("Message", message, out);
  out += "</Error>";
  AppendElement("RequestId", request_id, out);
  out += "</ErrorResponse>";
}

}  // namespace

std::optional<std::string> FormParameter(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(pair.size() + 1, form.size()));
    const std::size_t equals = pair.find('=');
    if (Decode(pair.substr(0, equals)) != name) continue;
    return equals == std::string_view::npos ? std::string() : Decode(pair.substr(equals + 1));
  }
  return std::nullopt;
}

bool ServeQueryProtocol(const http::Request& request, const Caller& caller, model::Random& random,
                        http::Response& response) {
  std::string_view form = request.query;
  auto action = FormParameter(form, "Action");
  if (!action && request.method == "POST") {
    form = request.body;
    action = FormParameter(form, "Action");
  }
  if (!action) return false;
  const std::string version = FormParameter(form, "Version").value_or(std::string(kVersion));
  std::string request_id = DrawUuid(random);
  response.content_type = "text/xml";
  if (*action == "GetCallerIdentity" && version == kVersion) {
    AppendIdentity(caller, request_id, response.body);
  } else {
    response.status = 400;
    AppendInvalidAction(*action, version, request_id, response.body);
  }
  response.request_id = std::move(request_id);
  return true;
}

}  // namespace waypost::cloudmap
