#pragma once

#include <vector>

#include "server/dns_side.h"
#include "waypost/health/engine.h"
#include "waypost/operator/events.h"
#include "waypost/operator/long_poll.h"
#include "waypost/operator/metrics.h"
#include "waypost/registry/registry.h"
#include "waypost/view/view.h"

namespace waypost::server {

/// What every room counts, as samples. Thread-safe.
std::vector<oper::Sample> CollectSamples(const view::View& view, const registry::Registry& registry, const DnsSide& dns,
                                         const health::Engine& health, const oper::Events& events,
                                         const oper::LongPoll& long_poll);

}  // namespace waypost::server
