// TXT records that say how a service stands, for people with nothing but dig.
#include <algorithm>
#include <cstring>
#include <string>

#include "dns/composer.h"
#include "waypost/view/selection.h"

namespace waypost::dns {
namespace {

constexpr std::size_t kInstancesMax = 32;  // that are named, those first that are not answered
constexpr std::size_t kTextMax = 255;      // of one character string (RFC 1035 3.3)

std::string Count(std::string_view what, std::uint32_t count) {
  return std::string(what) + "=" + std::to_string(count);
}

std::string ServiceText(const view::Standings& standings, std::uint32_t answered) {
  const view::ServiceStanding& service = standings.service;
  std::string text =
      Count("instances", service.members) + " " + Count("healthy", service.healthy) + " " + Count("answered", answered);
  if (service.fail_open) text += " fail-open";
  if (service.protecting) text += " protecting";
  if (service.shifting) text += " zone-shifted";
  if (service.held) text += " hold-last";
  if (service.tier != 0) text += " " + Count("tier", service.tier);
  return text;
}

std::string InstanceText(const view::Member& member, const view::MemberStanding& standing) {
  std::string text(member.id());
  text += standing.in_dns ? ": answered" : ": not answered";
  text += ", ";
  text += model::HealthStateName(standing.health);
  if (standing.pin) text += std::string(", pinned ") + std::string(model::PinStateName(*standing.pin));
  if (standing.waiting) text += ", waits for its first good check";
  if (standing.shifted) text += ", zone shifted away";
  if (standing.lower_tier) text += ", a lower tier answers";
  if (standing.other_zone) text += ", another zone answers";
  if (standing.weight_zero) text += ", weight 0";
  return text;
}

}  // namespace

bool Composer::AddText(NameAt owner, std::string_view text) {
  text = text.substr(0, kTextMax);
  std::uint8_t* at = response_.Add(owner, Type::kTxt, 0, text.size() + 1);
  if (at == nullptr) return false;
  at[0] = static_cast<std::uint8_t>(text.size());
  std::memcpy(at + 1, text.data(), text.size());
  return true;
}

void Composer::AnswerStatus(const Place& place, NameAt owner) {
  if (query_.type != Type::kTxt && query_.type != Type::kAny) return NoData(place.zone);
  const view::ServiceState& state = *place.state;
  view::Standings standings = view::Explain(state, ClientZone(state));
  auto& members = standings.members;
  const auto answered =
      std::stable_partition(members.begin(), members.end(), [](const auto& member) { return !member.in_dns; });
  if (!AddText(owner, ServiceText(standings, static_cast<std::uint32_t>(members.end() - answered)))) {
    return response_.set_truncated();
  }
  for (std::size_t i = 0; i < std::min(members.size(), kInstancesMax); ++i) {
    if (!AddText(owner, InstanceText(state.member(members[i].index), members[i]))) return response_.set_truncated();
  }
}

}  // namespace waypost::dns
