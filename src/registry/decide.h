#pragma once

#include <optional>
#include <string>

#include "waypost/model/result.h"
#include "waypost/registry/command.h"
#include "waypost/registry/registry.h"
#include "waypost/store/store.h"
#include "waypost/view/view.h"

namespace waypost::registry {

/// What a command comes to: the unit to commit and what to answer then. An empty unit: nothing to write, answer at
/// once.
struct Decision {
  store::Unit unit = {};
  Receipt receipt = {};
};

/// Decides commands against the current state: the views, and what only the store knows (names, operations). Pure but
/// for reading: deciding again gives the same unless the state changed. Publisher's thread only, so that views hold
/// still.
class Decider {
 public:
  Decider(const view::View& view, const store::Store& store, const Options& options)
      : view_(view), store_(store), options_(options) {}

  model::Result<Decision> Decide(const Command& command) const;

 private:
  // One for each kind of command; decide_*.cc.
  model::Result<Decision> On(const CreateNamespace& change, model::Timestamp at) const;
  model::Result<Decision> On(const UpdateNamespace& change, model::Timestamp at) const;
  model::Result<Decision> On(const DeleteNamespace& change, model::Timestamp at) const;
  model::Result<Decision> On(const CreateService& change, model::Timestamp at) const;
  model::Result<Decision> On(const UpdateService& change, model::Timestamp at) const;
  model::Result<Decision> On(const DeleteService& change, model::Timestamp at) const;
  model::Result<Decision> On(const RegisterInstance& change, model::Timestamp at) const;
  model::Result<Decision> On(const DeregisterInstance& change, model::Timestamp at) const;
  model::Result<Decision> On(const UpdateCustomHealth& change, model::Timestamp at) const;
  model::Result<Decision> On(const TagResource& change, model::Timestamp at) const;
  model::Result<Decision> On(const UntagResource& change, model::Timestamp at) const;
  model::Result<Decision> On(const UpdateServiceAttributes& change, model::Timestamp at) const;
  model::Result<Decision> On(const DeleteServiceAttributes& change, model::Timestamp at) const;
  model::Result<Decision> On(const RecordChecks& change, model::Timestamp at) const;
  model::Result<Decision> On(const PinHealth& change, model::Timestamp at) const;
  model::Result<Decision> On(const UnpinHealth& change, model::Timestamp at) const;
  model::Result<Decision> On(const ShiftZone& change, model::Timestamp at) const;
  model::Result<Decision> On(const EndShift& change, model::Timestamp at) const;
  model::Result<Decision> On(const EndHold& change, model::Timestamp at) const;
  model::Result<Decision> On(const PutView& change, model::Timestamp at) const;
  model::Result<Decision> On(const DeleteView& change, model::Timestamp at) const;

  /// The answer of an operation that was carried out before under this id, if it was.
  model::Result<std::optional<Decision>> Repeated(const OperationId& operation, model::Timestamp at) const;
  /// Adds a history row; `turn` tells rows of one command apart. With `keep`, drops the oldest beyond so many.
  model::Status AddTransition(store::Unit& unit, const model::Transition& transition, std::size_t turn,
                              std::uint32_t keep) const;
  /// For a service that is to be made: no view may have its name. Err: kInvalidInput.
  model::Status CheckNoView(store::Unit& unit, const model::NamespaceId& in, const std::string& name) const;
  /// A service goes: so do its views, and its part as a fallback of others. Ahead of its record.
  void DropQueriesOf(store::Unit& unit, const model::ServiceId& service) const;
  /// A namespace goes.
  void DropQueriesIn(store::Unit& unit, const model::NamespaceId& in) const;
  /// Err: kServiceNotFound.
  model::Result<const view::ServiceNode*> NeedService(const model::ServiceId& id) const;
  /// Err: kNamespaceNotFound.
  model::Result<const view::NamespaceNode*> NeedNamespace(const model::NamespaceId& id) const;

  const view::View& view_;
  const store::Store& store_;
  Options options_;
};

/// Adds what carries an operation: its record, and that no other has its id.
void AddOperation(Decision& decision, const OperationId& operation, const model::Operation& record);

/// A service is to be stored anew: what was stored of its instances' health goes when it comes from elsewhere now.
void DropOldHealth(store::Unit& unit, const view::ServiceState& before, const model::Service& after);

/// Err: kInstanceNotFound.
model::Error NoInstance(const std::string& id, const model::ServiceId& service);

// Short ways to say what a unit expects and writes.
void Expecting(store::Unit& unit, store::Expect::Kind kind, store::Table table, std::string id);
void Putting(store::Unit& unit, store::Table table, std::string id, std::string value);
void Erasing(store::Unit& unit, store::Table table, std::string id);
void Touching(store::Unit& unit, std::string id);

}  // namespace waypost::registry
