#include "server/ready_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

namespace waypost::server {

ReadyFile::~ReadyFile() {
  if (written_) unlink(path_.c_str());
}

model::Status ReadyFile::Write(const Addresses& addresses) {
  if (path_.empty()) return model::Ok();
  nlohmann::ordered_json json{{"pid", getpid()}};
  for (const auto& [kind, list] : addresses) {
    if (!list.empty() || kind == "http" || kind == "dns") json[kind] = list;
  }
  const std::string fresh = path_ + ".new";
  {
    std::ofstream out(fresh, std::ios::trunc);
    out << json.dump() << "\n";
    out.flush();
    if (!out) return model::MakeError(model::Code::kIo, "cannot write the ready file " + fresh);
  }
  if (std::rename(fresh.c_str(), path_.c_str()) != 0) {
    return model::MakeError(model::Code::kIo, "cannot write the ready file " + path_ + ": " + std::strerror(errno));
  }
  written_ = true;
  return model::Ok();
}

}  // namespace waypost::server
