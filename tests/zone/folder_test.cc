#include "waypost/zone/folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "temporary_directory.h"
#include "text.h"

namespace waypost::zone {
namespace {

using Reason = Folder::Reason;

class FolderTest : public ::testing::Test {
 protected:
  /// Writes a file with a time of its own, so that a change shows whatever the clock's grain.
  void Write(const std::string& name, const std::string& text) {
    const std::string path = directory_ / name;
    std::ofstream(path) << text;
    timespec times[2] = {{0, UTIME_OMIT}, {1700000000, ++change_}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  void WriteZone(const std::string& name, int serial, const std::string& more = "") {
    Write(name, "@ 60 SOA ns.test. admin.test. " + std::to_string(serial) + " 2 3 4 5\n@ 60 NS ns.test.\n" + more);
  }
  void Remove(const std::string& name) { std::filesystem::remove(directory_ / name); }

  /// What one look led to: a line each, `zones:` with the zones that are there now, `*` those that are not valid.
  std::string Refresh(Folder& folder, Reason reason) {
    const auto refreshed = folder.Refresh(reason);
    if (!refreshed.ok()) return "error: " + refreshed.error().message;
    std::string text;
    for (const std::string& line : refreshed->loaded) text += "loaded " + line + "\n";
    for (const std::string& line : refreshed->gone) text += "gone " + line + "\n";
    text += Text(refreshed->complaints);
    if (refreshed->zones != nullptr) {
      text += "zones:";
      for (const auto& zone : refreshed->zones->zones()) {
        text += " " + NameText(zone->apex()) + (zone->valid() ? "/" + std::to_string(zone->serial()) : "*");
      }
      text += "\n";
    }
    const std::string prefix = directory_ / "";
    for (std::size_t at; (at = text.find(prefix)) != std::string::npos;) text.erase(at, prefix.size());
    return text;
  }

  testing::TemporaryDirectory directory_;
  long change_ = 0;
};

TEST_F(FolderTest, ReadsOnDemandAndThenOnlyWhatChanged) {
  WriteZone("a.zone", 1, "x 5 A 192.0.2.1\n");
  WriteZone("B.zone", 1);
  Write("c.txt", "junk");
  Write(".d.zone", "junk");
  Folder folder(directory_ / "", kSeed);
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "loaded b 1 (1 name)\nloaded a 1 (2 names)\nzones: a/1 b/1\n");
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
  WriteZone("a.zone", 2);
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "loaded a 2 (1 name)\nzones: a/2 b/1\n");
}

TEST_F(FolderTest, APollWaitsUntilAFileHasStoppedChanging) {
  Folder folder(directory_ / "", kSeed);
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "zones:\n");
  WriteZone("a.zone", 1);
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
  WriteZone("a.zone", 2);
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "loaded a 2 (1 name)\nzones: a/2\n");
  WriteZone("a.zone", 3);
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "loaded a 3 (1 name)\nzones: a/3\n");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
}

TEST_F(FolderTest, ABadFileKeepsTheLastGoodVersion) {
  WriteZone("a.zone", 1);
  Folder folder(directory_ / "", kSeed);
  Refresh(folder, Reason::kDemand);
  WriteZone("a.zone", 2, "x 5 A junk\n");
  const std::string complaint = "a.zone:3: A: \"junk\" is not an IPv4 address\n";
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), complaint);
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
  EXPECT_EQ(Refresh(folder, Reason::kDemand), complaint);
  WriteZone("a.zone", 3);
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "loaded a 3 (1 name)\nzones: a/3\n");
}

TEST_F(FolderTest, ABadFileWithoutAGoodVersionGivesAZoneThatIsNotValid) {
  Write("a.zone", "junk junk\n");
  WriteZone("b.zone", 1);
  Folder folder(directory_ / "", kSeed);
  EXPECT_EQ(Refresh(folder, Reason::kDemand),
            "loaded b 1 (1 name)\n"
            "a.zone:1: \"junk\" is no record type (wanted: such as MX, or TYPE1234 with \\# LENGTH HEX)\n"
            "zones: a* b/1\n");
  WriteZone("a.zone", 1);
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "loaded a 1 (1 name)\nzones: a/1 b/1\n");
}

TEST_F(FolderTest, AFileThatIsGoneTakesItsZoneWithIt) {
  WriteZone("a.zone", 1);
  WriteZone("b.zone", 1);
  Folder folder(directory_ / "", kSeed);
  Refresh(folder, Reason::kDemand);
  Remove("a.zone");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");  // perhaps it is being replaced
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "gone a\nzones: b/1\n");
  Remove("b.zone");
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "gone b\nzones:\n");
}

TEST_F(FolderTest, AFileThatIsReplacedIsNeverGone) {
  WriteZone("a.zone", 1);
  Folder folder(directory_ / "", kSeed);
  Refresh(folder, Reason::kDemand);
  Remove("a.zone");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
  WriteZone("a.zone", 2);
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "loaded a 2 (1 name)\nzones: a/2\n");
}

TEST_F(FolderTest, FollowsIncludedFiles) {
  WriteZone("a.zone", 1, "$INCLUDE part\n");
  Folder folder(directory_ / "", kSeed);
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "a.zone:3: cannot read part: No such file or directory\nzones: a*\n");
  Write("part", "x 5 A 192.0.2.1\n");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "loaded a 1 (2 names)\nzones: a/1\n");
  Write("part", "x 5 A 192.0.2.2\n");
  EXPECT_EQ(
      Refresh(folder, Reason::kDemand),
      "loaded a 1 (2 names)\nwarning: a.zone:1: the zone changed, but its serial did not rise: it was 1 and is 1; "
      "secondaries will not follow\nzones: a/1\n");
}

TEST_F(FolderTest, WarnsOnlyWhenContentChangesWithoutTheSerial) {
  WriteZone("a.zone", 2147483647);
  Folder folder(directory_ / "", kSeed);
  Refresh(folder, Reason::kDemand);
  WriteZone("a.zone", 2147483647, "; a comment\n");
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "");
  Write("a.zone", "@ 60 SOA ns.test. admin.test. 4294967294 2 3 4 5\n@ 60 NS ns.test.\n");
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "loaded a 4294967294 (1 name)\nzones: a/4294967294\n");
  WriteZone("a.zone", 1);  // past 2^32, which RFC 1982 counts as risen
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "loaded a 1 (1 name)\nzones: a/1\n");
  WriteZone("a.zone", 0);
  EXPECT_EQ(Refresh(folder, Reason::kDemand),
            "loaded a 0 (1 name)\nwarning: a.zone:1: the zone changed, but its serial did not rise: it was 1 and is 0; "
            "secondaries will not follow\nzones: a/0\n");
}

TEST_F(FolderTest, ASwappedSymbolicLinkIsAChange) {
  // As a config map of Kubernetes does: a.zone → ..data/a.zone, ..data → a folder.
  std::filesystem::create_directory(directory_ / "..one");
  std::filesystem::create_directory(directory_ / "..two");
  WriteZone("..one/a.zone", 1);
  WriteZone("..two/a.zone", 2);
  std::filesystem::create_symlink("..one", directory_ / "..data");
  std::filesystem::create_symlink("..data/a.zone", directory_ / "a.zone");
  Folder folder(directory_ / "", kSeed);
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "loaded a 1 (1 name)\nzones: a/1\n");
  std::filesystem::create_symlink("..two", directory_ / "..data_new");
  std::filesystem::rename(directory_ / "..data_new", directory_ / "..data");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "loaded a 2 (1 name)\nzones: a/2\n");
}

TEST_F(FolderTest, TheSecondFileOfAnApexWaitsForTheFirstToGo) {
  WriteZone("A.zone", 1);
  WriteZone("a.zone", 2);
  Folder folder(directory_ / "", kSeed);
  EXPECT_EQ(Refresh(folder, Reason::kDemand),
            "loaded a 1 (1 name)\na.zone: the zone a is given by A.zone already\nzones: a/1\n");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
  Remove("A.zone");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "loaded a 2 (1 name)\ngone a\nzones: a/2\n");
}

TEST_F(FolderTest, ComplainsAboutANameThatIsNone) {
  WriteZone("a..b.zone", 1);
  Folder folder(directory_ / "", kSeed);
  const std::string complaint =
      "a..b.zone: the file's name is to be <zone>.zone, but \"a..b\" is not a domain name: a label is empty\n";
  EXPECT_EQ(Refresh(folder, Reason::kDemand), complaint + "zones:\n");
  EXPECT_EQ(Refresh(folder, Reason::kPoll), "");
  EXPECT_EQ(Refresh(folder, Reason::kDemand), complaint);
}

TEST_F(FolderTest, AsksTheCheckOfItsOwner) {
  WriteZone("a.zone", 1);
  WriteZone("b.zone", 1);
  bool is_fatal = true;
  Folder folder(directory_ / "", kSeed, [&](const Zone& zone) {
    std::vector<Complaint> complaints;
    if (zone.apex() == Wire("a")) complaints.push_back({zone.apex_node().origin(), "taken", is_fatal});
    return complaints;
  });
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "loaded b 1 (1 name)\na.zone:1: taken\nzones: a* b/1\n");
  is_fatal = false;
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "loaded a 1 (1 name)\nwarning: a.zone:1: taken\nzones: a/1 b/1\n");
}

TEST_F(FolderTest, LimitsAFile) {
  Limits limits;
  WriteZone("a.zone", 1);
  limits.file_octets_max = std::filesystem::file_size(directory_ / "a.zone");
  Folder exact(directory_ / "", kSeed, {}, limits);
  EXPECT_EQ(Refresh(exact, Reason::kDemand), "loaded a 1 (1 name)\nzones: a/1\n");
  --limits.file_octets_max;
  Folder less(directory_ / "", kSeed, {}, limits);
  EXPECT_EQ(Refresh(less, Reason::kDemand), "a.zone: cannot read it: it is larger than " +
                                                std::to_string(limits.file_octets_max) +
                                                " octets, the most that is read\nzones: a*\n");
}

TEST_F(FolderTest, AFolderThatCannotBeReadLeavesTheZones) {
  const std::string path = directory_ / "zones";
  std::filesystem::create_directory(path);
  WriteZone("zones/a.zone", 1);
  Folder folder(path, kSeed);
  Refresh(folder, Reason::kDemand);
  std::filesystem::rename(path, path + "2");
  EXPECT_EQ(Refresh(folder, Reason::kDemand),
            "error: cannot read the zones' folder " + path + ": No such file or directory");
  std::filesystem::rename(path + "2", path);
  EXPECT_EQ(Refresh(folder, Reason::kDemand), "");
}

}  // namespace
}  // namespace waypost::zone
