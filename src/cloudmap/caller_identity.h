#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cloudmap/authenticate.h"
#include "waypost/http/message.h"
#include "waypost/model/random.h"

namespace waypost::cloudmap {

/// The value of a parameter of a query string or form body, decoded; none when it is not there.
std::optional<std::string> FormParameter(std::string_view form, std::string_view name);

/// Serves a request of AWS's query protocol, whose Action is in the query string or the form body: STS's
/// GetCallerIdentity; any other Action is InvalidAction. False when the request has no Action.
bool ServeQueryProtocol(const http::Request& request, const Caller& caller, model::Random& random,
                        http::Response& response);

}  // namespace waypost::cloudmap
