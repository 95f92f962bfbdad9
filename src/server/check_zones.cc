#include "server/check_zones.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "waypost/model/hash.h"
#include "waypost/zone/folder.h"

namespace waypost::server {
namespace {

constexpr int kUnreadable = 1;
constexpr int kBad = 2;

/// A file and what came of it.
struct Checked {
  std::string file = {};
  std::string apex = {};  // without the final dot; empty: its name is none
  zone::ReadZone read = {};
};

bool IsBad(const Checked& checked) { return checked.read.zone == nullptr; }

std::size_t NamesIn(const zone::Zone& zone) {
  return static_cast<std::size_t>(
      std::ranges::count_if(zone.nodes(), [](const auto& node) { return !node->is_empty(); }));
}

/// The files that the paths stand for.
model::Result<std::vector<std::string>> FilesOf(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
      return model::MakeError(model::Code::kIo, "cannot read " + path + ": " +
                                                    (error ? error.message() : "there is no such file or folder"));
    }
    if (!std::filesystem::is_directory(status)) {
      files.push_back(path);
      continue;
    }
    WP_TRY(found, zone::ZoneFilesIn(path));
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

std::string ApexText(const std::string& file) {
  const auto apex = zone::ApexOf(file);
  if (!apex.ok()) return "";
  std::string text = apex->str();
  if (text.size() > 1) text.pop_back();
  return text;
}

std::vector<Checked> Check(const std::vector<std::string>& files) {
  std::vector<Checked> all;
  std::map<std::string, std::string> holders;  // apex → file
  for (const std::string& file : files) {
    Checked checked{file, ApexText(file), zone::ReadZoneFile(file, "", model::kHashSeed)};
    const std::string& holder = holders.try_emplace(checked.apex, file).first->second;
    if (!checked.apex.empty() && holder != file) {
      checked.read.zone = nullptr;
      checked.read.complaints.push_back(
          {{file, 0}, "the zone " + checked.apex + " is given by " + holder + " already"});
    }
    all.push_back(std::move(checked));
  }
  return all;
}

void PrintText(const std::vector<Checked>& all) {
  for (const Checked& checked : all) {
    for (const zone::Complaint& complaint : checked.read.complaints) {
      std::fprintf(stderr, "%s: %s%s\n", complaint.origin.str().c_str(),
                   complaint.fatal ? "" : "warning: ", complaint.message.c_str());
    }
    if (IsBad(checked)) continue;
    const std::size_t names = NamesIn(*checked.read.zone);
    std::printf("%s %u (%zu %s)\n", checked.apex.c_str(), checked.read.zone->serial(), names,
                names == 1 ? "name" : "names");
  }
}

void PrintJson(const std::vector<Checked>& all) {
  auto list = nlohmann::ordered_json::array();
  for (const Checked& checked : all) {
    nlohmann::ordered_json item{
        {"zone", checked.apex}, {"serial", nullptr}, {"names", nullptr}, {"file", checked.file}};
    if (!IsBad(checked)) {
      item["serial"] = checked.read.zone->serial();
      item["names"] = NamesIn(*checked.read.zone);
    }
    auto complaints = nlohmann::ordered_json::array();
    for (const zone::Complaint& complaint : checked.read.complaints) {
      complaints.push_back({{"file", complaint.origin.file},
                            {"line", complaint.origin.line},
                            {"message", complaint.message},
                            {"fatal", complaint.fatal}});
    }
    item["complaints"] = std::move(complaints);
    list.push_back(std::move(item));
  }
  // A file's name may be no UTF-8.
  std::printf("%s\n", list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
}

}  // namespace

int CheckZones(const std::vector<std::string>& paths, ZoneReport report) {
  const auto files = FilesOf(paths);
  if (!files.ok()) {
    std::fprintf(stderr, "waypost: %s\n", files.error().message.c_str());
    return kUnreadable;
  }
  const std::vector<Checked> all = Check(files.value());
  if (report == ZoneReport::kJson) {
    PrintJson(all);
  } else {
    PrintText(all);
  }
  return std::ranges::any_of(all, IsBad) ? kBad : 0;
}

}  // namespace waypost::server
