#pragma once

#include <string>
#include <vector>

#include "waypost/model/named_query.h"
#include "waypost/model/namespace.h"
#include "waypost/model/service.h"

namespace waypost::registry {

/// Keys of Table::kNamespaceName that a namespace holds: its HttpName, which is unique among all, and for DNS types its
/// zone (public: one a name; private: one a name and VPC). DNS names fold.
std::vector<std::string> NamespaceNames(const model::Namespace& value);
/// Keys of Table::kServiceName that a service holds: its exact name, and when it is in DNS the folded one.
std::vector<std::string> ServiceNames(const model::Service& value);
/// Those of them that no service may hold beside a view.
std::vector<std::string> QueryNames(const model::NamedQuery& value);

}  // namespace waypost::registry
