#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waypost/http/message.h"
#include "waypost/model/result.h"

namespace waypost::cloudmap {

inline constexpr std::string_view kJsonContentType = "application/x-amz-json-1.1";

/// DiscoverInstances and its revision are the data plane; everything else is the control plane. They throttle with
/// different error types.
enum class Plane : std::uint8_t { kControl, kData };

/// How one of our codes is told to an AWS client.
struct AwsError {
  std::string_view type;
  unsigned status;
};
AwsError AwsErrorOf(model::Code code, Plane plane);

/// The error's body and header fields in AWS JSON 1.1. Overwrites what `response` had.
void WriteError(const model::Error& error, Plane plane, std::string request_id, http::Response& response);

}  // namespace waypost::cloudmap
