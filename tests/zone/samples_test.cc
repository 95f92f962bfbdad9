// The zones that come with waypost are good, without a warning.
#include <gtest/gtest.h>

#include "text.h"

namespace waypost::zone {
namespace {

TEST(Samples, LoadWithoutComplaints) {
  const auto files = ZoneFilesIn(WAYPOST_ZONES);
  ASSERT_TRUE(files.ok()) << files.error().message;
  EXPECT_GE(files->size(), 2u);
  for (const std::string& file : files.value()) {
    const ReadZone read = ReadZoneFile(file, "", kSeed);
    EXPECT_NE(read.zone, nullptr) << file;
    EXPECT_EQ(Text(read.complaints), "") << file;
  }
}

}  // namespace
}  // namespace waypost::zone
