#pragma once

#include <memory>
#include <string_view>

#include "waypost/dns/outside.h"

namespace waypost::forward {

/// What is answered without asking anybody: names of special use (RFC 6761, RFC 7686), and types that are no data of a
/// name. Null: an upstream must be asked.
std::shared_ptr<const dns::OutsideAnswer> FindLocal(std::string_view name, dns::Type type);

}  // namespace waypost::forward
