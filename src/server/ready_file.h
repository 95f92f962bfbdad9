#pragma once

#include <string>
#include <vector>

#include "waypost/model/result.h"

namespace waypost::server {

/// The file that says a server is ready and where: there while this lives. Written atomically.
class ReadyFile {
 public:
  /// An empty path: no file.
  explicit ReadyFile(std::string path) : path_(std::move(path)) {}
  ~ReadyFile();
  ReadyFile(const ReadyFile&) = delete;
  ReadyFile& operator=(const ReadyFile&) = delete;

  /// Err: kIo.
  model::Status Write(const std::vector<std::string>& http, const std::vector<std::string>& dns);

 private:
  std::string path_;
  bool written_ = false;
};

}  // namespace waypost::server
