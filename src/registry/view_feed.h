#pragma once

#include <vector>

#include "waypost/registry/listener.h"
#include "waypost/store/store.h"
#include "waypost/view/edit.h"

namespace waypost::registry {

/// Applies committed batches to the view, then tells the listeners. What the store gives back was encoded by this
/// program a moment ago, so a record that does not decode is a bug and ends the process rather than answer from half a
/// state.
class ViewFeed final : public store::Feed {
 public:
  /// `listeners` may be filled until the first batch.
  ViewFeed(view::View& view, const std::vector<Listener*>& listeners) : view_(view), listeners_(listeners) {}
  void Apply(const store::ChangeSet& set) override;

 private:
  void ApplyTo(view::Edit& edit, const store::ChangeSet& set);
  void ApplyOne(view::Edit& edit, const store::Change& change, model::Revision revision);
  void ApplyInstance(view::Edit& edit, const store::Change& change, std::optional<model::HealthState> health,
                     model::Revision revision);
  void ApplyHealth(view::Edit& edit, const store::Change& change, model::Revision revision) const;
  void ApplyPin(view::Edit& edit, const store::Change& change, model::Revision revision);
  void ApplyShift(view::Edit& edit, const store::Change& change, model::Revision revision);
  void ApplyHold(view::Edit& edit, const store::Change& change, model::Revision revision);
  void ApplyQuery(view::Edit& edit, const store::Change& change, model::Revision revision);
  /// For the listeners, if there are any.
  void Tell(Event event);

  view::View& view_;
  const std::vector<Listener*>& listeners_;
  std::vector<Event> events_;  // of the batch; keeps its capacity
};

}  // namespace waypost::registry
