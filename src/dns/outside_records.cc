// Records of names outside our zones, as far as they are known.
#include <algorithm>
#include <cstring>

#include "dns/composer.h"

namespace waypost::dns {
namespace {

constexpr std::uint32_t kStaleTtl = 30;  // seconds, RFC 8767 4
constexpr std::uint32_t kAliasTtl = 60;  // of addresses behind an alias, as Route 53 has it

std::uint32_t TtlOf(const OutsideRecord& record, const OutsideFound& found) {
  if (found.stale) return kStaleTtl;
  return record.ttl > found.age_s ? record.ttl - found.age_s : 0;
}

ExtendedError ErrorOf(const OutsideFound& found) {
  if (!found.stale) return found.answer->extended_error;
  return found.answer->rcode == Rcode::kNxDomain ? ExtendedError::kStaleNxDomain : ExtendedError::kStaleAnswer;
}

bool IsFinding(Rcode rcode) { return rcode == Rcode::kNoError || rcode == Rcode::kNxDomain; }

}  // namespace

bool Composer::MayAskOutside() const {
  return sources_.outside != nullptr && (query_.flags & kFlagRecursionDesired) != 0 &&
         sources_.outside->Serves(asker_.client);
}

std::optional<OutsideFound> Composer::FindOutside(std::string_view name, Type type) {
  const auto accept = asker_.again ? Outside::Accept::kAny : Outside::Accept::kFresh;
  std::optional<OutsideFound> found = sources_.outside->Find(name, type, accept);
  if (!found) {
    wanted_ = name;
    wanted_type_ = type;
  } else if (!IsFinding(found->answer->rcode)) {
    // What failed a moment ago is not tried again for a while.
    const bool remembered = !asker_.again && found->answer->rcode == Rcode::kServFail;
    Fail(found->answer->rcode, remembered ? ExtendedError::kCachedError : ErrorOf(*found));
    found.reset();
  }
  return found;
}

void Composer::AnswerOutside(std::string_view name, NameAt owner) {
  const std::optional<OutsideFound> found = FindOutside(name, query_.type);
  if (!found) return;
  response_.set_section(Response::Section::kAnswer);
  const ExtendedError error = ErrorOf(*found);
  if (error != ExtendedError::kNone) response_.set_extended_error(error);
  response_.set_rcode(found->answer->rcode);
  for (const OutsideRecord& record : found->answer->answers) {
    std::uint8_t* at = response_.Add(owner, record.type, TtlOf(record, *found), record.rdata.size());
    if (at == nullptr) return response_.set_truncated();
    std::memcpy(at, record.rdata.data(), record.rdata.size());
    if (record.type != Type::kCname || query_.type == Type::kCname) continue;
    const std::size_t target = response_.offset() - record.rdata.size();
    if (target >= kPointerEnd) return response_.set_truncated();
    owner = static_cast<NameAt>(target);
  }
  if (!found->answer->soa) return;
  const OutsideRecord& soa = *found->answer->soa;
  response_.set_section(Response::Section::kAuthority);
  std::uint8_t* at = response_.AddOwned(soa.owner, Type::kSoa, TtlOf(soa, *found), soa.rdata.size());
  if (at != nullptr) std::memcpy(at, soa.rdata.data(), soa.rdata.size());
}

void Composer::AddOutsideAddresses(std::string_view name, NameAt owner, Type type) {
  const std::optional<OutsideFound> found = FindOutside(name, type);
  if (!found) return;
  for (const OutsideRecord& record : found->answer->answers) {
    if (record.type != type) continue;
    const std::uint32_t ttl = std::min(TtlOf(record, *found), kAliasTtl);
    std::uint8_t* at = response_.Add(owner, type, ttl, record.rdata.size());
    if (at == nullptr) return response_.set_truncated();
    std::memcpy(at, record.rdata.data(), record.rdata.size());
  }
}

}  // namespace waypost::dns
