// Health, pins, shifted zones and holds: what changes in place, and what follows from it.
#include <cassert>

#include "view/member_health.h"
#include "view/ranking.h"
#include "view/state_builder.h"
#include "waypost/view/edit.h"
#include "waypost/view/selection.h"

namespace waypost::view {
namespace {

constexpr std::uint32_t kPerChunk = Chunk::kMembersMax;

void SetBit(std::atomic<std::uint64_t>& word, std::uint64_t bit, bool on) {
  if (on) {
    word.fetch_or(bit, std::memory_order_release);
  } else {
    word.fetch_and(~bit, std::memory_order_release);
  }
}

/// A service whose only member is the one that left.
std::shared_ptr<const ServiceState> MakeHeld(const ServiceState& live, const model::Hold& hold,
                                             model::Revision revision) {
  const auto endpoint = model::ParseEndpoint(hold.instance.attributes).value();
  const Member* member = Member::Make(hold.instance, endpoint, revision);
  ServiceState* state = StateBuilder::Make(live.shared_config(), 1);
  ChunkBuilder builder;
  builder.Append({member, IdHash(member->id()), MeasuredHealth(live.config(), hold.health),
                  AttributeHashes(hold.instance.attributes)});
  StateBuilder::Adopt(*state, builder.Build());
  return std::shared_ptr<const ServiceState>(state, [member](const ServiceState* held) {
    Chunk::Destroy(const_cast<Chunk*>(&held->chunk(0)));
    Member::Destroy(const_cast<Member*>(member));
    ServiceState::Destroy(const_cast<ServiceState*>(held));
  });
}

}  // namespace

void Edit::ResetHealth(const ServiceState& state) {
  const MemberHealth initial = NewHealth(state.config());
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const Chunk& chunk = state.chunk(c);
    const std::uint64_t all = chunk.all();
    chunk.reported_.store(initial.reported ? all : 0, std::memory_order_release);
    chunk.unknown_.store(initial.unknown ? all : 0, std::memory_order_release);
    chunk.waiting_.store(initial.waiting ? all : 0, std::memory_order_release);
    for (std::uint32_t i = 0; i < chunk.count(); ++i) chunk.Settle(i);
  }
}

void Edit::Resettle(ServiceNode& node, std::uint32_t index) {
  const ServiceState& state = node.state();
  const Chunk& chunk = state.chunk(index / kPerChunk);
  const std::uint64_t bit = 1ULL << (index % kPerChunk);
  const bool was_healthy = (chunk.healthy() & bit) != 0;
  const bool healthy = chunk.Settle(index % kPerChunk);
  if (state.ranked()) {
    unranked_.insert(&node);
    return;
  }
  if (healthy == was_healthy) return;
  SetBit(chunk.served_, bit, healthy);
  if (healthy) {
    state.served_count_.fetch_add(1, std::memory_order_release);
  } else {
    state.served_count_.fetch_sub(1, std::memory_order_release);
  }
}

void Edit::SetMeasured(ServiceNode& node, std::uint32_t index, model::HealthState health) {
  const Chunk& chunk = node.state().chunk(index / kPerChunk);
  const std::uint64_t bit = 1ULL << (index % kPerChunk);
  SetBit(chunk.unknown_, bit, health == model::HealthState::kUnknown);
  SetBit(chunk.reported_, bit, health != model::HealthState::kUnhealthy);
  if (health == model::HealthState::kHealthy) SetBit(chunk.waiting_, bit, false);
  Resettle(node, index);
}

void Edit::SetHealth(const model::ServiceId& service, std::string_view id, model::HealthState health,
                     model::Revision revision) {
  ServiceNode* node = Node(service);
  const std::uint32_t index = node->state().Find(id);
  assert(index < node->state().count());
  if (node->state().chunk(index / kPerChunk).measured(index % kPerChunk) == health) return;
  SetMeasured(*node, index, health);
  Changed(*node, revision);
  for (const Mirror& mirror : MirrorsOf(*node, id)) {
    SetMeasured(*mirror.view, mirror.index, health);
    Changed(*mirror.view, revision);
  }
}

bool Edit::SetChecked(const model::ServiceId& service, std::string_view id, model::Revision registration,
                      model::HealthState health) {
  ServiceNode* node =
      view_.service_ids_.Find(service.hash(), [&](const ServiceNode& other) { return other.id() == service; });
  if (node == nullptr || !node->state().config().has_health()) return false;
  const ServiceState& state = node->state();
  const std::uint32_t index = state.Find(id);
  if (index == state.count() || state.member(index).revision() != registration) return false;
  SetMeasured(*node, index, health);
  for (const Mirror& mirror : MirrorsOf(*node, id)) SetMeasured(*mirror.view, mirror.index, health);
  return true;
}

void Edit::NoteChange(const model::ServiceId& service, model::Revision revision) {
  ServiceNode* node = Node(service);
  Changed(*node, revision);
  // Which members it was nobody knows any more.
  for (ServiceNode* view : DependentsOf(*node).views) Changed(*view, revision);
}

void Edit::SetPinAt(ServiceNode& node, std::uint32_t index, std::optional<model::PinState> pin,
                    model::Revision revision) {
  const Chunk& chunk = node.state().chunk(index / kPerChunk);
  const std::uint64_t bit = 1ULL << (index % kPerChunk);
  SetBit(chunk.pinned_up_, bit, pin == model::PinState::kHealthy);
  SetBit(chunk.pinned_down_, bit, pin == model::PinState::kUnhealthy);
  SetBit(chunk.drained_, bit, pin == model::PinState::kDrained);
  Resettle(node, index);
  Changed(node, revision);
}

void Edit::SetPin(const model::ServiceId& service, std::string_view id, std::optional<model::PinState> pin,
                  model::Revision revision) {
  ServiceNode* node =
      view_.service_ids_.Find(service.hash(), [&](const ServiceNode& other) { return other.id() == service; });
  if (node == nullptr) return;
  const ServiceState& state = node->state();
  const std::uint32_t index = state.Find(id);
  if (index == state.count()) return;
  SetPinAt(*node, index, pin, revision);
  for (const Mirror& mirror : MirrorsOf(*node, id)) SetPinAt(*mirror.view, mirror.index, pin, revision);
}

void Edit::ShiftMembers(ServiceNode& node, std::uint32_t zone, bool shifted, model::Revision revision) {
  const ServiceState& state = node.state();
  bool touched = false;
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const Chunk& chunk = state.chunk(c);
    std::uint64_t in_zone = 0;
    for (std::uint32_t i = 0; i < chunk.count(); ++i) {
      if (chunk.member(i).zone() == zone) in_zone |= 1ULL << i;
    }
    if (in_zone == 0) continue;
    SetBit(chunk.shifted_, in_zone, shifted);
    touched = true;
  }
  if (!touched) return;
  state.ranked_.store(Selection::NeedsRanking(state), std::memory_order_release);
  if (state.ranked()) {
    Selection::Rank(state);
  } else {
    Selection::Recount(state);
  }
  Changed(node, revision);
}

void Edit::SetShifted(const std::string& zone, bool shifted, model::Revision revision) {
  const std::uint32_t hash = ZoneHash(zone);
  if (shifted) {
    view_.shifted_zones_.insert(hash);
  } else {
    view_.shifted_zones_.erase(hash);
  }
  for (const auto& [id, node] : view_.catalog_) ShiftMembers(*node, hash, shifted, revision);
  for (const auto& [key, node] : view_.queries_) ShiftMembers(*node, hash, shifted, revision);
}

void Edit::SetHeld(ServiceNode& node, std::shared_ptr<const ServiceState> held, model::Revision revision) {
  const ServiceState& old = node.state();
  if (held == nullptr && old.held() == nullptr) return;
  ServiceState* next = StateBuilder::Copy(old, old.chunk_count());
  next->held_ = std::move(held);
  Publish(node, next);
  Changed(node, revision);
}

void Edit::SetHold(const model::ServiceId& service, const model::Hold* hold, model::Revision revision) {
  ServiceNode* node =
      view_.service_ids_.Find(service.hash(), [&](const ServiceNode& other) { return other.id() == service; });
  if (node == nullptr) return;
  const ServiceState& old = node->state();
  if (old.count() != 0 || (hold == nullptr && old.held() == nullptr)) return;
  SetHeld(*node, hold == nullptr ? nullptr : MakeHeld(old, *hold, revision), revision);
  for (ServiceNode* view : DependentsOf(*node).views) SetHeld(*view, HeldFor(*view), revision);
}

}  // namespace waypost::view
