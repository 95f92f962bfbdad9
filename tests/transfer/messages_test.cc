#include "transfer/messages.h"

#include <gtest/gtest.h>

#include "transfer/message_writer.h"
#include "transfer/world.h"

namespace waypost::transfer {
namespace {

std::vector<std::uint8_t> Head(const std::string& zone, unsigned flags = 0) {
  auto head = wire::Header(0x1234, flags, {1, 0, 0, 0});
  wire::PutQuestion(head, zone, "AXFR");
  return head;
}

RecordSequence Sequence(const Part& part) {
  RecordSequence sequence;
  sequence.Add(part);
  return sequence;
}

TEST(Messages, EachIsAboutSixteenKibAndNoneIsLost) {
  PartBuilder builder;
  for (int i = 0; i < 5000; ++i)
    builder.Add(Wire("h" + std::to_string(i) + ".z.test"), 1, 60, std::string("\n\0\0\1", 4));
  Messages messages(Head("z.test"), Sequence(builder.Build()));
  std::set<std::string> owners;
  std::vector<std::uint8_t> room(65535);
  std::size_t sum = 0;
  while (const std::size_t size = messages.Next(room.data(), room.size())) {
    EXPECT_LE(size, Messages::kOctets);
    sum += size;
    const auto message = wire::Message::Decode({room.data(), size});
    ASSERT_TRUE(message);
    for (const auto& record : message->answer) owners.insert(record.owner);
  }
  EXPECT_EQ(5000U, owners.size());
  EXPECT_LT(sum, 5000U * 23) << "owners are written with pointers";
  EXPECT_EQ(0U, messages.Next(room.data(), room.size()));
}

TEST(Messages, ARecordThatNeedsItGetsARoomierMessage) {
  PartBuilder builder;
  builder.Add(Wire("a.z.test"), 1, 60, std::string(4, '\1'));
  builder.Add(Wire("b.z.test"), 65280, 60, std::string(40'000, 'x'));
  builder.Add(Wire("c.z.test"), 1, 60, std::string(4, '\1'));
  Messages messages(Head("z.test"), Sequence(builder.Build()));
  std::vector<std::uint8_t> room(65535);
  std::vector<std::size_t> counts;
  while (const std::size_t size = messages.Next(room.data(), room.size())) {
    const auto message = wire::Message::Decode({room.data(), size});
    ASSERT_TRUE(message);
    counts.push_back(message->answer.size());
  }
  EXPECT_EQ((std::vector<std::size_t>{1, 2}), counts);
}

TEST(Messages, ARecordThatNoRoomHoldsEndsTheTransfer) {
  PartBuilder builder;
  builder.Add(Wire("a.z.test"), 65280, 60, std::string(600, 'x'));
  builder.Add(Wire("b.z.test"), 1, 60, std::string(4, '\1'));
  Messages messages(Head("z.test"), Sequence(builder.Build()));
  std::vector<std::uint8_t> room(512);
  EXPECT_EQ(0U, messages.Next(room.data(), room.size()));
  EXPECT_EQ(0U, messages.Next(room.data(), room.size()));
}

TEST(MessageWriter, TheQuestionComesBackAsAskedAndItsFlagsToo) {
  std::vector<std::uint8_t> room(512);
  MessageWriter writer(Head("Z.tEST", 0x0100), room.data(), room.size());
  ASSERT_TRUE(writer.Add({Wire("a.z.test"), 1, 60, std::string_view("\1\1\1\1", 4)}));
  const auto message = wire::Message::Decode({room.data(), writer.Finish()});
  ASSERT_TRUE(message);
  EXPECT_EQ(0x8500U, message->flags);
  EXPECT_EQ("Z.tEST. AXFR", message->questions.at(0));
  EXPECT_EQ("a.Z.tEST.", message->answer.at(0).owner) << "by a pointer";
}

TEST(MessageWriter, NamesInRdataAreCompressedOnlyInOldTypes) {
  const std::string apex = Wire("z.test");
  const std::string target = Wire("Host.z.test");
  std::vector<std::uint8_t> room(512);
  const auto size_of = [&](std::uint16_t type, const std::string& rdata) {
    MessageWriter writer(Head("z.test"), room.data(), room.size());
    EXPECT_TRUE(writer.Add({apex, type, 60, rdata}));
    return writer.Finish() - Head("z.test").size() - 12;  // owner pointer and the fixed part
  };
  EXPECT_EQ(7U, size_of(2, target));   // NS
  EXPECT_EQ(7U, size_of(5, target));   // CNAME
  EXPECT_EQ(7U, size_of(12, target));  // PTR
  EXPECT_EQ(9U, size_of(15, std::string("\0\1", 2) + target));
  EXPECT_EQ(7U + 2 + 20, size_of(6, target + target + std::string(20, '\0'))) << "SOA";
  EXPECT_EQ(6 + target.size(), size_of(33, std::string(6, '\0') + target)) << "SRV";
  EXPECT_EQ(target.size(), size_of(39, target)) << "DNAME";
}

TEST(MessageWriter, WhatDoesNotFitLeavesNothingBehind) {
  const auto head = Head("z.test");
  for (std::size_t limit = head.size(); limit < head.size() + 40; ++limit) {
    std::vector<std::uint8_t> room(limit);
    MessageWriter writer(head, room.data(), room.size());
    const bool fits = writer.Add({Wire("abc.z.test"), 1, 60, std::string_view("\1\1\1\1", 4)});
    EXPECT_EQ(limit >= head.size() + 6 + 10 + 4, fits) << limit;
    const std::size_t size = writer.Finish();
    EXPECT_EQ(head.size() + (fits ? 20 : 0), size);
    EXPECT_TRUE(wire::Message::Decode({room.data(), size}));
  }
}

}  // namespace
}  // namespace waypost::transfer
