#include "waypost/view/member.h"

#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>

#include "view/json_string.h"
#include "waypost/model/hash.h"
#include "waypost/model/owner_name.h"
#include "waypost/view/selection.h"

namespace waypost::view {
namespace {

constexpr std::uint64_t kIdSeed = 0x77617970'6f737421ULL;
constexpr std::size_t kDigits = 16;
constexpr std::size_t kIdLengthMax = 64;

std::string DiscoveryJson(const model::Instance& instance) {
  std::string json = "{\"InstanceId\":\"";
  json += instance.id;  // its characters never need an escape
  json += "\",\"Attributes\":";
  json += '{';
  bool first = true;
  for (const auto& [key, value] : instance.attributes) {
    if (!first) json += ',';
    first = false;
    AppendJsonString(json, key);
    json += ':';
    AppendJsonString(json, value);
  }
  json += '}';
  return json;
}

/// What the address and names of an endpoint need behind the JSON.
std::string Extra(const model::Endpoint& endpoint) {
  std::string extra;
  if (endpoint.ipv6) extra.append(reinterpret_cast<const char*>(endpoint.ipv6->data()), endpoint.ipv6->size());
  const std::string& target = endpoint.cname.empty() ? endpoint.alias : endpoint.cname;
  if (!target.empty()) extra += model::OwnerName::Parse(target).value().wire();
  return extra;
}

std::uint8_t Flags(const model::Instance& instance, const model::Endpoint& endpoint) {
  std::uint8_t flags = 0;
  if (instance.creator_request_id) flags |= Member::kHasCreator;
  if (endpoint.ipv4) flags |= Member::kHasIpv4;
  if (endpoint.ipv6) flags |= Member::kHasIpv6;
  if (endpoint.port) flags |= Member::kHasPort;
  if (!endpoint.cname.empty()) flags |= Member::kHasCname;
  if (!endpoint.alias.empty()) flags |= Member::kHasAlias;
  if (IsHostId(instance.id)) {
    flags |= Member::kHostId;
    if (instance.id.find('.') != std::string::npos) flags |= Member::kDottedId;
  }
  return flags;
}

}  // namespace

const Member* Member::Make(const model::Instance& instance, const model::Endpoint& endpoint, model::Revision revision) {
  const std::string json = DiscoveryJson(instance);
  const std::string creator = instance.creator_request_id.value_or("");
  const std::string extra = Extra(endpoint);
  assert(json.size() <= 0xffff && creator.size() <= 0xff && extra.size() <= 0xffff &&
         instance.id.size() <= kIdLengthMax);
  void* memory = std::malloc(sizeof(Member) + json.size() + creator.size() + extra.size());
  if (memory == nullptr) throw std::bad_alloc();
  auto* member = new (memory) Member();
  member->revision_ = revision;
  member->registered_ms_ = instance.registered.ms;
  if (endpoint.ipv4) {
    std::memcpy(member->ipv4_, endpoint.ipv4->data(), 4);
  } else {
    std::memset(member->ipv4_, 0, 4);
  }
  member->port_ = endpoint.port.value_or(0);
  member->weight_ = endpoint.weight;
  member->priority_ = endpoint.priority;
  member->zone_ = ZoneHash(endpoint.zone);
  member->flags_ = Flags(instance, endpoint);
  member->id_length_ = static_cast<std::uint8_t>(instance.id.size());
  member->creator_length_ = static_cast<std::uint8_t>(creator.size());
  member->json_length_ = static_cast<std::uint16_t>(json.size());
  member->extra_length_ = static_cast<std::uint16_t>(extra.size());
  char* at = reinterpret_cast<char*>(member + 1);
  std::memcpy(at, json.data(), json.size());
  std::memcpy(at + json.size(), creator.data(), creator.size());
  std::memcpy(at + json.size() + creator.size(), extra.data(), extra.size());
  return member;
}

void Member::Destroy(Member* member) { std::free(member); }

bool Member::HasAttribute(std::string_view key, std::string_view value) const {
  JsonPairs pairs(attributes_json());
  while (pairs.Next()) {
    if (JsonStringEquals(pairs.key(), key)) return JsonStringEquals(pairs.value(), value);
  }
  return false;
}

model::Attributes Member::attributes() const {
  model::Attributes attributes;
  JsonPairs pairs(attributes_json());
  while (pairs.Next()) attributes.Set(UnescapeJson(pairs.key()), UnescapeJson(pairs.value()));
  return attributes;
}

std::uint32_t IdHash(std::string_view id) {
  char folded[kIdLengthMax];
  const std::size_t length = std::min(id.size(), kIdLengthMax);
  for (std::size_t i = 0; i < length; ++i) folded[i] = model::Fold(id[i]);
  return static_cast<std::uint32_t>(model::Hash64({folded, length}, kIdSeed));
}

std::uint32_t AttributeHash(std::string_view key, std::string_view value) {
  return static_cast<std::uint32_t>(model::Hash64(value, model::Hash64(key)));
}

bool IsHostId(std::string_view id) {
  std::size_t label = 0;
  for (const char c : id) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    const bool good =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!good || ++label > model::kMaxLabelOctets) return false;
  }
  return label != 0;
}

std::array<char, 18> TargetLabel(std::string_view id) {
  // 80 bits, most significant first: 32 of IdHash, 48 of the exact id.
  const std::uint64_t exact = model::Hash64(id, ~kIdSeed);
  const std::uint64_t high = (static_cast<std::uint64_t>(IdHash(id)) << 8) | (exact & 255);  // 40 bits
  const std::uint64_t low = (exact >> 8) & 0xff'ffff'ffffULL;                                // 40 bits
  std::array<char, 18> label;
  label[0] = 'i';
  label[1] = '-';
  for (std::size_t digit = 0; digit < kDigits; ++digit) {
    const std::uint64_t word = digit < 8 ? high : low;
    label[2 + digit] = model::kBase32[(word >> (35 - 5 * (digit % 8))) & 31];
  }
  return label;
}

std::optional<std::uint32_t> IdHashOfTargetLabel(std::string_view label) {
  if (label.size() != kDigits + 2 || label[0] != 'i' || label[1] != '-') return std::nullopt;
  std::uint64_t high = 0;
  for (std::size_t digit = 0; digit < kDigits; ++digit) {
    const std::size_t value = model::kBase32.find(label[2 + digit]);
    if (value == std::string_view::npos) return std::nullopt;
    if (digit < 8) high = high << 5 | value;
  }
  return static_cast<std::uint32_t>(high >> 8);
}

}  // namespace waypost::view
