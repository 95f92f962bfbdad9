#include "waypost/view/view.h"

#include <algorithm>
#include <cassert>

namespace waypost::view {
namespace {

constexpr std::size_t kServiceNameMax = 127;

/// Whether this namespace is the better one to answer a client that `privately` may see private ones.
bool Better(const NamespaceNode& a, const NamespaceNode& b) {
  if (a.is_private() != b.is_private()) return a.is_private();
  const model::Timestamp created_a = a.state().value.created;
  const model::Timestamp created_b = b.state().value.created;
  return created_a != created_b ? created_a < created_b : a.id < b.id;
}

}  // namespace

View::View()
    : cold_reader_(domain_),
      name_seed_(model::SystemSeed()),
      names_(domain_),
      services_(domain_),
      service_ids_(domain_),
      namespace_ids_(domain_),
      http_names_(domain_),
      zones_(domain_),
      ancestors_(domain_) {}

View::~View() {
  const auto destroy = [](ServiceNode* node) {
    const ServiceState* state = node->state_pointer();
    for (std::uint32_t c = 0; c < state->chunk_count(); ++c) Chunk::Destroy(const_cast<Chunk*>(&state->chunk(c)));
    ServiceState::Destroy(const_cast<ServiceState*>(state));
    ServiceNode::Destroy(node);
  };
  for (const auto& [key, node] : queries_) destroy(node);
  for (const auto& [id, node] : catalog_) {
    const ServiceState* state = node->state_pointer();
    for (std::uint32_t i = 0; i < state->count(); ++i) Member::Destroy(const_cast<Member*>(&state->member(i)));
    destroy(node);
  }
  for (const auto& [id, entry] : namespaces_) NamespaceNode::Destroy(entry.node);
  ancestors_.ForAll([](Ancestor* ancestor) { Ancestor::Destroy(ancestor); });
}

std::uint64_t View::ServiceKey(std::string_view http_name, std::string_view service) const {
  char folded[kServiceNameMax];
  const std::size_t length = std::min(service.size(), kServiceNameMax);
  for (std::size_t i = 0; i < length; ++i) folded[i] = model::Fold(service[i]);
  return model::Hash64({folded, length}, model::Hash64(http_name, name_seed_));
}

const ServiceNode* View::FindName(std::string_view wire, std::uint64_t hash, const NamespaceNode* zone) const {
  return names_.Find(hash, [&](const ServiceNode& node) {
    return node.owner_wire() == wire && (zone == nullptr || &node.in() == zone);
  });
}

const NamespaceNode* View::FindZone(std::string_view wire, bool private_client) const {
  const NamespaceNode* hidden = nullptr;  // the longest that this client may not see
  for (;; wire.remove_prefix(static_cast<unsigned char>(wire[0]) + 1)) {
    const NamespaceNode* best = nullptr;
    zones_.ForEach(HashName(wire), [&](const NamespaceNode& zone) {
      if (zone.apex != wire) return;
      if (zone.is_private() && !private_client) {
        if (hidden == nullptr) hidden = &zone;
        return;
      }
      if (best == nullptr || Better(zone, *best)) best = &zone;
    });
    if (best != nullptr) return best;
    if (wire[0] == 0) return hidden;
  }
}

bool View::HasNamesBelow(std::string_view wire) const {
  return ancestors_.Find(HashName(wire), [&](const Ancestor& ancestor) { return ancestor.wire == wire; }) != nullptr;
}

const ServiceNode* View::FindService(std::string_view http_name, std::string_view service) const {
  if (service.size() > kServiceNameMax) return nullptr;
  const ServiceNode* folded = nullptr;
  const ServiceNode* exact = services_.Find(ServiceKey(http_name, service), [&](const ServiceNode& node) {
    if (node.in().http_name != http_name) return false;
    const std::string& name = node.state().config().service.name;
    if (name == service) return true;
    if (!node.owner_wire().empty() && model::EqualFolded(name, service)) folded = &node;
    return false;
  });
  return exact != nullptr ? exact : folded;
}

const ServiceNode* View::FindServiceByText(std::string_view text) const {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (const auto id = model::ServiceId::Parse(text)) return FindService(*id);
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.', dot + 1)) {
    const ServiceNode* node = FindService(text.substr(dot + 1), text.substr(0, dot));
    if (node != nullptr) return node;
  }
  // The HttpName of a namespace in DNS may differ from its name.
  const auto name = model::OwnerName::Parse(text);
  return name.ok() ? FindName(name->wire(), HashName(name->wire()), nullptr) : nullptr;
}

const NamespaceNode* View::FindNamespaceByHttpName(std::string_view http_name) const {
  return http_names_.Find(HashName(http_name), [&](const NamespaceNode& node) { return node.http_name == http_name; });
}

const ServiceNode* View::FindService(const model::ServiceId& id) const {
  return service_ids_.Find(id.hash(), [&](const ServiceNode& node) { return node.id() == id; });
}

const NamespaceNode* View::FindNamespace(const model::NamespaceId& id) const {
  return namespace_ids_.Find(id.hash(), [&](const NamespaceNode& node) { return node.id == id; });
}

void View::EnableReverse() {
  assert(instance_count() == 0);
  addresses_ = std::make_unique<AddressIndex>(domain_);
}

std::optional<NamedQueryInfo> View::GetNamedQuery(const model::NamespaceId& in, std::string_view name) const {
  const ColdSection section(*this);
  const auto at = queries_.find({in, model::Folded(name)});
  if (at == queries_.end()) return std::nullopt;
  const QueryPart& part = *at->second->query();
  return NamedQueryInfo{part.value, part.revision, at->second->state().count()};
}

std::optional<NamespaceInfo> View::GetNamespace(const model::NamespaceId& id) const {
  const ColdSection section(*this);
  const auto at = namespaces_.find(id);
  if (at == namespaces_.end()) return std::nullopt;
  return NamespaceInfo{at->second.node->state().value, static_cast<std::uint32_t>(at->second.services.size())};
}

std::optional<ServiceInfo> View::GetService(const model::ServiceId& id) const {
  const ColdSection section(*this);
  const auto at = catalog_.find(id);
  if (at == catalog_.end()) return std::nullopt;
  const ServiceState& state = at->second->state();
  return ServiceInfo{state.shared_config(), state.count()};
}

std::vector<ServiceInfo> View::ListServices(std::optional<model::NamespaceId> in, std::optional<model::ServiceId> after,
                                            std::size_t limit) const {
  std::vector<ServiceInfo> page;
  const auto add = [&](const ServiceNode& node) {
    const ServiceState& state = node.state();
    page.push_back({state.shared_config(), state.count()});
  };
  const ColdSection section(*this);
  if (!in) {
    auto at = after ? catalog_.upper_bound(*after) : catalog_.begin();
    for (; at != catalog_.end() && page.size() < limit; ++at) add(*at->second);
    return page;
  }
  const auto entry = namespaces_.find(*in);
  if (entry == namespaces_.end()) return page;
  const std::set<model::ServiceId>& services = entry->second.services;
  auto at = after ? services.upper_bound(*after) : services.begin();
  for (; at != services.end() && page.size() < limit; ++at) add(*catalog_.at(*at));
  return page;
}

std::size_t View::namespace_count() const {
  const ColdSection section(*this);
  return namespaces_.size();
}

std::size_t View::service_count() const {
  const ColdSection section(*this);
  return catalog_.size();
}

std::vector<const Member*> ListMembers(const ServiceState& state, std::string_view after, std::size_t limit) {
  const auto less = [](const Member* a, const Member* b) { return a->id() < b->id(); };
  // A heap of the `limit` smallest ids behind `after`.
  std::vector<const Member*> page;
  for (std::uint32_t c = 0; c < state.chunk_count(); ++c) {
    const Chunk& chunk = state.chunk(c);
    for (std::uint32_t i = 0; i < chunk.count(); ++i) {
      const Member* member = &chunk.member(i);
      if (!after.empty() && member->id() <= after) continue;
      if (page.size() == limit) {
        if (!less(member, page.front())) continue;
        std::pop_heap(page.begin(), page.end(), less);
        page.pop_back();
      }
      page.push_back(member);
      std::push_heap(page.begin(), page.end(), less);
    }
  }
  std::sort_heap(page.begin(), page.end(), less);
  return page;
}

}  // namespace waypost::view
