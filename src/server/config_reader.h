#pragma once

#include <toml++/toml.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "waypost/model/result.h"

namespace waypost::server {

/// Takes values out of one TOML file; every error says file:line.
class ConfigReader {
 public:
  explicit ConfigReader(std::string path) : path_(std::move(path)) {}

  template <class Node>
  model::Error At(const Node& node, const std::string& message) const {
    return model::MakeError(model::Code::kConfig,
                            path_ + ":" + std::to_string(node.source().begin.line) + ": " + message);
  }
  template <class Node>
  model::Error Unknown(const Node& node, const std::string& key, const std::string& table) const {
    return At(node, "unknown key \"" + key + "\" in " + table);
  }

  /// A string, number or boolean, or a list of strings, as texts; at least one.
  model::Result<std::vector<std::string>> Values(const toml::node& node, const std::string& name) const;
  model::Result<std::string> Text(const toml::node& node, const std::string& name) const;
  model::Result<bool> Flag(const toml::node& node, const std::string& name) const;
  model::Result<std::chrono::milliseconds> Duration(const toml::node& node, const std::string& name,
                                                    std::chrono::milliseconds low,
                                                    std::chrono::milliseconds high) const;
  model::Result<std::uint32_t> Count(const toml::node& node, const std::string& name, std::int64_t low,
                                     std::int64_t high) const;
  /// `64MiB`, `512KiB`, or a number of octets.
  model::Result<std::uint64_t> Octets(const toml::node& node, const std::string& name, std::uint64_t low,
                                      std::uint64_t high) const;
  /// The path that a file's name means: relative to this file's folder.
  model::Result<std::string> File(const toml::node& node, const std::string& name) const;
  /// What such a file holds, white space at its ends left out; 64 KiB at most.
  model::Result<std::string> FileContent(const toml::node& node, const std::string& name) const;

 private:
  std::string path_;
};

}  // namespace waypost::server
