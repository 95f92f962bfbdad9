#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "waypost/http/message.h"
#include "waypost/model/result.h"

namespace waypost::oper {

/// How one of our codes is told to a client of `/v1`.
struct HttpError {
  std::string_view code;
  unsigned status;
};
HttpError HttpErrorOf(model::Code code);

/// {"error":{"code":…,"message":…}} with the status that fits. Overwrites what `response` had.
void Refuse(const model::Error& error, http::Response& response);

/// 200 with this body. Bytes that are no UTF-8 are replaced.
void Answer(const nlohmann::ordered_json& body, http::Response& response);

}  // namespace waypost::oper
