#include "zone/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace waypost::zone {
namespace {

constexpr std::size_t kReadOctets = 1 << 16;

Stamp StampOf(const struct stat& status) {
  Stamp stamp;
  stamp.exists = true;
  stamp.device = status.st_dev;
  stamp.inode = status.st_ino;
  stamp.size = status.st_size;
  stamp.seconds = status.st_mtim.tv_sec;
  stamp.nanoseconds = status.st_mtim.tv_nsec;
  return stamp;
}

/// Why it cannot be read; empty: it was.
std::string ReadAll(int descriptor, std::uint64_t octets_max, FileText& file) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return std::strerror(errno);
  file.stamp = StampOf(status);
  if (!S_ISREG(status.st_mode)) return "it is not a file";
  const std::string too_large = "it is larger than " + std::to_string(octets_max) + " octets, the most that is read";
  if (static_cast<std::uint64_t>(status.st_size) > octets_max) return too_large;
  file.text.reserve(static_cast<std::size_t>(status.st_size));
  for (;;) {
    char octets[kReadOctets];
    const ssize_t count = read(descriptor, octets, sizeof octets);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::strerror(errno);
    if (count == 0) return "";
    file.text.append(octets, static_cast<std::size_t>(count));
    if (file.text.size() > octets_max) return too_large;  // it grew
  }
}

}  // namespace

Stamp StampOf(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 ? StampOf(status) : Stamp{};
}

FileText ReadWhole(const std::string& path, std::uint64_t octets_max) {
  FileText file;
  // A pipe in its place must not hold us up.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    file.problem = std::strerror(errno);
    file.stamp = StampOf(path);
    return file;
  }
  file.problem = ReadAll(descriptor, octets_max, file);
  close(descriptor);
  if (!file.problem.empty()) file.text.clear();
  return file;
}

}  // namespace waypost::zone
