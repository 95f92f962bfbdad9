#include "operator/event_ring.h"

#include <gtest/gtest.h>

namespace waypost::oper {
namespace {

/// A batch of events of these kinds, whose texts are `<revision><position>;`.
EventBatch Batch(model::Revision revision, const std::vector<EventKind>& kinds, std::size_t size = 0) {
  EventBatch batch;
  batch.revision = revision;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    EventEntry entry;
    entry.kind = kinds[i];
    entry.begin = static_cast<std::uint32_t>(batch.text.size());
    batch.text += std::to_string(revision) + static_cast<char>('a' + i) + ";" + std::string(size, 'x');
    entry.end = static_cast<std::uint32_t>(batch.text.size());
    batch.entries.push_back(entry);
  }
  return batch;
}

constexpr EventKind kPin = EventKind::kPin;
constexpr EventKind kHealth = EventKind::kHealth;
constexpr std::size_t kAll = 1 << 20;

TEST(EventRing, TheLastOfARevisionHasTheId) {
  EventRing ring(10, kAll);
  ring.Restart(4);
  ring.Append(Batch(5, {kPin, kHealth, kPin}));
  ring.Append(Batch(6, {kHealth}));
  EventCursor cursor{4, 0};
  EXPECT_EQ(ring.Read(cursor, {}, kAll), "5a;5b;id: 5\n5c;id: 6\n6a;");
  EXPECT_EQ(cursor.done, 6U);
  EXPECT_EQ(ring.Read(cursor, {}, kAll), "");
  EventFilter health;
  health.WantKind(kHealth);
  cursor = {4, 0};
  EXPECT_EQ(ring.Read(cursor, health, kAll), "id: 5\n5b;id: 6\n6a;") << "the last that the client gets";
  cursor = {5, 0};
  EXPECT_EQ(ring.Read(cursor, health, kAll), "id: 6\n6a;");
  EventFilter shifts;
  shifts.WantKind(EventKind::kShift);
  cursor = {4, 0};
  EXPECT_EQ(ring.Read(cursor, shifts, kAll), "");
  EXPECT_EQ(cursor.done, 6U) << "what it does not want is behind it";
}

TEST(EventRing, ReadsInPieces) {
  EventRing ring(10, kAll);
  ring.Append(Batch(1, {kPin, kPin, kPin}));
  ring.Append(Batch(2, {kPin}));
  EventCursor cursor;
  std::vector<std::string> pieces;
  for (std::string piece = ring.Read(cursor, {}, 4); !piece.empty(); piece = ring.Read(cursor, {}, 4)) {
    pieces.push_back(piece);
  }
  EXPECT_EQ(pieces, (std::vector<std::string>{"1a;1b;", "id: 1\n1c;", "id: 2\n2a;"}));
}

TEST(EventRing, ForgetsTheOldestBeyondItsEvents) {
  EventRing ring(3, kAll);
  ring.Append(Batch(1, {kPin}));
  ring.Append(Batch(2, {kPin, kPin}));
  EXPECT_EQ(ring.floor(), 0U);
  ring.Append(Batch(3, {kPin}));
  EXPECT_EQ(ring.floor(), 1U);
  EventCursor cursor{1, 0};
  EXPECT_EQ(ring.Read(cursor, {}, kAll), "2a;id: 2\n2b;id: 3\n3a;");
  ring.Append(Batch(4, {kPin, kPin, kPin, kPin}));
  EXPECT_EQ(ring.floor(), 3U);
  EXPECT_EQ(ring.Read(cursor, {}, kAll), "4a;4b;4c;id: 4\n4d;") << "the newest stays, however large";
}

TEST(EventRing, ForgetsTheOldestBeyondItsBytes) {
  const std::size_t each = Batch(1, {kPin}, 1000).bytes();
  EventRing ring(100, each * 2);
  ring.Append(Batch(1, {kPin}, 1000));
  ring.Append(Batch(2, {kPin}, 1000));
  EXPECT_EQ(ring.floor(), 0U);
  ring.Append(Batch(3, {kPin}, 1000));
  EXPECT_EQ(ring.floor(), 1U);
}

TEST(EventRing, RevisionsWithoutEventsMoveOn) {
  EventRing ring(3, kAll);
  ring.Restart(7);
  EXPECT_EQ(ring.floor(), 7U);
  ring.Append(Batch(8, {}));
  EXPECT_EQ(ring.last(), 8U);
  EXPECT_EQ(ring.floor(), 7U);
  EventCursor cursor{7, 0};
  EXPECT_EQ(ring.Read(cursor, {}, kAll), "");
  EXPECT_EQ(cursor.done, 8U);
}

TEST(EventFilter, NamespacesServicesAndWhatConcernsAll) {
  model::Random random(1);
  const auto space = model::NamespaceId::Draw(random);
  const auto service = model::ServiceId::Draw(random);
  EventEntry mine{EventKind::kInstance, {space, service}};
  EventEntry other{EventKind::kInstance, {model::NamespaceId::Draw(random), model::ServiceId::Draw(random)}};
  EventEntry all{EventKind::kShift, {}};
  EventFilter filter;
  EXPECT_TRUE(filter.all());
  filter.WantNamespace(space);
  EXPECT_FALSE(filter.all());
  EXPECT_TRUE(filter.Takes(mine));
  EXPECT_FALSE(filter.Takes(other));
  EXPECT_TRUE(filter.Takes(all));
  filter.WantService(service);
  EXPECT_TRUE(filter.Takes(mine));
  mine.subject.service_id = other.subject.service_id;
  EXPECT_FALSE(filter.Takes(mine));
  filter.WantKind(EventKind::kInstance);
  EXPECT_FALSE(filter.Takes(all));
}

TEST(EventKinds, NamesReadBack) {
  for (std::size_t i = 0; i < kEventKindCount; ++i) {
    const auto kind = static_cast<EventKind>(i);
    EXPECT_EQ(ParseEventKind(EventKindName(kind)), kind);
  }
  EXPECT_FALSE(ParseEventKind("").has_value());
}

}  // namespace
}  // namespace waypost::oper
