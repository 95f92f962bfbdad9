#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "waypost/model/health.h"
#include "waypost/model/namespace.h"
#include "waypost/model/operation.h"
#include "waypost/view/view.h"

namespace waypost::view {

struct MemberHealth;

/// An instance that was read from the store, with its record's revision and its reported health.
struct LoadedInstance {
  model::Instance value;
  model::Revision revision = 0;
  std::optional<model::HealthRecord> health = {};
};

/// The right to change a view; one exists at a time (others wait), and readers never notice it. Each call publishes by
/// one pointer: readers see the state before or after. What was replaced is freed when no reader can see it.
///
/// `revision` is that of the batch that made the change; it becomes the zone's serial and, for registrations and
/// deregistrations, the service's InstancesRevision.
class Edit {
 public:
  explicit Edit(View& view);
  ~Edit();
  Edit(const Edit&) = delete;
  Edit& operator=(const Edit&) = delete;

  void PutNamespace(const model::Namespace& value, model::Revision revision);
  void EraseNamespace(const model::NamespaceId& id);
  /// The namespace must exist. A service may lose its DNS records, but not gain them later. Health of all members
  /// starts anew when the kind of health check changed.
  void PutService(const model::Service& value, model::Revision revision);
  /// The service must have no members.
  void EraseService(const model::ServiceId& id, model::Revision revision);
  /// Adds or replaces; its health starts as given (none: as for a new instance).
  void PutInstance(const model::Instance& value, std::optional<model::HealthState> health, model::Revision revision);
  void EraseInstance(const model::ServiceId& service, std::string_view id, model::Revision revision);
  /// Health that a client reported.
  void SetHealth(const model::ServiceId& service, std::string_view id, model::HealthState state,
                 model::Revision revision);
  /// Health that was found out by a check, ahead of its being written; NoteChange follows when it is. False: the
  /// instance is gone, was registered anew since (`registration` is the Member::revision that was checked), or is not
  /// checked any more.
  bool SetChecked(const model::ServiceId& service, std::string_view id, model::Revision registration,
                  model::HealthState state);
  /// What this service answers has changed at `revision`: its zone's serial and its own revision rise.
  void NoteChange(const model::ServiceId& service, model::Revision revision);
  /// None: unpinned. The instance need not be there (then nothing happens).
  void SetPin(const model::ServiceId& service, std::string_view id, std::optional<model::PinState> pin,
              model::Revision revision);
  /// A zone leaves all answers, or comes back. O(all members).
  void SetShifted(const std::string& zone, bool shifted, model::Revision revision);
  /// The last instance of a service that left is answered as long as it has no other; none: no more.
  void SetHold(const model::ServiceId& service, const model::Hold* hold, model::Revision revision);

  /// Loading: all members of one service at once. Different services may be loaded by several threads through one Edit;
  /// the service must have been put before, and nothing else may be called meanwhile.
  void LoadInstances(const model::ServiceId& service, std::vector<LoadedInstance>& instances);
  /// Loading: the revision of a record that touches only counters.
  void RaiseInstancesRevision(const model::ServiceId& service, model::Revision revision);
  void RaiseSerial(const model::NamespaceId& id, model::Revision revision);

  void SetApplied(model::Revision revision);
  void SetReady();

 private:
  ServiceNode* Node(const model::ServiceId& id);
  NamespaceNode* NamespaceOf(const model::NamespaceId& id);
  void Publish(ServiceNode& node, const ServiceState* next);
  void Changed(ServiceNode& node, model::Revision revision);
  bool IsShifted(const Member& member) const;
  void Add(ServiceNode& node, const Member* member, const model::Attributes& attributes, const MemberHealth& health,
           model::Revision revision);
  void Replace(ServiceNode& node, std::uint32_t index, const Member* member, const model::Attributes& attributes,
               MemberHealth health, model::Revision revision);
  void SetMeasured(ServiceNode& node, std::uint32_t index, model::HealthState health);
  /// Member `index`'s words have changed: works out what is answered, at the end of this Edit where that takes a look
  /// at all members.
  void Resettle(ServiceNode& node, std::uint32_t index);
  void LeaveDns(ServiceNode& node);
  void ResetHealth(const ServiceState& state);
  void AddAncestors(std::string_view wire, std::size_t keep_octets);
  void DropAncestors(std::string_view wire, std::size_t keep_octets);
  /// Works out NamespaceNode::alone for all zones.
  void RefreshAlone();

  View& view_;
  std::unique_lock<std::mutex> lock_;
  std::set<ServiceNode*> unranked_;  // whose members' health has changed
};

}  // namespace waypost::view
