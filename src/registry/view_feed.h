#pragma once

#include "waypost/store/store.h"
#include "waypost/view/edit.h"

namespace waypost::registry {

/// Applies committed batches to the view. What the store gives back was encoded by this program a moment ago, so a
/// record that does not decode is a bug and ends the process rather than answer from half a state.
class ViewFeed final : public store::Feed {
 public:
  explicit ViewFeed(view::View& view) : view_(view) {}
  void Apply(const store::ChangeSet& set) override;

 private:
  view::View& view_;
};

}  // namespace waypost::registry
