// Views: named queries that are kept as their services change.
#include <algorithm>
#include <bit>
#include <cassert>

#include "view/raise_to.h"
#include "view/ranking.h"
#include "view/service_config.h"
#include "view/state_builder.h"
#include "waypost/view/edit.h"

namespace waypost::view {
namespace {

bool Matches(const Member& member, const model::Attributes& filters) {
  return std::all_of(filters.begin(), filters.end(),
                     [&](const auto& filter) { return member.HasAttribute(filter.first, filter.second); });
}

/// The members that match, with all that the service's chunks say of them.
std::vector<MemberEntry> Select(const ServiceState& state, const model::Attributes& filters) {
  std::vector<MemberEntry> entries;
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const Chunk& chunk = state.chunk(c);
    std::uint64_t mask = chunk.all();
    for (const auto& [key, value] : filters) mask &= chunk.WithAttribute(AttributeHash(key, value));
    if (mask == 0) continue;
    const ChunkBuilder source(chunk);
    for (; mask != 0; mask &= mask - 1) {
      const auto i = static_cast<std::uint32_t>(std::countr_zero(mask));
      if (Matches(chunk.member(i), filters)) entries.push_back(source.Take(i));
    }
  }
  return entries;
}

}  // namespace

const View::Dependents& Edit::DependentsOf(const ServiceNode& service) const {
  static const View::Dependents kNone;
  if (view_.dependents_.empty()) return kNone;
  const auto at = view_.dependents_.find(&service);
  return at == view_.dependents_.end() ? kNone : at->second;
}

std::vector<Edit::Mirror> Edit::MirrorsOf(const ServiceNode& service, std::string_view id) const {
  std::vector<Mirror> mirrors;
  for (ServiceNode* view : DependentsOf(service).views) {
    const std::uint32_t index = view->state().Find(id);
    if (index != view->state().count()) mirrors.push_back({view, index});
  }
  return mirrors;
}

void Edit::PutInView(ServiceNode& view, const MemberEntry& entry, model::Revision revision) {
  const ServiceState& state = view.state();
  const std::uint32_t index = state.Find(entry.member->id());
  const bool there = index != state.count();
  if (Matches(*entry.member, view.query()->value.filters)) {
    if (there) {
      Replace(view, index, entry, revision);
    } else {
      Add(view, entry, revision);
    }
  } else if (there) {
    Remove(view, index, revision);
  } else {
    // The service has members again, so nothing is held any more.
    return SetHeld(view, nullptr, revision);
  }
  Changed(view, revision);
}

std::shared_ptr<const ServiceState> Edit::HeldFor(const ServiceNode& view) {
  const QueryPart& query = *view.query();
  std::shared_ptr<const ServiceState> held = query.service->state().held_;
  if (held == nullptr || !Matches(held->member(0), query.value.filters)) return nullptr;
  ServiceState* state = StateBuilder::Of(view.state().shared_config(), {ChunkBuilder(held->chunk(0)).Take(0)});
  // The member is the service's, which lives as long as what it holds.
  return std::shared_ptr<const ServiceState>(state, [held](const ServiceState* gone) {
    Chunk::Destroy(const_cast<Chunk*>(&gone->chunk(0)));
    ServiceState::Destroy(const_cast<ServiceState*>(gone));
  });
}

void Edit::PutNamedQuery(const model::NamedQuery& value, model::Revision revision) {
  NamespaceNode* in = NamespaceOf(value.namespace_id);
  ServiceNode* service = Node(value.service_id);
  ServiceNode* fallback = value.fallback ? Node(*value.fallback) : nullptr;
  auto config = MakeQueryConfig(service->state().config(), value, *in);
  ServiceNode* view = MakeNode(*in, value.service_id, *config);
  view->query_ = std::make_unique<const QueryPart>(QueryPart{value, revision, service, fallback});
  ServiceState* state = StateBuilder::Of(std::move(config), Select(service->state(), value.filters));
  state->ranked_.store(Selection::NeedsRanking(*state), std::memory_order_relaxed);
  if (state->ranked()) Selection::Rank(*state);
  // What it missed while it was not there counts as seen: neither may ever fall, loading included.
  state->instances_revision_ = std::max(revision, service->state().instances_revision());
  view->last_change_.store(std::max(revision, service->last_change()), std::memory_order_relaxed);
  view->state_.store(state, std::memory_order_release);
  state->held_ = HeldFor(*view);
  ServiceNode* before = nullptr;
  {
    const std::lock_guard lock(view_.catalog_mutex_);
    ServiceNode*& place = view_.queries_[{value.namespace_id, model::Folded(value.name)}];
    before = std::exchange(place, view);
  }
  if (before == nullptr) {
    EnterNames(*view);
  } else {
    TakeOverNames(*before, *view);
    Discard(*before);
  }
  view_.dependents_[service].views.push_back(view);
  if (fallback != nullptr) view_.dependents_[fallback].leaning.push_back(view);
  RaiseTo(in->last_change, view->last_change());
}

void Edit::EraseNamedQuery(const model::NamespaceId& in, std::string_view name, model::Revision revision) {
  ServiceNode* view = nullptr;
  {
    const std::lock_guard lock(view_.catalog_mutex_);
    const auto at = view_.queries_.find({in, model::Folded(name)});
    assert(at != view_.queries_.end());
    view = at->second;
    view_.queries_.erase(at);
  }
  RaiseTo(view->namespace_->last_change, revision);
  LeaveNames(*view);
  Discard(*view);
}

void Edit::Discard(ServiceNode& view) {
  const QueryPart& query = *view.query();
  std::erase(view_.dependents_[query.service].views, &view);
  if (query.fallback != nullptr) std::erase(view_.dependents_[query.fallback].leaning, &view);
  for (const ServiceNode* on : {query.service, query.fallback}) {
    const auto at = on != nullptr ? view_.dependents_.find(on) : view_.dependents_.end();
    if (at != view_.dependents_.end() && at->second.views.empty() && at->second.leaning.empty()) {
      view_.dependents_.erase(at);
    }
  }
  unranked_.erase(&view);
  const ServiceState& state = view.state();
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) view_.domain_.Retire(&state.chunk(c));
  view_.domain_.Retire(&state);
  view_.domain_.Retire(static_cast<const ServiceNode*>(&view));
}

}  // namespace waypost::view
