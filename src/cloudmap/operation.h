#pragma once

#include <span>
#include <string_view>

#include "cloudmap/call.h"
#include "cloudmap/shape.h"

namespace waypost::cloudmap {

/// One operation of the API.
struct Operation {
  std::string_view name;
  const Shape* input;
  /// Serves a body that was parsed and checked against `input`.
  model::Result<http::Progress> (*serve)(Call& call, const Value& input);
  /// Where there is one: answers a plain body straight away, or returns false and leaves the response empty.
  bool (*quick)(Call& call) = nullptr;
  Plane plane = Plane::kControl;
};

/// What stands before an operation's name in X-Amz-Target.
inline constexpr std::string_view kTargetPrefix = "Route53AutoNaming_v20170314.";

/// All operations, sorted by name.
std::span<const Operation> Operations();
/// Null: unknown.
const Operation* FindOperation(std::string_view name);

/// Parses a body and checks it against the operation's input. Err: kSerialization, kInvalidInput.
model::Result<Value> ReadInput(const Operation& operation, std::string_view body);

// One function an operation, each in the file of its name or family.
using Served = model::Result<http::Progress>;
Served CreateHttpNamespace(Call& call, const Value& input);
Served CreatePrivateDnsNamespace(Call& call, const Value& input);
Served CreatePublicDnsNamespace(Call& call, const Value& input);
Served CreateService(Call& call, const Value& input);
Served DeleteNamespace(Call& call, const Value& input);
Served DeleteService(Call& call, const Value& input);
Served DeleteServiceAttributes(Call& call, const Value& input);
Served DeregisterInstance(Call& call, const Value& input);
Served DiscoverInstances(Call& call, const Value& input);
Served DiscoverInstancesRevision(Call& call, const Value& input);
Served GetInstance(Call& call, const Value& input);
Served GetInstancesHealthStatus(Call& call, const Value& input);
Served GetNamespace(Call& call, const Value& input);
Served GetOperation(Call& call, const Value& input);
Served GetService(Call& call, const Value& input);
Served GetServiceAttributes(Call& call, const Value& input);
Served ListInstances(Call& call, const Value& input);
Served ListNamespaces(Call& call, const Value& input);
Served ListOperations(Call& call, const Value& input);
Served ListServices(Call& call, const Value& input);
Served ListTagsForResource(Call& call, const Value& input);
Served RegisterInstance(Call& call, const Value& input);
Served TagResource(Call& call, const Value& input);
Served UntagResource(Call& call, const Value& input);
Served UpdateHttpNamespace(Call& call, const Value& input);
Served UpdateInstanceCustomHealthStatus(Call& call, const Value& input);
Served UpdatePrivateDnsNamespace(Call& call, const Value& input);
Served UpdatePublicDnsNamespace(Call& call, const Value& input);
Served UpdateService(Call& call, const Value& input);
Served UpdateServiceAttributes(Call& call, const Value& input);

bool DiscoverInstancesQuickly(Call& call);
bool DiscoverInstancesRevisionQuickly(Call& call);

}  // namespace waypost::cloudmap
