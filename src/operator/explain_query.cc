#include "operator/explain_query.h"

#include <arpa/inet.h>

#include "operator/query.h"

namespace waypost::oper {
namespace {

using model::Code;
using model::MakeError;

bool IsAddress(const std::string& text) {
  unsigned char octets[16];
  return inet_pton(AF_INET, text.c_str(), octets) == 1 || inet_pton(AF_INET6, text.c_str(), octets) == 1;
}

}  // namespace

model::Result<ExplainQuery> ReadExplainQuery(std::string_view text) {
  WP_TRY(query, Query::Parse(text));
  ExplainQuery read;
  for (const auto& [key, value] : query.pairs()) {
    if (key == "name") {
      read.name = value;
    } else if (key == "client") {
      if (!IsAddress(value))
        return MakeError(Code::kInvalidInput, "client is \"" + value + "\": wanted is an IP address");
      read.client = value;
    } else if (key == "attr") {
      const std::size_t equals = value.find('=');
      if (equals == std::string::npos || equals == 0) {
        return MakeError(Code::kInvalidInput, "attr is \"" + value + "\": wanted is key=value");
      }
      read.attributes.emplace_back(value.substr(0, equals), value.substr(equals + 1));
    } else {
      return MakeError(Code::kInvalidInput, "unknown parameter " + key + "; there are name, client, attr");
    }
  }
  if (read.name.ends_with('.')) read.name.pop_back();
  if (read.name.empty())
    return MakeError(Code::kInvalidInput, "the parameter name is missing: a service or SRV target");
  return read;
}

}  // namespace waypost::oper
