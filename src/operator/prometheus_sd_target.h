#pragma once

#include <string>
#include <string_view>

#include "waypost/view/service_state.h"
#include "waypost/view/view.h"

namespace waypost::oper {

/// `__meta_waypost_attribute_` and the key, with `_` for what no label's name may have.
std::string AttributeLabel(std::string_view key);

/// Address and port of an instance as a URL has them, IPv4 before IPv6; empty: it has no address.
std::string TargetOf(const view::Member& member);

/// What all targets of a service have in common: labels, ready to stand in JSON.
std::string ServiceLabels(const view::NamespaceNode& in, const model::Service& service);

/// `{"targets":[…],"labels":{…}}`, behind a comma unless it is the first. False: it has no address. Section.
bool AppendTarget(const view::Member& member, model::HealthState health, std::string_view service_labels,
                  std::string& array);

}  // namespace waypost::oper
