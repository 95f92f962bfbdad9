#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "waypost/model/id.h"
#include "waypost/registry/listener.h"

namespace waypost::transfer {

/// What the registry's batches touched, as far as zones go.
struct Touched {
  std::vector<model::ServiceId> services = {};
  model::Revision revision = 0;  ///< the last batch that is in here
  bool views = false;
  bool namespaces = false;
  bool everything = false;  ///< a zone was shifted, or came back
};

/// Marks on their way from the writer's thread to the transfers'. Bounded by how many services there are.
class Marks {
 public:
  /// `wake` is called, without the lock, when something came and nothing was waiting.
  explicit Marks(std::function<void()> wake) : wake_(std::move(wake)) {}

  void Note(model::Revision revision, std::span<const registry::Event> events);
  Touched Take();

 private:
  void On(const model::Namespace&) { waiting_.namespaces = true; }
  void On(const registry::NamespaceErased&) { waiting_.namespaces = true; }
  void On(const model::Service& value) { Mark(value.id); }
  void On(const registry::ServiceErased& erased) { Mark(erased.id); }
  void On(const registry::InstancePut& put) { Mark(put.value.service_id); }
  void On(const registry::InstanceErased& erased) { Mark(erased.service_id); }
  void On(const model::Transition& transition) { Mark(transition.service_id); }
  void On(const model::Pin& pin) { Mark(pin.service_id); }
  void On(const registry::PinErased& erased) { Mark(erased.service_id); }
  void On(const registry::HoldPut& put) { Mark(put.service_id); }
  void On(const registry::HoldErased& erased) { Mark(erased.service_id); }
  void On(const model::Shift&) { waiting_.everything = true; }
  void On(const registry::ShiftErased&) { waiting_.everything = true; }
  void On(const registry::ViewPut&) { waiting_.views = true; }
  void On(const registry::ViewErased&) { waiting_.views = true; }
  void Mark(const model::ServiceId& service);

  struct Hash {
    std::size_t operator()(const model::ServiceId& id) const { return id.hash(); }
  };
  std::function<void()> wake_;
  std::mutex mutex_;
  std::unordered_set<model::ServiceId, Hash> services_;
  Touched waiting_;
  bool idle_ = true;
};

}  // namespace waypost::transfer
