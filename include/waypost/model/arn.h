#pragma once

#include <string>
#include <string_view>

namespace waypost::model {

/// What ARNs of this server say.
struct Identity {
  std::string region = "us-east-1";
  std::string account = "000000000000";
};

/// `arn:aws:servicediscovery:<region>:<account>:namespace/<id>`
std::string NamespaceArn(const Identity& identity, std::string_view id);
/// `arn:aws:servicediscovery:<region>:<account>:service/<id>`
std::string ServiceArn(const Identity& identity, std::string_view id);

/// An id as it was given, or the id inside an ARN of the wanted resource type ("namespace", "service"). An ARN of
/// another type, or no Cloud Map ARN, comes back whole, and is then found nowhere.
std::string_view IdFromArn(std::string_view id_or_arn, std::string_view resource_type);

}  // namespace waypost::model
