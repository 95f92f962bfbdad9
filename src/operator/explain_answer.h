#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "operator/explain_facts.h"
#include "waypost/health/engine.h"

namespace waypost::oper {

/// How the service stands as a whole, in one line.
std::string Summary(const ServiceFacts& facts, const health::ServiceChecks& checks);

/// The body of GET /v1/explain.
nlohmann::ordered_json ExplainBody(const ServiceFacts& facts, const health::ServiceChecks& checks);

}  // namespace waypost::oper
