#include "zone/read_zone.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "waypost/model/owner_name.h"
#include "zone/name.h"

namespace waypost::zone {
namespace {

constexpr std::string_view kEnding = ".zone";

/// Builds what `read(reader)` put in, under the limits.
template <class Read>
StampedZone ReadWith(std::string_view apex, const std::string& file, std::uint64_t seed, const Limits& limits,
                     Read read) {
  StampedZone stamped;
  Complaints complaints(limits.complaints_max);
  ZoneBuilder builder(std::string(apex), file, seed);
  Reader reader(apex, limits, builder, complaints);
  read(reader);
  // What is missing because its line could not be read is not worth a second complaint.
  if (!complaints.fatal()) stamped.read.zone = builder.Build(complaints);
  stamped.read.complaints = complaints.Take(file);
  stamped.sources = reader.sources();
  for (const Reader::Source& source : stamped.sources) stamped.read.files.push_back(source.path);
  return stamped;
}

ReadZone NoName(const std::string& file, const model::Error& error) {
  ReadZone read;
  read.complaints.push_back({{file, 0}, error.message});
  read.files.push_back(file);
  return read;
}

}  // namespace

StampedZone ReadStamped(const std::string& path, std::string_view apex, std::uint64_t seed, const Limits& limits) {
  return ReadWith(apex, path, seed, limits, [&](Reader& reader) { reader.ReadFile(path); });
}

ReadZone ReadZoneFile(const std::string& path, std::string_view apex, std::uint64_t seed, const Limits& limits) {
  const auto name = apex.empty() ? ApexOf(path) : model::OwnerName::Parse(apex);
  if (!name.ok()) return NoName(path, name.error());
  return ReadStamped(path, name->wire(), seed, limits).read;
}

ReadZone ReadZoneText(std::string_view text, std::string_view name, std::string_view apex, std::uint64_t seed,
                      const Limits& limits) {
  const std::string file(name);
  const auto parsed = model::OwnerName::Parse(apex);
  if (!parsed.ok()) return NoName(file, parsed.error());
  return ReadWith(parsed->wire(), file, seed, limits, [&](Reader& reader) { reader.ReadText(text, file); }).read;
}

model::Result<model::OwnerName> ApexOf(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  if (name.ends_with(kEnding)) name.resize(name.size() - kEnding.size());
  auto apex = model::OwnerName::Parse(name);
  if (!apex.ok()) {
    return model::MakeError(model::Code::kInvalidInput,
                            "the file's name is to be <zone>.zone, but " + apex.error().message);
  }
  return apex;
}

model::Result<std::vector<std::string>> ZoneFilesIn(const std::string& folder) {
  DIR* const directory = opendir(folder.c_str());
  if (directory == nullptr) {
    const model::Code code = errno == EACCES ? model::Code::kPermission : model::Code::kIo;
    return model::MakeError(code, "cannot read the zones' folder " + folder + ": " + std::strerror(errno));
  }
  std::vector<std::string> files;
  errno = 0;
  while (const dirent* entry = readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with('.') && name.ends_with(kEnding)) files.push_back(std::filesystem::path(folder) / name);
  }
  const int failed = errno;
  closedir(directory);
  if (failed != 0) {
    return model::MakeError(model::Code::kIo, "cannot read the zones' folder " + folder + ": " + std::strerror(failed));
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace waypost::zone
