#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/model/owner_name.h"
#include "waypost/model/result.h"
#include "waypost/zone/zone.h"

namespace waypost::zone {

/// Something that is wrong in a zone file.
struct Complaint {
  Origin origin;
  std::string message;
  bool fatal = true;  ///< the file is not taken; else only worth a warning
  std::string str() const { return origin.str() + ": " + message; }
};

/// What a zone is checked for beside its own rules (names that the registry has too); complaints come with the origin
/// of the record they are about.
using ZoneCheck = std::function<std::vector<Complaint>(const Zone&)>;

/// Limits of what is read.
struct Limits {
  std::uint64_t file_octets_max = 256ULL << 20;
  std::uint32_t include_depth_max = 8;
  std::uint32_t complaints_max = 20;  ///< of one file; the rest is counted in a last one
};

/// What one look at the folder led to.
struct Refreshed {
  /// The zones as they are now; null: nothing changed. The first look always gives some, if only an empty set.
  std::shared_ptr<const ZoneSet> zones = {};
  std::vector<Complaint> complaints = {};  ///< of files that were read this time
  std::vector<std::string> loaded = {};    ///< one line for each zone taken: `kouzie.com 2026112401 (12 names)`
  std::vector<std::string> gone = {};      ///< zones whose file is no more
};

/// The master files `<zone>.zone` of one folder (RFC 1035 5), read again when they, or files they include, change. All
/// or nothing for each file: a bad one leaves its zone's last good version in place, or, where there is none, a zone
/// that is not valid(). Used by one thread at a time.
class Folder {
 public:
  /// `seed`: of the hash under which names are looked up.
  Folder(std::string path, std::uint64_t seed, ZoneCheck check = {}, Limits limits = {});
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  enum class Reason : std::uint8_t {
    kPoll,    ///< only what changed or went, once it has stopped changing (the same size and time at two looks)
    kDemand,  ///< what changed and what was bad, now
  };
  /// Err: kIo, kPermission (the folder itself; then the zones stay as they are).
  model::Result<Refreshed> Refresh(Reason reason);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reads one file as the zone of that apex (presentation form, or the file's name without `.zone` where empty). The
/// zone is null when a complaint is fatal.
struct ReadZone {
  std::shared_ptr<const Zone> zone = {};
  std::vector<Complaint> complaints = {};
  std::vector<std::string> files = {};  ///< the file and all it includes
};
ReadZone ReadZoneFile(const std::string& path, std::string_view apex, std::uint64_t seed, const Limits& limits = {});
/// The same from text, without $INCLUDE: for tests and fuzzing.
ReadZone ReadZoneText(std::string_view text, std::string_view name, std::string_view apex, std::uint64_t seed,
                      const Limits& limits = {});

/// The files `<zone>.zone` of a folder, sorted; not those whose names begin with a dot. Err: kIo, kPermission.
model::Result<std::vector<std::string>> ZoneFilesIn(const std::string& folder);
/// The apex that a file's name says. Err: kInvalidInput.
model::Result<model::OwnerName> ApexOf(const std::string& path);

}  // namespace waypost::zone
