#pragma once

#include <string>
#include <vector>

namespace waypost::server {

enum class ZoneReport {
  kText,  ///< good zones to standard output, complaints to standard error
  kJson,  ///< one array to standard output
};

/// Reads master files, and those `<zone>.zone` of folders, as the server would, and says what is wrong with them.
/// Returns the exit code: 0 all are good (warnings allowed), 2 one is bad, 1 a path could not be read.
int CheckZones(const std::vector<std::string>& paths, ZoneReport report);

}  // namespace waypost::server
