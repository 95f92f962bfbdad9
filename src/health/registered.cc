#include "health/registered.h"

namespace waypost::health {
namespace {

Registered Read(const view::ServiceState& state, std::uint32_t index, const model::CheckPlan& plan) {
  const view::Chunk& chunk = state.chunk(index / view::Chunk::kMembersMax);
  const std::uint32_t i = index % view::Chunk::kMembersMax;
  const view::Member& member = chunk.member(i);
  Registered instance;
  instance.id = member.id();
  instance.registration = member.revision();
  instance.state = chunk.measured(i);
  instance.proven = (chunk.everyone() >> i & 1) != 0;
  FindDoor(instance, plan, member.attributes());
  return instance;
}

}  // namespace

void FindDoor(Registered& instance, const model::CheckPlan& plan, const model::Attributes& attributes) {
  if (plan.kind == model::CheckKind::kHeartbeat) return;
  const auto endpoint = model::ParseEndpoint(attributes);
  if (!endpoint.ok()) {
    instance.obstacle = endpoint.error().message;
    return;
  }
  auto door = model::DoorOf(plan, *endpoint);
  if (door.ok()) {
    instance.door = std::move(door).value();
  } else {
    instance.obstacle = door.error().message;
  }
}

std::vector<Registered> ReadInstances(const view::View& view, view::Reader& reader, const model::ServiceId& service,
                                      const model::CheckPlan& plan) {
  std::vector<Registered> instances;
  const view::ReadSection section(reader);
  const view::ServiceNode* node = view.FindService(service);
  if (node == nullptr) return instances;
  const view::ServiceState& state = node->state();
  instances.reserve(state.count());
  for (std::uint32_t index = 0; index < state.count(); ++index) instances.push_back(Read(state, index, plan));
  return instances;
}

std::optional<Registered> ReadInstance(const view::View& view, view::Reader& reader, const model::ServiceId& service,
                                       std::string_view instance, const model::CheckPlan& plan) {
  const view::ReadSection section(reader);
  const view::ServiceNode* node = view.FindService(service);
  if (node == nullptr) return std::nullopt;
  const view::ServiceState& state = node->state();
  const std::uint32_t index = state.Find(instance);
  if (index == state.count()) return std::nullopt;
  return Read(state, index, plan);
}

std::string ReadServiceName(const view::View& view, view::Reader& reader, const model::ServiceId& service) {
  const view::ReadSection section(reader);
  const view::ServiceNode* node = view.FindService(service);
  if (node == nullptr) return service.str();
  return node->state().config().service.name + "." + node->in().http_name;
}

}  // namespace waypost::health
