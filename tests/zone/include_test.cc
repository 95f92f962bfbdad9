#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "temporary_directory.h"
#include "text.h"
#include "zone/reader.h"

namespace waypost::zone {
namespace {

class IncludeTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = directory_ / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    return path;
  }
  ReadZone Read(const std::string& text, const Limits& limits = {}) {
    return ReadZoneFile(Write("e.zone", kHead + text), "", kSeed, limits);
  }
  /// Complaints with paths as seen from the folder.
  std::string Complaints(const ReadZone& read) {
    std::string text = Text(read.complaints);
    const std::string prefix = directory_ / "";
    for (std::size_t at; (at = text.find(prefix)) != std::string::npos;) text.erase(at, prefix.size());
    return text;
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(IncludeTest, IsRelativeAndGivesOriginAndOwnerBack) {
  Write("parts/one", "$INCLUDE two\n$ORIGIN deep.e.\nb 5 A 192.0.2.2\n");
  Write("parts/two", "c 5 A 192.0.2.3\n");
  const ReadZone read = Read("a 5 A 192.0.2.1\n$INCLUDE parts/one x\n  5 TXT t\nd 5 A 192.0.2.4\n");
  ASSERT_NE(read.zone, nullptr) << Complaints(read);
  EXPECT_EQ(Text(*read.zone),
            "a.e 5 A c0000201\na.e 5 TXT 0174\nd.e 5 A c0000204\nb.deep.e 5 A c0000202\nc.x.e 5 A c0000203\n");
  ASSERT_EQ(read.files.size(), 3u);
  EXPECT_EQ(read.files[1], directory_ / "parts/one");
  EXPECT_EQ(read.files[2], directory_ / "parts/two");
}

TEST_F(IncludeTest, SaysFileAndLineOfTheRecord) {
  Write("part", "\na 5 A 192.0.2.1\nb 5 A junk\n");
  EXPECT_EQ(Complaints(Read("$INCLUDE part\nc 5 A junk\n")),
            "e.zone:4: A: \"junk\" is not an IPv4 address\npart:3: A: \"junk\" is not an IPv4 address\n");
  const ReadZone read = Read("$INCLUDE \"part\"\n");
  EXPECT_EQ(read.zone, nullptr);
}

TEST_F(IncludeTest, RefusesCyclesAndWhatIsNotThere) {
  EXPECT_EQ(Complaints(Read("$INCLUDE e.zone\n")), "e.zone:3: $INCLUDE of e.zone, which includes this file itself\n");
  Write("part", "$INCLUDE link\n");
  std::filesystem::create_symlink("e.zone", directory_ / "link");
  EXPECT_EQ(Complaints(Read("$INCLUDE part\n")), "part:1: $INCLUDE of link, which includes this file itself\n");
  const ReadZone read = Read("$INCLUDE nothing\n");
  EXPECT_EQ(Complaints(read), "e.zone:3: cannot read nothing: No such file or directory\n");
  EXPECT_EQ(read.files.size(), 2u);
  EXPECT_EQ(Complaints(Read("$INCLUDE .\n")), "e.zone:3: cannot read .: it is not a file\n");
  ASSERT_EQ(mkfifo((directory_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(Complaints(Read("$INCLUDE pipe\n")), "e.zone:3: cannot read pipe: it is not a file\n");
  EXPECT_EQ(Complaints(Read("$INCLUDE\n")), "e.zone:3: $INCLUDE wants a file and, if need be, an origin for it\n");
  EXPECT_EQ(Complaints(Read("$INCLUDE part a..b\n")),
            "e.zone:3: $INCLUDE: \"a..b\" is not a domain name: a label is empty\n");
  EXPECT_EQ(Complaints(ReadZoneFile(directory_ / "x.zone", "", kSeed)),
            "x.zone: cannot read it: No such file or directory\n");
}

TEST_F(IncludeTest, GoesSoDeepAndNoDeeper) {
  Limits limits;
  limits.include_depth_max = 2;
  Write("one", "$INCLUDE two\n");
  Write("two", "a 5 A 192.0.2.1\n");
  EXPECT_NE(Read("$INCLUDE one\n", limits).zone, nullptr);
  Write("two", "$INCLUDE three\n");
  Write("three", "a 5 A 192.0.2.1\n");
  EXPECT_EQ(Complaints(Read("$INCLUDE one\n", limits)), "two:1: $INCLUDE more than 2 files deep\n");
}

TEST_F(IncludeTest, LimitsOctetsOfAllFilesTogether) {
  const std::string part(100, ';');
  Write("part", part);
  Limits limits;
  limits.file_octets_max = std::string(kHead).size() + 14 + 100;
  EXPECT_NE(Read("$INCLUDE part\n", limits).zone, nullptr);
  Write("part", part + ";");
  EXPECT_EQ(Complaints(Read("$INCLUDE part\n", limits)),
            "e.zone:3: cannot read part: it is larger than 100 octets, the most that is read\n");
}

TEST_F(IncludeTest, LimitsTheNumberOfFiles) {
  Write("empty", "");
  std::string many;
  for (std::size_t i = 0; i < kIncludesMax; ++i) many += "$INCLUDE empty\n";
  EXPECT_NE(Read(many).zone, nullptr);
  EXPECT_EQ(Complaints(Read(many + "$INCLUDE empty\n")), "e.zone:1003: more than 1000 files are included\n");
}

TEST_F(IncludeTest, TheFilesNameSaysTheApex) {
  EXPECT_EQ(ApexOf("/x/Kouzie.com.zone")->str(), "kouzie.com.");
  EXPECT_EQ(ApexOf("0\\0470.2.0.192.in-addr.arpa.zone")->str(), "0/0.2.0.192.in-addr.arpa.");
  EXPECT_FALSE(ApexOf("a..b.zone").ok());
  const ReadZone read = ReadZoneFile(Write("a..b.zone", kHead), "", kSeed);
  EXPECT_EQ(read.zone, nullptr);
  EXPECT_EQ(Complaints(read),
            "a..b.zone: the file's name is to be <zone>.zone, but \"a..b\" is not a domain name: a label is empty\n");
  const ReadZone named = ReadZoneFile(Write("anything", kHead), "e", kSeed);
  ASSERT_NE(named.zone, nullptr) << Complaints(named);
  EXPECT_EQ(NameText(named.zone->apex()), "e");
}

}  // namespace
}  // namespace waypost::zone
