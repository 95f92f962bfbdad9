#pragma once

#include <vector>

#include "server/dns_side.h"
#include "waypost/operator/metrics.h"

namespace waypost::server {

/// What DNS counts: the door, and where they are switched on the forwarder, the transfers and the query log.
void AddDnsSamples(const DnsSide& dns, std::vector<oper::Sample>& samples);

}  // namespace waypost::server
