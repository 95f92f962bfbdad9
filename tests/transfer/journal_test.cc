#include "transfer/journal.h"

#include <gtest/gtest.h>

namespace waypost::transfer {
namespace {

using std::chrono::seconds;

Part PartOf(const std::vector<std::string>& texts) {
  PartBuilder builder;
  for (const std::string& text : texts)
    builder.Add(std::string("\001", 1) + text[0] + std::string(1, '\0'), 1, 60, text);
  return builder.Build();
}

std::string Text(const Records& records) {
  std::string text;
  Records::Cursor cursor(records);
  while (const Record* record = cursor.Next()) {
    if (!text.empty()) text += ' ';
    text += record->rdata;
  }
  return text;
}

std::shared_ptr<const Change> From(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  Change change;
  AddDifference(*PartOf(before), *PartOf(after), change);
  return std::make_shared<const Change>(std::move(change));
}

TEST(Records, PartsAreSortedAndHaveEachRecordOnce) {
  EXPECT_EQ("a1 a2 b1", Text(*PartOf({"b1", "a2", "a1", "b1"})));
  EXPECT_TRUE(PartOf({})->empty());
}

TEST(Records, AnOwnerThatStaysTakesOneOctet) {
  const std::size_t one = PartOf({"a1"})->octets();
  EXPECT_EQ(one + one - 3, PartOf({"a1", "a2"})->octets());
  EXPECT_EQ(one + one, PartOf({"a1", "b2"})->octets());
}

TEST(Records, ADifferenceIsWhatOneHasAndTheOtherHasNot) {
  const auto change = From({"a1", "a2", "c1"}, {"a2", "b1", "c1", "d1"});
  EXPECT_EQ("a1", Text(change->removed));
  EXPECT_EQ("b1 d1", Text(change->added));
  EXPECT_TRUE(From({"a1"}, {"a1"})->empty());
}

TEST(Records, ChangesTogetherAreOneWithoutWhatCameAndWent) {
  const auto first = From({"a1", "b1"}, {"a1", "c1"});
  const auto second = From({"a1", "c1"}, {"b1", "d1"});
  const Change net = Condense({first.get(), second.get()});
  EXPECT_EQ("a1", Text(net.removed));
  EXPECT_EQ("d1", Text(net.added));
}

class JournalOf : public testing::Test {
 protected:
  void Step(std::uint32_t before, std::uint32_t after, std::size_t octets = 10) {
    const std::uint64_t number = journal_->Append({before, 15, "soa"}, after, From({}, {"a" + std::to_string(after)}));
    bounds_.Note(journal_, number, octets, now_);
  }
  std::shared_ptr<Journal> journal_ = std::make_shared<Journal>();
  JournalBounds bounds_{3 * (Journal::kStepOctets + 10), seconds(60)};
  Instant now_ = {};
};

TEST_F(JournalOf, SinceBeginsAtTheVersionThatWasAskedFor) {
  Step(1, 2);
  Step(2, 5);
  Step(5, 6);
  ASSERT_TRUE(journal_->Since(2));
  EXPECT_EQ(2U, journal_->Since(2)->from.serial);
  EXPECT_EQ("a5 a6", Text(journal_->Since(2)->change->added));
  EXPECT_EQ("a6", Text(journal_->Since(5)->change->added));
  EXPECT_FALSE(journal_->Since(3)) << "no version had this serial";
  EXPECT_FALSE(journal_->Since(6));
}

TEST_F(JournalOf, TheOldestGoWhenThereAreTooManyOctets) {
  Step(1, 2);
  Step(2, 3);
  Step(3, 4);
  EXPECT_TRUE(journal_->Since(1)) << "as many as may be";
  Step(4, 5, 11);
  EXPECT_FALSE(journal_->Since(1));
  EXPECT_FALSE(journal_->Since(2)) << "one octet more takes two steps";
  EXPECT_TRUE(journal_->Since(3));
  EXPECT_EQ(2U, bounds_.steps());
  EXPECT_EQ(2 * Journal::kStepOctets + 21, bounds_.octets());
}

TEST_F(JournalOf, TheOldestGoWhenTheyAreTooOld) {
  Step(1, 2);
  now_ += seconds(30);
  Step(2, 3);
  now_ += seconds(30);
  bounds_.Trim(now_);
  EXPECT_TRUE(journal_->Since(1));
  bounds_.Trim(now_ + std::chrono::milliseconds(1));
  EXPECT_FALSE(journal_->Since(1));
  EXPECT_TRUE(journal_->Since(2));
}

TEST_F(JournalOf, JournalsShareTheBoundAndMayForgetByThemselves) {
  const auto other = std::make_shared<Journal>();
  Step(1, 2);
  bounds_.Note(other, other->Append({1, 15, "soa"}, 2, From({}, {"x"})), 10, now_);
  journal_->Clear();
  EXPECT_FALSE(journal_->Since(1));
  Step(7, 8);
  Step(8, 9);
  EXPECT_TRUE(other->Since(1));
  EXPECT_TRUE(journal_->Since(7)) << "what goes first is the step that was forgotten before";
  Step(9, 10);
  EXPECT_FALSE(other->Since(1));
  EXPECT_TRUE(journal_->Since(7));
}

TEST(Serials, AreComparedInACircle) {
  EXPECT_TRUE(IsLater(2, 1));
  EXPECT_FALSE(IsLater(1, 2));
  EXPECT_FALSE(IsLater(7, 7));
  EXPECT_TRUE(IsLater(0, 0xffffffff));
  EXPECT_TRUE(IsLater(0x7fffffff, 0));
  EXPECT_FALSE(IsLater(0x80000000, 0));
}

}  // namespace
}  // namespace waypost::transfer
