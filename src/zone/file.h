#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace waypost::zone {

/// What tells one version of a file from another without reading it.
struct Stamp {
  bool exists = false;
  dev_t device = 0;
  ino_t inode = 0;
  std::int64_t size = 0;
  std::int64_t seconds = 0;  // of its last change
  std::int64_t nanoseconds = 0;
  bool operator==(const Stamp&) const = default;

  /// The same file, in whatever version.
  bool IsSameFile(const Stamp& other) const {
    return exists && other.exists && device == other.device && inode == other.inode;
  }
};

/// Of what the path leads to, symbolic links followed.
Stamp StampOf(const std::string& path);

/// A file's octets, and the stamp that it had before they were read.
struct FileText {
  std::string text = {};
  Stamp stamp = {};
  std::string problem = {};  ///< not empty: why it could not be read
};
FileText ReadWhole(const std::string& path, std::uint64_t octets_max);

}  // namespace waypost::zone
