#pragma once

namespace waypost::server {

/// The whole program. Returns the exit code: 0 done, 1 it could not be done, 2 wrong usage or configuration.
int RunCommandLine(int argc, char** argv);

}  // namespace waypost::server
