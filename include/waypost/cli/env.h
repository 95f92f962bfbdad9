#pragma once

#include <string>
#include <vector>

namespace waypost::cli {

struct EnvOptions {
  std::string client = {};    ///< one of EnvClients; empty: all
  std::string endpoint = {};  ///< empty: WAYPOST_ENDPOINT, then http://127.0.0.1:5380
  bool json = false;
};

/// `cli`, `boto3`, `js`, `go`, `java`, `terraform`.
const std::vector<std::string>& EnvClients();

/// Asks the running server where its doors are and prints, for each kind of client, the settings with which it reaches
/// them unchanged. Returns the exit code.
int PrintEnv(const EnvOptions& options);

}  // namespace waypost::cli
