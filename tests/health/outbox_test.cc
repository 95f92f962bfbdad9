#include "health/outbox.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace waypost::health {
namespace {

using namespace std::chrono_literals;
using model::Code;

model::ServiceId TheService() {
  model::Random random(1);
  return model::ServiceId::Draw(random);
}

Outbox::Row RowOf(const std::string& instance, std::uint32_t number) {
  static const model::ServiceId service = TheService();
  Outbox::Row row;
  row.transition.service_id = service;
  row.transition.instance_id = instance;
  row.transition.latency_us = number;
  return row;
}

/// Keeps what it gets until the test says what came of it.
struct FakeWriter final : RowWriter {
  void Write(std::uint32_t batch, registry::RecordChecks rows) override { under_way.emplace_back(batch, rows.checks); }
  std::vector<std::pair<std::uint32_t, std::vector<Outbox::Row>>> under_way;
};

class OutboxTest : public testing::Test {
 protected:
  void Add(const std::string& instance, std::uint32_t number) { outbox.Add(RowOf(instance, number)); }
  void Turn() { outbox.Turn(now); }
  /// Ends what has been under way longest.
  void End(model::Status outcome) {
    ASSERT_FALSE(writer.under_way.empty());
    auto [batch, rows] = writer.under_way.front();
    writer.under_way.erase(writer.under_way.begin());
    if (outcome.ok()) {
      for (const Outbox::Row& row : rows) written[row.transition.instance_id].push_back(*row.transition.latency_us);
    }
    outbox.Written(batch, outcome, now);
  }
  static model::Status Failure(Code code) { return model::MakeError(code, "no"); }

  Instant now{1000s};
  FakeWriter writer;
  Outbox outbox{writer};
  std::map<std::string, std::vector<std::uint32_t>> written;
};

TEST_F(OutboxTest, WritesInBatches) {
  for (std::uint32_t i = 0; i <= Outbox::kBatchMax; ++i) Add("i" + std::to_string(i), i);
  EXPECT_EQ(outbox.unwritten(), Outbox::kBatchMax + 1);
  Turn();
  ASSERT_EQ(writer.under_way.size(), 2U);
  EXPECT_EQ(writer.under_way[0].second.size(), Outbox::kBatchMax);
  EXPECT_EQ(writer.under_way[1].second.size(), 1U);
  End(model::Ok());
  End(model::Ok());
  EXPECT_EQ(outbox.unwritten(), 0U);
  EXPECT_EQ(written.size(), Outbox::kBatchMax + 1);
}

TEST_F(OutboxTest, FewCommandsAreUnderWay) {
  const std::size_t rows = Outbox::kBatchMax * Outbox::kUnderWayMax + 1;
  for (std::size_t i = 0; i < rows; ++i) Add("i" + std::to_string(i), 0);
  Turn();
  EXPECT_EQ(writer.under_way.size(), Outbox::kUnderWayMax);
  End(model::Ok());
  Turn();
  EXPECT_EQ(writer.under_way.size(), Outbox::kUnderWayMax);
}

TEST_F(OutboxTest, OneInstancesRowsNeverOvertakeEachOther) {
  Add("a", 1);
  Add("b", 1);
  Add("a", 2);
  Add("b", 2);
  Turn();
  ASSERT_EQ(writer.under_way.size(), 1U) << "two rows of one instance are under way";
  End(Failure(Code::kUnavailable));
  now += Outbox::kPause;
  while (outbox.unwritten() != 0) {
    Turn();
    End(model::Ok());
  }
  EXPECT_EQ(written["a"], (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(written["b"], (std::vector<std::uint32_t>{1, 2}));
}

TEST_F(OutboxTest, TriesAgainAfterAPause) {
  for (const Code code : {Code::kUnavailable, Code::kThrottled, Code::kNotReady}) {
    Add("a", 1);
    EXPECT_LE(outbox.next(), now);
    Turn();
    EXPECT_EQ(outbox.next(), kNever);
    End(Failure(code));
    EXPECT_EQ(outbox.unwritten(), 1U);
    EXPECT_EQ(outbox.next(), now + Outbox::kPause);
    now += Outbox::kPause - 1ms;
    Turn();
    EXPECT_TRUE(writer.under_way.empty());
    now += 1ms;
    Turn();
    End(model::Ok());
    EXPECT_EQ(outbox.unwritten(), 0U);
  }
  EXPECT_EQ(outbox.dropped(), 0U);
}

TEST_F(OutboxTest, WhatCannotBeWrittenIsGivenUp) {
  Add("a", 1);
  Turn();
  End(Failure(Code::kCorrupt));
  EXPECT_EQ(outbox.unwritten(), 0U);
  EXPECT_EQ(outbox.dropped(), 1U);
}

TEST_F(OutboxTest, BeyondTheBoundTheOldestOvertakenRowGoes) {
  Add("single", 1);
  Add("flapping", 1);
  Add("flapping", 2);
  for (std::size_t i = 3; i < Outbox::kRowsMax; ++i) Add("i" + std::to_string(i), 0);
  EXPECT_EQ(outbox.unwritten(), Outbox::kRowsMax);
  EXPECT_EQ(outbox.dropped(), 0U);
  Add("flapping", 3);
  EXPECT_EQ(outbox.unwritten(), Outbox::kRowsMax);
  EXPECT_EQ(outbox.dropped(), 1U);
  Add("one more", 1);
  EXPECT_EQ(outbox.dropped(), 2U);
  // None is left that a newer one has overtaken: the latest of each is kept.
  Add("and another", 1);
  EXPECT_EQ(outbox.unwritten(), Outbox::kRowsMax + 1);
  EXPECT_EQ(outbox.dropped(), 2U);
  while (outbox.unwritten() != 0) {
    Turn();
    End(model::Ok());
  }
  EXPECT_EQ(written["flapping"], std::vector<std::uint32_t>{3});
  EXPECT_EQ(written["single"], std::vector<std::uint32_t>{1});
}

TEST_F(OutboxTest, ForgetsWhatWaitsOfAnInstance) {
  Add("a", 1);
  Add("b", 1);
  Turn();
  Add("a", 2);
  Add("a", 3);
  Add("b", 2);
  outbox.Forget(TheService(), "a");
  outbox.Forget(TheService(), "unknown");
  EXPECT_EQ(outbox.dropped(), 2U);
  End(model::Ok());
  Turn();
  End(model::Ok());
  EXPECT_EQ(outbox.unwritten(), 0U);
  EXPECT_EQ(written["a"], std::vector<std::uint32_t>{1});
  EXPECT_EQ(written["b"], (std::vector<std::uint32_t>{1, 2}));
}

}  // namespace
}  // namespace waypost::health
