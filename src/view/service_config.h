#pragma once

#include <memory>
#include <string>

#include "waypost/view/service_state.h"
#include "waypost/view/view.h"

namespace waypost::view {

/// What readers need of a service's record, `http_name` its namespace's.
std::shared_ptr<const ServiceConfig> MakeConfig(const model::Service& service, const std::string& http_name,
                                                model::Revision revision);

/// The same of a view: its service's rules under its own name. It has records where its namespace is in DNS.
std::shared_ptr<const ServiceConfig> MakeQueryConfig(const ServiceConfig& of, const model::NamedQuery& query,
                                                     const NamespaceNode& in);

}  // namespace waypost::view
