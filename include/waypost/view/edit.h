#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "waypost/model/health.h"
#include "waypost/model/named_query.h"
#include "waypost/model/namespace.h"
#include "waypost/model/operation.h"
#include "waypost/view/view.h"

namespace waypost::view {

struct MemberEntry;

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
  /// The service must have no members, and no view may select from it or fall back to it.
  void EraseService(const model::ServiceId& id, model::Revision revision);
  /// Adds a view or puts it anew; readers find the old one or the new. Its namespace, service and fallback must exist,
  /// and no service may have its name. From then on each call that changes the service keeps the view too. O(members).
  /// Loading: behind everything else.
  void PutNamedQuery(const model::NamedQuery& value, model::Revision revision);
  /// It must be there.
  void EraseNamedQuery(const model::NamespaceId& in, std::string_view name, model::Revision revision);
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

  /// Zones from elsewhere, instead of those that were.
  void SetForeignZones(ForeignZones zones);

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
  ServiceNode* MakeNode(NamespaceNode& in, const model::ServiceId& id, const ServiceConfig& config);
  void EnterNames(ServiceNode& node);
  void LeaveNames(ServiceNode& node);
  /// A node of the same name takes another's place.
  void TakeOverNames(ServiceNode& from, ServiceNode& node);
  void Reconfigure(ServiceNode& node, std::shared_ptr<const ServiceConfig> config, model::Revision revision);

  // Members of a service or of a view. A member belongs to its service; views share it, in chunks of their own.
  void Add(ServiceNode& node, const MemberEntry& entry, model::Revision revision);
  void Replace(ServiceNode& node, std::uint32_t index, const MemberEntry& entry, model::Revision revision);
  void Remove(ServiceNode& node, std::uint32_t index, model::Revision revision);
  /// No state has it any more.
  void Retire(const Member& member);

  /// Where a service's member stands in a view.
  struct Mirror {
    ServiceNode* view;
    std::uint32_t index;
  };
  const View::Dependents& DependentsOf(const ServiceNode& service) const;
  std::vector<Mirror> MirrorsOf(const ServiceNode& service, std::string_view id) const;
  /// Brings a view to where its service is with this member.
  void PutInView(ServiceNode& view, const MemberEntry& entry, model::Revision revision);
  /// Unlinks a view whose names are gone already.
  void Discard(ServiceNode& view);
  /// What a view holds: its service's last instance, if that matches.
  static std::shared_ptr<const ServiceState> HeldFor(const ServiceNode& view);
  void SetHeld(ServiceNode& node, std::shared_ptr<const ServiceState> held, model::Revision revision);
  void SetPinAt(ServiceNode& node, std::uint32_t index, std::optional<model::PinState> pin, model::Revision revision);
  void ShiftMembers(ServiceNode& node, std::uint32_t zone, bool shifted, model::Revision revision);

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
