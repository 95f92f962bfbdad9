#include "waypost/view/edit.h"

#include <bit>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>

#include "view/id_index.h"
#include "view/member_health.h"
#include "view/raise_to.h"
#include "view/ranking.h"
#include "view/service_config.h"
#include "view/state_builder.h"
#include "waypost/view/address_index.h"

namespace waypost::view {
namespace {

constexpr std::uint32_t kPerChunk = Chunk::kMembersMax;

}  // namespace

Edit::Edit(View& view) : view_(view), lock_(view.edit_mutex_) {}

Edit::~Edit() {
  for (const ServiceNode* node : unranked_) Selection::Rank(node->state());
  view_.domain_.Collect();
}

ServiceNode* Edit::Node(const model::ServiceId& id) {
  ServiceNode* node = view_.service_ids_.Find(id.hash(), [&](const ServiceNode& other) { return other.id() == id; });
  assert(node != nullptr);
  return node;
}

NamespaceNode* Edit::NamespaceOf(const model::NamespaceId& id) {
  NamespaceNode* node =
      view_.namespace_ids_.Find(id.hash(), [&](const NamespaceNode& other) { return other.id == id; });
  assert(node != nullptr);
  return node;
}

void Edit::Publish(ServiceNode& node, const ServiceState* next) {
  const ServiceState* old = node.state_.exchange(next, std::memory_order_seq_cst);
  if (old != nullptr) view_.domain_.Retire(old);
}

void Edit::Changed(ServiceNode& node, model::Revision revision) {
  RaiseTo(node.last_change_, revision);
  RaiseTo(node.namespace_->last_change, revision);
  for (const ServiceNode* view : DependentsOf(node).leaning) RaiseTo(view->namespace_->last_change, revision);
}

bool Edit::IsShifted(const Member& member) const {
  return member.zone() != 0 && view_.shifted_zones_.contains(member.zone());
}

// --- services ---

void Edit::LeaveDns(ServiceNode& node) {
  const std::string_view owner = node.owner_wire();
  if (owner.empty()) return;
  view_.names_.Erase(view_.HashName(owner), &node);
  DropAncestors(owner, node.in().apex.size());
  node.owner_length_.store(0, std::memory_order_relaxed);
}

ServiceNode* Edit::MakeNode(NamespaceNode& in, const model::ServiceId& id, const ServiceConfig& config) {
  std::string owner;
  if (config.service.has_dns()) {
    const model::OwnerName relative = model::OwnerName::Parse(config.service.name).value();
    owner = relative.wire().substr(0, relative.wire().size() - 1);
    owner += in.apex;
  }
  void* memory = std::malloc(sizeof(ServiceNode) + owner.size());
  if (memory == nullptr) throw std::bad_alloc();
  auto* node = new (memory) ServiceNode();
  node->namespace_ = &in;
  node->id_ = id;
  node->owner_length_.store(static_cast<std::uint8_t>(owner.size()), std::memory_order_relaxed);
  std::memcpy(reinterpret_cast<char*>(node + 1), owner.data(), owner.size());
  return node;
}

void Edit::EnterNames(ServiceNode& node) {
  const std::string_view owner = node.owner_wire();
  if (!owner.empty()) {
    AddAncestors(owner, node.in().apex.size());
    view_.names_.Insert(view_.HashName(owner), &node);
  }
  view_.services_.Insert(view_.ServiceKey(node.in().http_name, node.state().config().service.name), &node);
}

void Edit::LeaveNames(ServiceNode& node) {
  view_.services_.Erase(view_.ServiceKey(node.in().http_name, node.state().config().service.name), &node);
  LeaveDns(node);
}

void Edit::TakeOverNames(ServiceNode& from, ServiceNode& node) {
  view_.services_.Replace(view_.ServiceKey(node.in().http_name, node.state().config().service.name), &from, &node);
  const std::string_view owner = node.owner_wire();
  if (!owner.empty() && !from.owner_wire().empty()) {
    view_.names_.Replace(view_.HashName(owner), &from, &node);
  } else if (!owner.empty()) {
    AddAncestors(owner, node.in().apex.size());
    view_.names_.Insert(view_.HashName(owner), &node);
  } else {
    LeaveDns(from);
  }
}

void Edit::Reconfigure(ServiceNode& node, std::shared_ptr<const ServiceConfig> config, model::Revision revision) {
  const ServiceState& old = node.state();
  const bool source_changed = old.config().health_source != config->health_source;
  const bool leaves_dns = old.config().service.has_dns() && !config->service.has_dns();
  ServiceState* next = StateBuilder::Copy(old, old.chunk_count());
  StateBuilder::Apply(*next, std::move(config));
  if (source_changed) ResetHealth(*next);
  next->ranked_.store(Selection::NeedsRanking(*next), std::memory_order_relaxed);
  if (next->ranked()) {
    Selection::Rank(*next);
  } else if (source_changed || old.ranked()) {
    Selection::Recount(*next);
  }
  if (leaves_dns) LeaveDns(node);
  Publish(node, next);
  Changed(node, revision);
}

void Edit::PutService(const model::Service& value, model::Revision revision) {
  NamespaceNode* in = NamespaceOf(value.namespace_id);
  auto config = MakeConfig(value, in->http_name, revision);
  ServiceNode* node =
      view_.service_ids_.Find(value.id.hash(), [&](const ServiceNode& other) { return other.id() == value.id; });
  if (node != nullptr) {
    Reconfigure(*node, std::move(config), revision);
    for (ServiceNode* view : DependentsOf(*node).views) {
      Reconfigure(*view, MakeQueryConfig(node->state().config(), view->query()->value, view->in()), revision);
    }
    return;
  }
  RaiseTo(in->last_change, revision);
  node = MakeNode(*in, value.id, *config);
  node->last_change_.store(revision, std::memory_order_release);
  ServiceState* first = StateBuilder::Make(std::move(config), 0);
  first->ranked_.store(Selection::NeedsRanking(*first), std::memory_order_relaxed);
  // Not 0, so that a service made anew under an old name goes on rising. Loading raises it to what it was.
  if (view_.ready()) first->instances_revision_ = revision;
  node->state_.store(first, std::memory_order_release);
  {
    const std::lock_guard lock(view_.catalog_mutex_);
    view_.catalog_.emplace(value.id, node);
    view_.namespaces_.at(value.namespace_id).services.insert(value.id);
  }
  view_.service_ids_.Insert(value.id.hash(), node);
  EnterNames(*node);
}

void Edit::EraseService(const model::ServiceId& id, model::Revision revision) {
  ServiceNode* node = Node(id);
  const ServiceState* state = node->state_pointer();
  assert(state->count() == 0);
  assert(DependentsOf(*node).views.empty() && DependentsOf(*node).leaning.empty());
  view_.service_ids_.Erase(id.hash(), node);
  LeaveNames(*node);
  {
    const std::lock_guard lock(view_.catalog_mutex_);
    view_.catalog_.erase(id);
    view_.namespaces_.at(node->in().id).services.erase(id);
  }
  RaiseTo(node->namespace_->last_change, revision);
  unranked_.erase(node);
  view_.domain_.Retire(state);
  view_.domain_.Retire(static_cast<const ServiceNode*>(node));
}

// --- instances ---

void Edit::PutInstance(const model::Instance& value, std::optional<model::HealthState> health,
                       model::Revision revision) {
  ServiceNode* node = Node(value.service_id);
  const ServiceState& old = node->state();
  const Member* member = Member::Make(value, model::ParseEndpoint(value.attributes).value(), revision);
  MemberEntry entry{member, IdHash(member->id()), MeasuredHealth(old.config(), health),
                    AttributeHashes(value.attributes)};
  entry.health.shifted = IsShifted(*member);
  if (view_.addresses_ != nullptr) view_.addresses_->Add(*node, *member);
  const std::uint32_t index = old.Find(value.id);
  const Member* before = index != old.count() ? &old.member(index) : nullptr;
  if (before == nullptr) {
    Add(*node, entry, revision);
    view_.instance_count_.fetch_add(1, std::memory_order_relaxed);
  } else {
    entry.health.pin = old.chunk(index / kPerChunk).pin(index % kPerChunk);  // pins outlive a registration
    Replace(*node, index, entry, revision);
  }
  for (ServiceNode* view : DependentsOf(*node).views) PutInView(*view, entry, revision);
  if (before != nullptr) Retire(*before);
  Changed(*node, revision);
}

void Edit::Retire(const Member& member) {
  if (view_.addresses_ != nullptr) view_.addresses_->Remove(member);
  view_.domain_.Retire(&member);
}

void Edit::Add(ServiceNode& node, const MemberEntry& entry, model::Revision revision) {
  const ServiceState& old = node.state();
  const bool new_chunk = old.count_ % kPerChunk == 0;
  const std::uint32_t last = old.count_ / kPerChunk;
  ServiceState* next = StateBuilder::Copy(old, last + 1);
  ChunkBuilder builder = new_chunk ? ChunkBuilder() : ChunkBuilder(old.chunk(last));
  builder.Append(entry);
  const Chunk* chunk = builder.Build();
  next->chunks()[last] = chunk;
  next->count_ = old.count_ + 1;
  next->held_ = nullptr;
  const bool healthy = (chunk->healthy() >> (old.count_ % kPerChunk) & 1) != 0;
  next->served_count_.store(old.served_count() + (healthy ? 1 : 0), std::memory_order_relaxed);
  if (entry.member->priority() != 0 || entry.health.shifted) next->ranked_.store(true, std::memory_order_relaxed);
  next->instances_revision_ = std::max(old.instances_revision_, revision);
  StateBuilder::Note(*next, *entry.member);
  if (next->id_index_ != nullptr || next->count_ > kPerChunk) {
    if (next->id_index_ == nullptr || next->id_index_->full()) {
      // Readers of older versions keep the index that belongs to them.
      next->id_index_ = std::make_shared<IdIndex>(next->count_);
      next->id_index_version_ = next->id_index_->version();
      for (std::uint32_t i = 0; i < next->count_; ++i) {
        next->id_index_->Insert(next->chunk(i / kPerChunk).id_hashes()[i % kPerChunk], i);
      }
    } else {
      next->id_index_version_ = next->id_index_->BeginChange();
      next->id_index_->Insert(entry.id_hash, next->count_ - 1);
    }
  }
  if (next->ranked()) Selection::Rank(*next);
  if (!new_chunk) view_.domain_.Retire(&old.chunk(last));
  Publish(node, next);
}

void Edit::Replace(ServiceNode& node, std::uint32_t index, const MemberEntry& entry, model::Revision revision) {
  const ServiceState& old = node.state();
  const Chunk& chunk = old.chunk(index / kPerChunk);
  const bool was_healthy = (chunk.healthy() >> (index % kPerChunk) & 1) != 0;
  ServiceState* next = StateBuilder::Copy(old, old.chunk_count());
  ChunkBuilder builder(chunk);
  builder.Replace(index % kPerChunk, entry);
  next->chunks()[index / kPerChunk] = builder.Build();
  const bool healthy = (next->chunk(index / kPerChunk).healthy() >> (index % kPerChunk) & 1) != 0;
  next->served_count_.store(old.served_count() - (was_healthy ? 1 : 0) + (healthy ? 1 : 0), std::memory_order_relaxed);
  if (entry.member->priority() != 0 || entry.health.shifted) next->ranked_.store(true, std::memory_order_relaxed);
  if (next->ranked()) Selection::Rank(*next);
  next->instances_revision_ = std::max(old.instances_revision_, revision);
  StateBuilder::Note(*next, *entry.member);
  view_.domain_.Retire(&chunk);
  Publish(node, next);
}

void Edit::Remove(ServiceNode& node, std::uint32_t index, model::Revision revision) {
  const ServiceState& old = node.state();
  // The last member takes the hole, so that all chunks but the last stay full.
  const std::uint32_t last = old.count_ - 1;
  const Chunk& hole_chunk = old.chunk(index / kPerChunk);
  const Chunk& last_chunk = old.chunk(last / kPerChunk);
  const bool was_healthy = (hole_chunk.healthy() >> (index % kPerChunk) & 1) != 0;
  ChunkBuilder tail(last_chunk);
  const ChunkBuilder::Entry moved = tail.Take(last % kPerChunk);
  const std::uint32_t chunks = last / kPerChunk + (last % kPerChunk == 0 ? 0 : 1);
  ServiceState* next = StateBuilder::Copy(old, chunks);
  if (&hole_chunk == &last_chunk) {
    if (index != last) tail.Replace(index % kPerChunk, moved);
  } else {
    ChunkBuilder hole(hole_chunk);
    hole.Replace(index % kPerChunk, moved);
    next->chunks()[index / kPerChunk] = hole.Build();
    view_.domain_.Retire(&hole_chunk);
  }
  tail.PopBack();
  if (tail.count() != 0) next->chunks()[last / kPerChunk] = tail.Build();
  view_.domain_.Retire(&last_chunk);
  next->count_ = last;
  next->served_count_.store(old.served_count() - (was_healthy ? 1 : 0), std::memory_order_relaxed);
  next->instances_revision_ = std::max(old.instances_revision_, revision);
  if (next->ranked()) Selection::Rank(*next);
  if (next->id_index_ != nullptr) {
    next->id_index_version_ = next->id_index_->BeginChange();
    next->id_index_->Erase(hole_chunk.id_hashes()[index % kPerChunk], index);
    if (index != last) {
      next->id_index_->Erase(moved.id_hash, last);
      next->id_index_->Insert(moved.id_hash, index);
    }
  }
  Publish(node, next);
}

void Edit::EraseInstance(const model::ServiceId& service, std::string_view id, model::Revision revision) {
  ServiceNode* node = Node(service);
  const ServiceState& old = node->state();
  const std::uint32_t index = old.Find(id);
  assert(index < old.count());
  const Member& gone = old.member(index);
  const std::vector<Mirror> mirrors = MirrorsOf(*node, id);
  Remove(*node, index, revision);
  for (const Mirror& mirror : mirrors) {
    Remove(*mirror.view, mirror.index, revision);
    Changed(*mirror.view, revision);
  }
  Retire(gone);
  view_.instance_count_.fetch_sub(1, std::memory_order_relaxed);
  Changed(*node, revision);
}

// --- loading ---

void Edit::LoadInstances(const model::ServiceId& service, std::vector<LoadedInstance>& instances) {
  ServiceNode* node = Node(service);
  const ServiceState& old = node->state();
  assert(old.count() == 0 && !view_.ready() && view_.dependents_.empty());
  const auto count = static_cast<std::uint32_t>(instances.size());
  ServiceState* next = StateBuilder::Copy(old, (count + kPerChunk - 1) / kPerChunk);
  std::uint32_t healthy_count = 0;
  bool ranked = old.config().tuning.protect > 0;
  model::Revision newest = 0;
  if (count > kPerChunk) next->id_index_ = std::make_shared<IdIndex>(count);
  for (std::uint32_t first = 0; first < count; first += kPerChunk) {
    ChunkBuilder builder;
    for (std::uint32_t i = first; i < std::min(count, first + kPerChunk); ++i) {
      const LoadedInstance& loaded = instances[i];
      const Member* member =
          Member::Make(loaded.value, model::ParseEndpoint(loaded.value.attributes).value(), loaded.revision);
      const MemberHealth health = LoadedHealth(old.config(), loaded.health);
      const std::uint32_t id_hash = IdHash(loaded.value.id);
      builder.Append({member, id_hash, health, AttributeHashes(loaded.value.attributes)});
      ranked = ranked || member->priority() != 0;
      if (next->id_index_ != nullptr) next->id_index_->Insert(id_hash, i);
      healthy_count += health.reported ? 1 : 0;
      newest = std::max(newest, loaded.revision);
      StateBuilder::Note(*next, *member);
      if (view_.addresses_ != nullptr) view_.addresses_->Add(*node, *member);
    }
    next->chunks()[first / kPerChunk] = builder.Build();
  }
  next->count_ = count;
  next->served_count_.store(healthy_count, std::memory_order_relaxed);
  next->ranked_.store(ranked, std::memory_order_relaxed);
  if (ranked) Selection::Rank(*next);
  next->instances_revision_ = std::max(old.instances_revision_, newest);
  node->state_.store(next, std::memory_order_release);
  // No reader looks at services before SetReady, and several threads load: freed at once rather than retired.
  ServiceState::Destroy(const_cast<ServiceState*>(&old));
  view_.instance_count_.fetch_add(count, std::memory_order_relaxed);
  Changed(*node, newest);
}

void Edit::RaiseInstancesRevision(const model::ServiceId& service, model::Revision revision) {
  ServiceNode* node = Node(service);
  const ServiceState& old = node->state();
  Changed(*node, revision);
  if (old.instances_revision_ >= revision) return;
  if (!view_.ready()) {
    // Nobody else looks yet, and there may be very many: in place.
    const_cast<ServiceState&>(old).instances_revision_ = revision;
    return;
  }
  ServiceState* next = StateBuilder::Copy(old, old.chunk_count());
  next->instances_revision_ = revision;
  Publish(*node, next);
}

void Edit::RaiseSerial(const model::NamespaceId& id, model::Revision revision) {
  RaiseTo(NamespaceOf(id)->last_change, revision);
}

void Edit::SetApplied(model::Revision revision) { view_.applied_.store(revision, std::memory_order_release); }

void Edit::SetReady() {
  RefreshAlone();
  view_.ready_.store(true, std::memory_order_release);
}

}  // namespace waypost::view
