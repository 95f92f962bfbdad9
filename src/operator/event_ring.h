#pragma once

#include <deque>
#include <string>

#include "operator/event_batch.h"
#include "operator/event_filter.h"

namespace waypost::oper {

/// How far a client has come.
struct EventCursor {
  model::Revision done = 0;  ///< everything up to this revision
  std::size_t next = 0;      ///< and so many events of the one behind it
};

/// The events of the last revisions.
class EventRing {
 public:
  EventRing(std::size_t events_max, std::size_t bytes_max) : events_max_(events_max), bytes_max_(bytes_max) {}

  /// Forgets everything: what comes next is behind `revision`.
  void Restart(model::Revision revision);
  /// Forgets the oldest for it where there is no room. The newest batch stays, however large.
  void Append(EventBatch batch);

  /// Everything behind this revision is still here.
  model::Revision floor() const { return floor_; }
  model::Revision last() const { return last_; }

  /// What comes next for a client, up to the first event that makes it `bytes` long, and moves its cursor. The last
  /// event of each revision carries the id. `cursor.done` is not below floor().
  std::string Read(EventCursor& cursor, const EventFilter& filter, std::size_t bytes) const;

 private:
  const std::size_t events_max_;
  const std::size_t bytes_max_;
  std::deque<EventBatch> batches_;  // none is empty
  std::size_t events_ = 0;
  std::size_t bytes_ = 0;
  model::Revision floor_ = 0;
  model::Revision last_ = 0;
};

}  // namespace waypost::oper
