#include "waypost/view/edit.h"

#include <bit>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>

#include "view/id_index.h"
#include "view/json_string.h"
#include "view/state_builder.h"

namespace waypost::view {
namespace {

constexpr std::uint32_t kPerChunk = Chunk::kMembersMax;

void RaiseTo(std::atomic<std::uint64_t>& value, std::uint64_t to) {
  std::uint64_t seen = value.load(std::memory_order_relaxed);
  while (seen < to && !value.compare_exchange_weak(seen, to, std::memory_order_release)) {
  }
}

std::shared_ptr<const ServiceConfig> MakeConfig(const model::Service& service, const std::string& http_name,
                                                model::Revision revision) {
  auto config = std::make_shared<ServiceConfig>();
  config->service = service;
  config->tuning = model::ParseServiceTuning(service.tags).value();
  config->revision = revision;
  for (const auto state :
       {model::HealthState::kUnknown, model::HealthState::kHealthy, model::HealthState::kUnhealthy}) {
    std::string& tail = config->tails[static_cast<std::size_t>(state)];
    tail = ",\"HealthStatus\":\"";
    tail += model::HealthStateName(state);
    tail += "\",\"NamespaceName\":";
    AppendJsonString(tail, http_name);
    tail += ",\"ServiceName\":";
    AppendJsonString(tail, service.name);
    tail += '}';
    tail.shrink_to_fit();
  }
  return config;
}

/// How a new member of a service stands before anybody reported or checked its health.
struct Initial {
  bool healthy;
  bool unknown;
};
Initial InitialHealth(const model::Service& service, std::optional<model::HealthState> reported) {
  if (!reported) return {true, !service.custom_health};
  return {*reported != model::HealthState::kUnhealthy, *reported == model::HealthState::kUnknown};
}

/// Flags that only ever become true while members are added; being true for longer than needed costs time, not truth.
void NoteMember(const Member& member, bool& uniform_weights, bool& has_alias, bool& has_dotted_ids) {
  if (member.weight() != 1) uniform_weights = false;
  if (member.Has(Member::kHasAlias)) has_alias = true;
  if (member.Has(Member::kDottedId)) has_dotted_ids = true;
}

}  // namespace

Edit::Edit(View& view) : view_(view), lock_(view.edit_mutex_) {}

Edit::~Edit() { view_.domain_.Collect(); }

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

// --- namespaces ---

void Edit::PutNamespace(const model::Namespace& value, model::Revision revision) {
  NamespaceNode* node =
      view_.namespace_ids_.Find(value.id.hash(), [&](const NamespaceNode& other) { return other.id == value.id; });
  const auto* state = new NamespaceState{value, revision};
  if (node != nullptr) {
    const NamespaceState* old = node->current.exchange(state, std::memory_order_seq_cst);
    node->soa_ttl_now.store(value.soa_ttl, std::memory_order_relaxed);
    RaiseTo(node->last_change, revision);
    view_.domain_.Retire(old);
    return;
  }
  node = new NamespaceNode();
  node->id = value.id;
  node->type = value.type;
  node->http_name = value.http_name;
  node->current.store(state, std::memory_order_release);
  node->soa_ttl_now.store(value.soa_ttl, std::memory_order_relaxed);
  node->last_change.store(revision, std::memory_order_release);
  if (value.has_dns()) node->apex = model::OwnerName::Parse(value.name).value().wire();
  {
    const std::lock_guard lock(view_.catalog_mutex_);
    view_.namespaces_.emplace(value.id, View::NamespaceEntry{node});
  }
  if (value.has_dns()) {
    AddAncestors(node->apex, 1);
    view_.zones_.Insert(view_.HashName(node->apex), node);
    if (view_.ready()) RefreshAlone();
  }
  view_.namespace_ids_.Insert(value.id.hash(), node);
  view_.http_names_.Insert(view_.HashName(node->http_name), node);
}

void Edit::EraseNamespace(const model::NamespaceId& id) {
  NamespaceNode* node = NamespaceOf(id);
  view_.http_names_.Erase(view_.HashName(node->http_name), node);
  view_.namespace_ids_.Erase(id.hash(), node);
  if (!node->apex.empty()) {
    view_.zones_.Erase(view_.HashName(node->apex), node);
    DropAncestors(node->apex, 1);
    RefreshAlone();
  }
  {
    const std::lock_guard lock(view_.catalog_mutex_);
    view_.namespaces_.erase(id);
  }
  view_.domain_.Retire(static_cast<const NamespaceNode*>(node));
}

void Edit::AddAncestors(std::string_view wire, std::size_t keep_octets) {
  while (true) {
    wire.remove_prefix(static_cast<unsigned char>(wire[0]) + 1);
    if (wire.size() <= keep_octets) return;
    const std::uint64_t hash = view_.HashName(wire);
    auto* ancestor = view_.ancestors_.Find(hash, [&](const View::Ancestor& other) { return other.wire == wire; });
    if (ancestor == nullptr) {
      ancestor = new View::Ancestor{std::string(wire), 0};
      view_.ancestors_.Insert(hash, ancestor);
    }
    ++ancestor->below;
  }
}

void Edit::DropAncestors(std::string_view wire, std::size_t keep_octets) {
  while (true) {
    wire.remove_prefix(static_cast<unsigned char>(wire[0]) + 1);
    if (wire.size() <= keep_octets) return;
    const std::uint64_t hash = view_.HashName(wire);
    auto* ancestor = view_.ancestors_.Find(hash, [&](const View::Ancestor& other) { return other.wire == wire; });
    assert(ancestor != nullptr);
    if (--ancestor->below == 0) {
      view_.ancestors_.Erase(hash, ancestor);
      view_.domain_.Retire(static_cast<const View::Ancestor*>(ancestor));
    }
  }
}

void Edit::RefreshAlone() {
  std::set<const NamespaceNode*> crowded;
  view_.zones_.ForAll([&](const NamespaceNode* zone) {
    for (std::string_view wire = zone->apex;; wire.remove_prefix(static_cast<unsigned char>(wire[0]) + 1)) {
      view_.zones_.ForEach(view_.HashName(wire), [&](const NamespaceNode& other) {
        if (&other != zone && other.apex == wire) crowded.insert(&other);
      });
      if (wire[0] == 0) return;
    }
  });
  view_.zones_.ForAll(
      [&](NamespaceNode* zone) { zone->alone.store(!crowded.contains(zone), std::memory_order_release); });
}

// --- services ---

void Edit::ResetHealth(const ServiceState& state, const model::Service& service) {
  const Initial initial = InitialHealth(service, std::nullopt);
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const Chunk& chunk = state.chunk(c);
    chunk.healthy_.store(chunk.all(), std::memory_order_release);
    chunk.unknown_.store(initial.unknown ? chunk.all() : 0, std::memory_order_release);
  }
  state.healthy_count_.store(state.count(), std::memory_order_release);
}

void Edit::LeaveDns(ServiceNode& node) {
  const std::string_view owner = node.owner_wire();
  if (owner.empty()) return;
  view_.names_.Erase(view_.HashName(owner), &node);
  DropAncestors(owner, node.in().apex.size());
  node.owner_length_.store(0, std::memory_order_relaxed);
}

void Edit::PutService(const model::Service& value, model::Revision revision) {
  NamespaceNode* in = NamespaceOf(value.namespace_id);
  auto config = MakeConfig(value, in->http_name, revision);
  ServiceNode* node =
      view_.service_ids_.Find(value.id.hash(), [&](const ServiceNode& other) { return other.id() == value.id; });
  RaiseTo(in->last_change, revision);
  if (node != nullptr) {
    const ServiceState& old = node->state();
    const model::Service& before = old.config().service;
    const bool kind_changed = before.custom_health != value.custom_health ||
                              before.health_check.has_value() != value.health_check.has_value();
    ServiceState* next = StateBuilder::Copy(old, old.chunk_count());
    StateBuilder::Apply(*next, std::move(config));
    if (kind_changed) ResetHealth(*next, value);
    if (before.has_dns() && !value.has_dns()) LeaveDns(*node);
    Publish(*node, next);
    return;
  }
  std::string owner;
  if (value.has_dns()) {
    const model::OwnerName relative = model::OwnerName::Parse(value.name).value();
    owner = relative.wire().substr(0, relative.wire().size() - 1);
    owner += in->apex;
  }
  void* memory = std::malloc(sizeof(ServiceNode) + owner.size());
  if (memory == nullptr) throw std::bad_alloc();
  node = new (memory) ServiceNode();
  node->namespace_ = in;
  node->id_ = value.id;
  node->owner_length_.store(static_cast<std::uint8_t>(owner.size()), std::memory_order_relaxed);
  std::memcpy(reinterpret_cast<char*>(node + 1), owner.data(), owner.size());
  ServiceState* first = StateBuilder::Make(std::move(config), 0);
  // Not 0, so that a service made anew under an old name goes on rising. Loading raises it to what it was.
  if (view_.ready()) first->instances_revision_ = revision;
  node->state_.store(first, std::memory_order_release);
  {
    const std::lock_guard lock(view_.catalog_mutex_);
    view_.catalog_.emplace(value.id, node);
    view_.namespaces_.at(value.namespace_id).services.insert(value.id);
  }
  if (!owner.empty()) {
    AddAncestors(owner, in->apex.size());
    view_.names_.Insert(view_.HashName(owner), node);
  }
  view_.service_ids_.Insert(value.id.hash(), node);
  view_.services_.Insert(view_.ServiceKey(in->http_name, value.name), node);
}

void Edit::EraseService(const model::ServiceId& id, model::Revision revision) {
  ServiceNode* node = Node(id);
  const ServiceState* state = node->state_pointer();
  assert(state->count() == 0);
  view_.services_.Erase(view_.ServiceKey(node->in().http_name, state->config().service.name), node);
  view_.service_ids_.Erase(id.hash(), node);
  LeaveDns(*node);
  {
    const std::lock_guard lock(view_.catalog_mutex_);
    view_.catalog_.erase(id);
    view_.namespaces_.at(node->in().id).services.erase(id);
  }
  RaiseTo(node->namespace_->last_change, revision);
  view_.domain_.Retire(state);
  view_.domain_.Retire(static_cast<const ServiceNode*>(node));
}

// --- instances ---

void Edit::PutInstance(const model::Instance& value, std::optional<model::HealthState> health,
                       model::Revision revision) {
  ServiceNode* node = Node(value.service_id);
  const ServiceState& old = node->state();
  const model::Endpoint endpoint = model::ParseEndpoint(value.attributes).value();
  const Member* member = Member::Make(value, endpoint, revision);
  const Initial initial = InitialHealth(old.config().service, health);
  const std::uint32_t index = old.Find(value.id);
  if (index == old.count()) {
    Add(*node, member, value.attributes, initial.healthy, initial.unknown, revision);
  } else {
    Replace(*node, index, member, value.attributes, initial.healthy, initial.unknown, revision);
  }
  RaiseTo(node->namespace_->last_change, revision);
}

void Edit::Add(ServiceNode& node, const Member* member, const model::Attributes& attributes, bool healthy, bool unknown,
               model::Revision revision) {
  const ServiceState& old = node.state();
  const bool new_chunk = old.count_ % kPerChunk == 0;
  const std::uint32_t last = old.count_ / kPerChunk;
  ServiceState* next = StateBuilder::Copy(old, last + 1);
  ChunkBuilder builder = new_chunk ? ChunkBuilder() : ChunkBuilder(old.chunk(last));
  builder.Append({member, IdHash(member->id()), healthy, unknown, AttributeHashes(attributes)});
  next->chunks()[last] = builder.Build();
  next->count_ = old.count_ + 1;
  next->healthy_count_.store(old.healthy_count() + (healthy ? 1 : 0), std::memory_order_relaxed);
  next->instances_revision_ = std::max(old.instances_revision_, revision);
  NoteMember(*member, next->uniform_weights_, next->has_alias_, next->has_dotted_ids_);
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
      next->id_index_->Insert(IdHash(member->id()), next->count_ - 1);
    }
  }
  if (!new_chunk) view_.domain_.Retire(&old.chunk(last));
  Publish(node, next);
  view_.instance_count_.fetch_add(1, std::memory_order_relaxed);
}

void Edit::Replace(ServiceNode& node, std::uint32_t index, const Member* member, const model::Attributes& attributes,
                   bool healthy, bool unknown, model::Revision revision) {
  const ServiceState& old = node.state();
  const Chunk& chunk = old.chunk(index / kPerChunk);
  const bool was_healthy = (chunk.healthy() >> (index % kPerChunk) & 1) != 0;
  const Member* before = &chunk.member(index % kPerChunk);
  ServiceState* next = StateBuilder::Copy(old, old.chunk_count());
  ChunkBuilder builder(chunk);
  builder.Replace(index % kPerChunk, {member, IdHash(member->id()), healthy, unknown, AttributeHashes(attributes)});
  next->chunks()[index / kPerChunk] = builder.Build();
  next->healthy_count_.store(old.healthy_count() - (was_healthy ? 1 : 0) + (healthy ? 1 : 0),
                             std::memory_order_relaxed);
  next->instances_revision_ = std::max(old.instances_revision_, revision);
  NoteMember(*member, next->uniform_weights_, next->has_alias_, next->has_dotted_ids_);
  view_.domain_.Retire(&chunk);
  Publish(node, next);
  view_.domain_.Retire(before);
}

void Edit::EraseInstance(const model::ServiceId& service, std::string_view id, model::Revision revision) {
  ServiceNode* node = Node(service);
  const ServiceState& old = node->state();
  const std::uint32_t index = old.Find(id);
  assert(index < old.count());
  // The last member takes the hole, so that all chunks but the last stay full.
  const std::uint32_t last = old.count_ - 1;
  const Chunk& hole_chunk = old.chunk(index / kPerChunk);
  const Chunk& last_chunk = old.chunk(last / kPerChunk);
  const Member* gone = &hole_chunk.member(index % kPerChunk);
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
  next->healthy_count_.store(old.healthy_count() - (was_healthy ? 1 : 0), std::memory_order_relaxed);
  next->instances_revision_ = std::max(old.instances_revision_, revision);
  if (next->id_index_ != nullptr) {
    next->id_index_version_ = next->id_index_->BeginChange();
    next->id_index_->Erase(IdHash(id), index);
    if (index != last) {
      next->id_index_->Erase(moved.id_hash, last);
      next->id_index_->Insert(moved.id_hash, index);
    }
  }
  Publish(*node, next);
  view_.domain_.Retire(gone);
  view_.instance_count_.fetch_sub(1, std::memory_order_relaxed);
  RaiseTo(node->namespace_->last_change, revision);
}

void Edit::SetHealth(const model::ServiceId& service, std::string_view id, model::HealthState health,
                     model::Revision revision) {
  ServiceNode* node = Node(service);
  const ServiceState& state = node->state();
  const std::uint32_t index = state.Find(id);
  assert(index < state.count());
  const Chunk& chunk = state.chunk(index / kPerChunk);
  const std::uint64_t bit = 1ULL << (index % kPerChunk);
  const bool healthy = health != model::HealthState::kUnhealthy;
  const bool was_healthy = (chunk.healthy() & bit) != 0;
  if (health == model::HealthState::kUnknown) {
    chunk.unknown_.fetch_or(bit, std::memory_order_release);
  } else {
    chunk.unknown_.fetch_and(~bit, std::memory_order_release);
  }
  if (healthy == was_healthy) return;
  if (healthy) {
    chunk.healthy_.fetch_or(bit, std::memory_order_release);
    state.healthy_count_.fetch_add(1, std::memory_order_release);
  } else {
    chunk.healthy_.fetch_and(~bit, std::memory_order_release);
    state.healthy_count_.fetch_sub(1, std::memory_order_release);
  }
  RaiseTo(node->namespace_->last_change, revision);
}

// --- loading ---

void Edit::LoadInstances(const model::ServiceId& service, std::vector<LoadedInstance>& instances) {
  ServiceNode* node = Node(service);
  const ServiceState& old = node->state();
  assert(old.count() == 0 && !view_.ready());
  const auto count = static_cast<std::uint32_t>(instances.size());
  ServiceState* next = StateBuilder::Copy(old, (count + kPerChunk - 1) / kPerChunk);
  std::uint32_t healthy_count = 0;
  model::Revision newest = 0;
  if (count > kPerChunk) next->id_index_ = std::make_shared<IdIndex>(count);
  for (std::uint32_t first = 0; first < count; first += kPerChunk) {
    ChunkBuilder builder;
    for (std::uint32_t i = first; i < std::min(count, first + kPerChunk); ++i) {
      const LoadedInstance& loaded = instances[i];
      const Member* member =
          Member::Make(loaded.value, model::ParseEndpoint(loaded.value.attributes).value(), loaded.revision);
      const Initial initial = InitialHealth(old.config().service, loaded.health);
      const std::uint32_t id_hash = IdHash(loaded.value.id);
      builder.Append({member, id_hash, initial.healthy, initial.unknown, AttributeHashes(loaded.value.attributes)});
      if (next->id_index_ != nullptr) next->id_index_->Insert(id_hash, i);
      healthy_count += initial.healthy ? 1 : 0;
      newest = std::max(newest, loaded.revision);
      NoteMember(*member, next->uniform_weights_, next->has_alias_, next->has_dotted_ids_);
    }
    next->chunks()[first / kPerChunk] = builder.Build();
  }
  next->count_ = count;
  next->healthy_count_.store(healthy_count, std::memory_order_relaxed);
  next->instances_revision_ = std::max(old.instances_revision_, newest);
  node->state_.store(next, std::memory_order_release);
  // No reader looks at services before SetReady, and several threads load: freed at once rather than retired.
  ServiceState::Destroy(const_cast<ServiceState*>(&old));
  view_.instance_count_.fetch_add(count, std::memory_order_relaxed);
  RaiseTo(node->namespace_->last_change, newest);
}

void Edit::RaiseInstancesRevision(const model::ServiceId& service, model::Revision revision) {
  ServiceNode* node = Node(service);
  const ServiceState& old = node->state();
  RaiseTo(node->namespace_->last_change, revision);
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
