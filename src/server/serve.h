#pragma once

#include "server/settings.h"

namespace waypost::server {

/// Runs the server until SIGTERM or SIGINT. `reload` gathers the settings anew for SIGHUP. Returns the exit code; what
/// went wrong is on standard error.
int Serve(const Settings& settings, const std::function<model::Result<Settings>()>& reload);

}  // namespace waypost::server
