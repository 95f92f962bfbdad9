#include "server/config_reader.h"

#include <charconv>
#include <filesystem>
#include <fstream>

#include "waypost/model/duration.h"

namespace waypost::server {

using model::Result;

Result<std::vector<std::string>> ConfigReader::Values(const toml::node& node, const std::string& name) const {
  if (const auto* text = node.as_string()) return std::vector<std::string>{text->get()};
  if (const auto* number = node.as_integer()) return std::vector<std::string>{std::to_string(number->get())};
  if (const auto* boolean = node.as_boolean()) return std::vector<std::string>{boolean->get() ? "true" : "false"};
  std::vector<std::string> values;
  const toml::array* list = node.as_array();
  bool good = list != nullptr && !list->empty();
  if (good) {
    for (const toml::node& item : *list) {
      const auto* text = item.as_string();
      good = good && text != nullptr;
      if (text != nullptr) values.push_back(text->get());
    }
  }
  if (!good) return At(node, name + ": a string, or a list of strings, is needed");
  return values;
}

Result<std::string> ConfigReader::Text(const toml::node& node, const std::string& name) const {
  const auto* text = node.as_string();
  if (text == nullptr || text->get().empty()) return At(node, name + ": a string is needed");
  return text->get();
}

Result<bool> ConfigReader::Flag(const toml::node& node, const std::string& name) const {
  const auto* value = node.as_boolean();
  if (value == nullptr) return At(node, name + ": true or false is needed");
  return value->get();
}

Result<std::chrono::milliseconds> ConfigReader::Duration(const toml::node& node, const std::string& name,
                                                         std::chrono::milliseconds low,
                                                         std::chrono::milliseconds high) const {
  const auto* text = node.as_string();
  const auto value = text != nullptr ? model::ParseDuration(text->get()) : std::nullopt;
  if (value && *value >= low && *value <= high) return *value;
  return At(node, name + ": a duration from " + model::FormatDuration(low) + " to " + model::FormatDuration(high) +
                      " is needed, as \"10s\" or \"1m30s\"");
}

Result<std::uint32_t> ConfigReader::Count(const toml::node& node, const std::string& name, std::int64_t low,
                                          std::int64_t high) const {
  const auto* number = node.as_integer();
  if (number != nullptr && number->get() >= low && number->get() <= high) {
    return static_cast<std::uint32_t>(number->get());
  }
  return At(node, name + ": a number from " + std::to_string(low) + " to " + std::to_string(high) + " is needed");
}

Result<std::uint64_t> ConfigReader::Octets(const toml::node& node, const std::string& name, std::uint64_t low,
                                           std::uint64_t high) const {
  std::string text;
  if (const auto* number = node.as_integer()) text = std::to_string(number->get());
  if (const auto* given = node.as_string()) text = given->get();
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  unsigned shift = 0;
  if (unit == "KiB") shift = 10;
  if (unit == "MiB") shift = 20;
  if (unit == "GiB") shift = 30;
  const bool good = error == std::errc() && (unit.empty() || shift != 0) && value <= (high >> shift);
  if (!good || (value << shift) < low) {
    return At(node, name + ": a size is needed, as \"64MiB\", from " + std::to_string(low) + " to " +
                        std::to_string(high) + " octets");
  }
  return value << shift;
}

Result<std::string> ConfigReader::File(const toml::node& node, const std::string& name) const {
  WP_TRY(text, Text(node, name));
  const std::filesystem::path given(text);
  if (given.is_absolute()) return text;
  return (std::filesystem::path(path_).parent_path() / given).string();
}

Result<std::string> ConfigReader::FileContent(const toml::node& node, const std::string& name) const {
  constexpr std::size_t kMax = 64U << 10;
  WP_TRY(path, File(node, name));
  std::ifstream file(path, std::ios::binary);
  std::string content(kMax, '\0');
  file.read(content.data(), static_cast<std::streamsize>(kMax));
  content.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  if (file.bad() || (!file.eof() && file.fail()) || content.empty()) {
    return At(node, name + ": " + path + " cannot be read, or is empty");
  }
  const std::size_t first = content.find_first_not_of(" \t\r\n");
  const std::size_t last = content.find_last_not_of(" \t\r\n");
  if (first == std::string::npos) return At(node, name + ": " + path + " is empty");
  return content.substr(first, last - first + 1);
}

}  // namespace waypost::server
