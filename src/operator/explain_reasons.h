#pragma once

#include <string>
#include <vector>

#include "operator/explain_facts.h"
#include "waypost/health/engine.h"

namespace waypost::oper {

/// How long until then, in whole seconds where it is a second or more: `23s`.
std::string Left(model::Timestamp until, model::Timestamp now);

/// Everything that has a part in whether this instance is answered, in sentences for people; never nothing. `check`:
/// what the checker says of it, or null.
std::vector<std::string> ReasonsFor(const ServiceFacts& service, const health::ServiceChecks& checks,
                                    const InstanceFacts& instance, const health::CheckStatus* check);

}  // namespace waypost::oper
