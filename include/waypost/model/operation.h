#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "waypost/model/clock.h"

namespace waypost::model {

enum class OperationType : std::uint8_t {
  kCreateNamespace = 0,
  kDeleteNamespace = 1,
  kUpdateNamespace = 2,
  kUpdateService = 3,
  kRegisterInstance = 4,
  kDeregisterInstance = 5,
};
/// `CREATE_NAMESPACE` …
std::string_view OperationTypeName(OperationType type);

/// A finished operation. waypost's are done and durable before their id is answered, so the status is always SUCCESS.
struct Operation {
  std::string id;
  OperationType type = OperationType::kCreateNamespace;
  Timestamp created = {};
  // What it was about; empty where that says nothing.
  std::string namespace_id = {};
  std::string service_id = {};
  std::string instance_id = {};
  bool operator==(const Operation&) const = default;
};

/// How long a finished operation can be asked for.
inline constexpr std::int64_t kOperationKeptMs = 24LL * 3600 * 1000;

}  // namespace waypost::model
