#pragma once

#include <optional>
#include <string>

#include "waypost/model/result.h"
#include "waypost/registry/command.h"
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
  Decider(const view::View& view, const store::Store& store, bool strict_aws)
      : view_(view), store_(store), strict_aws_(strict_aws) {}

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

  /// The answer of an operation that was carried out before under this id, if it was.
  model::Result<std::optional<Decision>> Repeated(const OperationId& operation, model::Timestamp at) const;
  /// Err: kServiceNotFound.
  model::Result<const view::ServiceNode*> NeedService(const model::ServiceId& id) const;
  /// Err: kNamespaceNotFound.
  model::Result<const view::NamespaceNode*> NeedNamespace(const model::NamespaceId& id) const;

  const view::View& view_;
  const store::Store& store_;
  bool strict_aws_;
};

/// Adds what carries an operation: its record, and that no other has its id.
void AddOperation(Decision& decision, const OperationId& operation, const model::Operation& record);

// Short ways to say what a unit expects and writes.
void Expecting(store::Unit& unit, store::Expect::Kind kind, store::Table table, std::string id);
void Putting(store::Unit& unit, store::Table table, std::string id, std::string value);
void Erasing(store::Unit& unit, store::Table table, std::string id);
void Touching(store::Unit& unit, std::string id);

}  // namespace waypost::registry
