#include "waypost/view/edit.h"

#include <bit>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>

#include "view/id_index.h"
#include "view/json_string.h"
#include "view/member_health.h"
#include "view/raise_to.h"
#include "view/ranking.h"
#include "view/state_builder.h"

namespace waypost::view {
namespace {

constexpr std::uint32_t kPerChunk = Chunk::kMembersMax;

std::shared_ptr<const ServiceConfig> MakeConfig(const model::Service& service, const std::string& http_name,
                                                model::Revision revision) {
  auto config = std::make_shared<ServiceConfig>();
  config->service = service;
  config->tuning = model::ParseServiceTuning(service.tags).value();
  config->health_source = model::HealthSourceOf(service, config->tuning);
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

/// Flags that only ever become true while members are added; being true for longer than needed costs time, not truth.
void NoteMember(const Member& member, bool& uniform_weights, bool& has_alias, bool& has_dotted_ids) {
  if (member.weight() != 1) uniform_weights = false;
  if (member.Has(Member::kHasAlias)) has_alias = true;
  if (member.Has(Member::kDottedId)) has_dotted_ids = true;
}

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

void Edit::PutService(const model::Service& value, model::Revision revision) {
  NamespaceNode* in = NamespaceOf(value.namespace_id);
  auto config = MakeConfig(value, in->http_name, revision);
  ServiceNode* node =
      view_.service_ids_.Find(value.id.hash(), [&](const ServiceNode& other) { return other.id() == value.id; });
  RaiseTo(in->last_change, revision);
  if (node != nullptr) {
    const ServiceState& old = node->state();
    const model::Service& before = old.config().service;
    const bool source_changed = old.config().health_source != config->health_source;
    ServiceState* next = StateBuilder::Copy(old, old.chunk_count());
    StateBuilder::Apply(*next, std::move(config));
    if (source_changed) ResetHealth(*next);
    next->ranked_.store(Selection::NeedsRanking(*next), std::memory_order_relaxed);
    if (next->ranked()) {
      Selection::Rank(*next);
    } else if (source_changed || old.ranked()) {
      Selection::Recount(*next);
    }
    if (before.has_dns() && !value.has_dns()) LeaveDns(*node);
    Publish(*node, next);
    RaiseTo(node->last_change_, revision);
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
  node->last_change_.store(revision, std::memory_order_release);
  node->owner_length_.store(static_cast<std::uint8_t>(owner.size()), std::memory_order_relaxed);
  std::memcpy(reinterpret_cast<char*>(node + 1), owner.data(), owner.size());
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
  unranked_.erase(node);
  view_.domain_.Retire(state);
  view_.domain_.Retire(static_cast<const ServiceNode*>(node));
}

// --- instances ---

void Edit::PutInstance(const model::Instance& value, std::optional<model::HealthState> health,
                       model::Revision revision) {
  ServiceNode* node = Node(value.service_id);
  const Member* member = Member::Make(value, model::ParseEndpoint(value.attributes).value(), revision);
  MemberHealth initial = MeasuredHealth(node->state().config(), health);
  initial.shifted = IsShifted(*member);
  const std::uint32_t index = node->state().Find(value.id);
  if (index == node->state().count()) {
    Add(*node, member, value.attributes, initial, revision);
  } else {
    Replace(*node, index, member, value.attributes, initial, revision);
  }
  Changed(*node, revision);
}

void Edit::Add(ServiceNode& node, const Member* member, const model::Attributes& attributes, const MemberHealth& health,
               model::Revision revision) {
  const ServiceState& old = node.state();
  const bool new_chunk = old.count_ % kPerChunk == 0;
  const std::uint32_t last = old.count_ / kPerChunk;
  ServiceState* next = StateBuilder::Copy(old, last + 1);
  ChunkBuilder builder = new_chunk ? ChunkBuilder() : ChunkBuilder(old.chunk(last));
  builder.Append({member, IdHash(member->id()), health, AttributeHashes(attributes)});
  next->chunks()[last] = builder.Build();
  next->count_ = old.count_ + 1;
  next->held_ = nullptr;
  next->served_count_.store(old.served_count() + (health.reported ? 1 : 0), std::memory_order_relaxed);
  if (member->priority() != 0 || health.shifted) next->ranked_.store(true, std::memory_order_relaxed);
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
  if (next->ranked()) Selection::Rank(*next);
  if (!new_chunk) view_.domain_.Retire(&old.chunk(last));
  Publish(node, next);
  view_.instance_count_.fetch_add(1, std::memory_order_relaxed);
}

void Edit::Replace(ServiceNode& node, std::uint32_t index, const Member* member, const model::Attributes& attributes,
                   MemberHealth health, model::Revision revision) {
  const ServiceState& old = node.state();
  const Chunk& chunk = old.chunk(index / kPerChunk);
  const bool was_healthy = (chunk.healthy() >> (index % kPerChunk) & 1) != 0;
  health.pin = chunk.pin(index % kPerChunk);  // pins outlive a registration
  const Member* before = &chunk.member(index % kPerChunk);
  ServiceState* next = StateBuilder::Copy(old, old.chunk_count());
  ChunkBuilder builder(chunk);
  builder.Replace(index % kPerChunk, {member, IdHash(member->id()), health, AttributeHashes(attributes)});
  next->chunks()[index / kPerChunk] = builder.Build();
  const bool healthy = (next->chunk(index / kPerChunk).healthy() >> (index % kPerChunk) & 1) != 0;
  next->served_count_.store(old.served_count() - (was_healthy ? 1 : 0) + (healthy ? 1 : 0), std::memory_order_relaxed);
  if (member->priority() != 0 || health.shifted) next->ranked_.store(true, std::memory_order_relaxed);
  if (next->ranked()) Selection::Rank(*next);
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
  next->served_count_.store(old.served_count() - (was_healthy ? 1 : 0), std::memory_order_relaxed);
  next->instances_revision_ = std::max(old.instances_revision_, revision);
  if (next->ranked()) Selection::Rank(*next);
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
  Changed(*node, revision);
}

// --- loading ---

void Edit::LoadInstances(const model::ServiceId& service, std::vector<LoadedInstance>& instances) {
  ServiceNode* node = Node(service);
  const ServiceState& old = node->state();
  assert(old.count() == 0 && !view_.ready());
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
      NoteMember(*member, next->uniform_weights_, next->has_alias_, next->has_dotted_ids_);
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
