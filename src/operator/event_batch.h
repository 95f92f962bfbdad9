#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/model/clock.h"
#include "waypost/model/id.h"

namespace waypost::oper {

enum class EventKind : std::uint8_t {
  kNamespace,
  kNamespaceDeleted,
  kService,
  kServiceDeleted,
  kInstance,
  kInstanceDeregistered,
  kHealth,
  kPin,
  kUnpin,
  kShift,
  kShiftEnded,
  kHold,
  kHoldEnded,
  kView,
  kViewDeleted,
};
inline constexpr std::size_t kEventKindCount = 15;
/// `namespace`, `instance-deregistered` …
std::string_view EventKindName(EventKind kind);
std::optional<EventKind> ParseEventKind(std::string_view name);

/// What an event is about. Neither of the two: it concerns all services.
struct EventSubject {
  std::optional<model::NamespaceId> namespace_id = {};
  std::optional<model::ServiceId> service_id = {};
};

/// One event: what filters look at, and where in its batch its text stands (`event: …\ndata: …\n\n`).
struct EventEntry {
  EventKind kind = EventKind::kNamespace;
  EventSubject subject = {};
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// All that one revision did, in words.
struct EventBatch {
  model::Revision revision = 0;
  std::string text = {};
  std::vector<EventEntry> entries = {};

  std::string_view TextOf(const EventEntry& entry) const {
    return std::string_view(text).substr(entry.begin, entry.end - entry.begin);
  }
  std::size_t bytes() const { return text.size() + entries.size() * sizeof(EventEntry); }
};

}  // namespace waypost::oper
