#pragma once

#include <string>
#include <utility>
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

  /// `addresses`: by kind of door, in order; kinds without any are left out, but for `http` and `dns`. Err: kIo.
  using Addresses = std::vector<std::pair<std::string, std::vector<std::string>>>;
  model::Status Write(const Addresses& addresses);

 private:
  std::string path_;
  bool written_ = false;
};

}  // namespace waypost::server
