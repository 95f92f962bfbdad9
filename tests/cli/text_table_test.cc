#include "cli/text_table.h"

#include <gtest/gtest.h>

namespace waypost::cli {
namespace {

TEST(TextTable, AlignsColumns) {
  TextTable table({"INSTANCE", "ANSWERED", "WHY"});
  table.Add({"a", "yes", "healthy"});
  table.Add({"a-long-name", "no", "unhealthy"});
  EXPECT_EQ(table.str(),
            "INSTANCE     ANSWERED  WHY\n"
            "a            yes       healthy\n"
            "a-long-name  no        unhealthy\n");
}

TEST(TextTable, CellsOfSeveralLinesStandInTheirColumn) {
  TextTable table({"A", "B"});
  table.Add({"x", "one\ntwo"});
  table.Add({"y", ""});
  EXPECT_EQ(table.str(), "A  B\nx  one\n   two\ny\n");
}

TEST(TextTable, EmptyColumnsAndTablesAreLeftOut) {
  TextTable table({"A", "ZONE", "B"});
  EXPECT_EQ(table.str(), "");
  table.Add({"1", "", "2"});
  EXPECT_EQ(table.str(), "A  B\n1  2\n");
}

TEST(TextTable, CharactersAreCountedNotOctets) {
  TextTable table({"ZONE", "B"});
  table.Add({"d\u00fcnne", "1"});
  table.Add({"plain", "2"});
  EXPECT_EQ(table.str(), "ZONE   B\nd\u00fcnne  1\nplain  2\n");
}

TEST(TextTable, NothingDrivesTheTerminal) {
  TextTable table({"A"});
  table.Add({"\x1b[2Jx\x7f\r"});
  EXPECT_EQ(table.str(), "A\n?[2Jx??\n");
}

}  // namespace
}  // namespace waypost::cli
