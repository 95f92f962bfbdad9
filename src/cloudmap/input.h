#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloudmap/call.h"
#include "cloudmap/json_value.h"
#include "waypost/model/attributes.h"
#include "waypost/model/id.h"
#include "waypost/model/instance.h"
#include "waypost/model/operation.h"
#include "waypost/model/result.h"
#include "waypost/model/service.h"
#include "waypost/registry/command.h"

namespace waypost::cloudmap {

// What several operations read from their checked input.

model::Error NamespaceMissing(std::string_view id);
model::Error ServiceMissing(std::string_view id);
model::Error InstanceMissing(std::string_view id, std::string_view service);

/// An id, or the ARN around it. Err: kNamespaceNotFound when it cannot be one.
model::Result<model::NamespaceId> ReadNamespaceId(std::string_view id_or_arn);
/// Err: kServiceNotFound when it cannot be one.
model::Result<model::ServiceId> ReadServiceId(std::string_view id_or_arn);
/// What a tag operation's ResourceARN names. Err: kResourceNotFound when it cannot be a namespace or service.
model::Result<registry::ResourceId> ReadResource(std::string_view arn);
model::Error ResourceMissing(std::string_view arn);

/// Of a list of tags, the last of equal keys counts.
model::Tags ReadTags(const Value& input);
model::Attributes ReadAttributes(const Value::Object& pairs);
std::vector<std::string> ReadStrings(const Value::List& items);
std::vector<model::DnsRecord> ReadRecords(const Value::List& items);
/// Nothing when there is no HealthCheckConfig. Err: kInvalidInput (a path for TCP).
model::Result<std::optional<model::HealthCheck>> ReadHealthCheck(const Value& input);
/// Properties.DnsProperties.SOA.TTL.
std::optional<std::uint32_t> ReadSoaTtl(const Value& input);
/// A text that says something, or nothing.
std::optional<std::string> NonEmpty(std::optional<std::string> text);

/// Which part of a list is asked for.
struct Page {
  std::size_t limit = 0;
  std::string cursor = {};   ///< go on behind this; empty: from the start
  std::string request = {};  ///< the rest of the request, which the token belongs to

  /// The token for what comes behind `last`.
  std::string Next(const Call& call, std::string_view last) const;
};
/// Err: kInvalidInput for a bad NextToken.
model::Result<Page> ReadPage(const Call& call, const Value& input);

}  // namespace waypost::cloudmap
