#include "store/zeroed_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace waypost::store {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::uint64_t kZerosAhead = 1 << 20;

IOStatus Problem(const std::string& name, int error) {
  const std::string words = "While writing: " + name + ": " + std::strerror(error);
  return error == ENOSPC ? IOStatus::NoSpace(words) : IOStatus::IOError(words);
}

class ZeroedLog final : public rocksdb::FSWritableFile {
 public:
  ZeroedLog(std::string name, int file, const rocksdb::FileOptions& options)
      : FSWritableFile(options), name_(std::move(name)), file_(file) {}
  ~ZeroedLog() override {
    if (file_ >= 0) close(file_);
  }

  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    if (size_ + data.size() > zeroed_) FillAhead(size_ + data.size());
    const IOStatus written = WriteAt(size_, data.data(), data.size());
    if (written.ok()) size_ += data.size();
    return written;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions&, IODebugContext*) override {
    if (ftruncate(file_, static_cast<off_t>(size)) != 0) return Problem(name_, errno);
    size_ = size;
    zeroed_ = size;
    return IOStatus::OK();
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override {
    const bool cut = zeroed_ <= size_ || ftruncate(file_, static_cast<off_t>(size_)) == 0;
    const int error = errno;
    const bool closed = close(file_) == 0;
    file_ = -1;
    if (!cut) return Problem(name_, error);
    return closed ? IOStatus::OK() : Problem(name_, errno);
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return fdatasync(file_) == 0 ? IOStatus::OK() : Problem(name_, errno);
  }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return fsync(file_) == 0 ? IOStatus::OK() : Problem(name_, errno);
  }
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return size_; }
  // The zeros take the place of reserved blocks.
  void PrepareWrite(std::size_t, std::size_t, const IOOptions&, IODebugContext*) override {}
  IOStatus Allocate(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  /// Makes sure that zeros reach beyond `end`. They are synced here, once for many writes: that commits the file's new
  /// size.
  void FillAhead(std::uint64_t end) {
    static const std::vector<char> zeros(kZerosAhead, '\0');
    const std::uint64_t to = (end / kZerosAhead + 1) * kZerosAhead;
    for (std::uint64_t at = std::max(zeroed_, size_); at < to;) {
      const std::uint64_t octets = std::min<std::uint64_t>(kZerosAhead, to - at);
      if (!WriteAt(at, zeros.data(), octets).ok()) return;
      at += octets;
      zeroed_ = at;
    }
    (void)fdatasync(file_);
  }

  IOStatus WriteAt(std::uint64_t at, const char* data, std::size_t octets) {
    while (octets != 0) {
      const ssize_t written = pwrite(file_, data, octets, static_cast<off_t>(at));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return Problem(name_, errno);
      data += written;
      at += static_cast<std::uint64_t>(written);
      octets -= static_cast<std::size_t>(written);
    }
    return IOStatus::OK();
  }

  std::string name_;
  int file_;
  std::uint64_t size_ = 0;    // what was written
  std::uint64_t zeroed_ = 0;  // up to where the file has blocks
};

class ZeroedLogFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  ZeroedLogFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "waypost.ZeroedLogFileSystem"; }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) override {
    if (!name.ends_with(".log")) return FileSystemWrapper::NewWritableFile(name, options, result, debug);
    const int file = open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return Problem(name, errno);
    *result = std::make_unique<ZeroedLog>(name, file, options);
    return IOStatus::OK();
  }
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> MakeZeroedLogFileSystem() { return std::make_shared<ZeroedLogFileSystem>(); }

}  // namespace waypost::store
