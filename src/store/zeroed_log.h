#pragma once

#include <rocksdb/file_system.h>

#include <memory>

namespace waypost::store {

/// The default file system, but for write-ahead logs: these are filled with zeros ahead of what is written, so that a
/// synced write overwrites blocks that the file has already and the file system need not commit its journal for each.
/// Where zeros cannot be written (disk full) the log is appended to as usual. A closed log has no zeros behind it; one
/// that a crash left open has, and recovery ends at the first of them.
std::shared_ptr<rocksdb::FileSystem> MakeZeroedLogFileSystem();

}  // namespace waypost::store
