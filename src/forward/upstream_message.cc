#include "forward/upstream_message.h"

#include <algorithm>

#include "forward/upstream_reader.h"
#include "waypost/dns/wire.h"
#include "waypost/model/owner_name.h"

namespace waypost::forward {
namespace {

using dns::OutsideRecord;
using dns::Rcode;
using dns::Type;

constexpr std::size_t kQueryOctets = dns::kHeaderOctets + 4 + dns::kOptOctets;  // around the name

/// The records of a response that can matter, still packed.
struct Sections {
  std::vector<RawRecord> answer;
  std::vector<RawRecord> authority;
  std::uint16_t extended_rcode = 0;
  bool has_opt = false;
};

bool SameName(std::string_view a, std::string_view b) { return model::EqualFolded(a, b); }

/// Reads `count` records; keeps those of class IN in `kept`, notes an OPT record.
bool ReadSection(UpstreamReader& reader, std::uint16_t count, Sections& sections, std::vector<RawRecord>* kept) {
  for (std::uint16_t i = 0; i < count; ++i) {
    auto record = reader.ReadRecord();
    if (!record) return false;
    if (record->type == Type::kOpt) {
      if (sections.has_opt || kept != nullptr || record->owner.size() != 1) return false;
      sections.has_opt = true;
      sections.extended_rcode = static_cast<std::uint16_t>(record->ttl >> 24 << 4);
    } else if (kept != nullptr && record->record_class == dns::kClassIn) {
      kept->push_back(std::move(*record));
    }
  }
  return true;
}

/// Unpacks records of one owner and type. False: malformed, or too many.
bool Take(const UpstreamReader& reader, const std::vector<RawRecord>& from, std::string_view owner, Type type,
          std::vector<OutsideRecord>& out) {
  const std::size_t begin = out.size();
  std::uint32_t ttl = ~std::uint32_t{0};
  for (const RawRecord& raw : from) {
    if (raw.type != type || !SameName(raw.owner, owner)) continue;
    auto data = reader.Unpack(raw);
    if (!data || out.size() - begin >= kRecordsMax) return false;
    ttl = std::min(ttl, raw.ttl);
    out.push_back({raw.owner, type, raw.ttl, std::move(*data)});
    if (type == Type::kCname) break;  // there can be only one
  }
  for (std::size_t i = begin; i < out.size(); ++i) out[i].ttl = ttl;
  return true;
}

/// Follows the chain from the asked name. False: it loops, is too long, or malformed. `last` becomes its last name.
bool TakeChain(const UpstreamReader& reader, const Sections& sections, const Question& question,
               std::vector<OutsideRecord>& out, std::string& last) {
  last = question.name;
  for (std::size_t hop = 0;; ++hop) {
    const std::size_t before = out.size();
    if (!Take(reader, sections.answer, last, question.type, out)) return false;
    if (out.size() != before || question.type == Type::kCname) return true;
    if (!Take(reader, sections.answer, last, Type::kCname, out)) return false;
    if (out.size() == before) return true;
    if (hop == kChainMax) return false;
    last = out.back().rdata;
    const auto passed = [&](const OutsideRecord& record) { return SameName(record.owner, last); };
    if (std::any_of(out.begin(), out.end(), passed)) return false;
  }
}

/// The SOA of a zone that encloses `last`, with the TTL of a negative answer. False: malformed.
bool TakeSoa(const UpstreamReader& reader, const Sections& sections, std::string_view last,
             std::optional<OutsideRecord>& out) {
  for (const RawRecord& raw : sections.authority) {
    if (raw.type != Type::kSoa || !IsAtOrBelow(last, raw.owner)) continue;
    auto data = reader.Unpack(raw);
    if (!data) return false;
    const std::uint32_t minimum = dns::Load32(reinterpret_cast<const std::uint8_t*>(data->data() + data->size() - 4));
    out = OutsideRecord{raw.owner, Type::kSoa, std::min(raw.ttl, minimum), std::move(*data)};
    return true;
  }
  return true;
}

bool IsReferral(const Sections& sections) {
  const auto is_ns = [](const RawRecord& record) { return record.type == Type::kNs; };
  return std::any_of(sections.authority.begin(), sections.authority.end(), is_ns);
}

/// Header and question must be what was asked. Returns the flags, or nothing.
std::optional<std::uint16_t> ReadHead(UpstreamReader& reader, const Question& question, std::uint16_t id,
                                      std::uint16_t (&counts)[3]) {
  const auto read_id = reader.Read16();
  const auto flags = reader.Read16();
  const auto questions = reader.Read16();
  for (std::uint16_t& count : counts) {
    const auto read = reader.Read16();
    if (!read) return std::nullopt;
    count = *read;
  }
  const bool is_response = (*flags & dns::kFlagResponse) != 0 && (*flags & dns::kOpcodeMask) == 0;
  if (*read_id != id || !is_response || *questions != 1) return std::nullopt;
  const auto name = reader.ReadName();
  const auto type = reader.Read16();
  const auto question_class = reader.Read16();
  if (!name || !type || !question_class) return std::nullopt;
  const bool same = SameName(*name, question.name) && *type == static_cast<std::uint16_t>(question.type) &&
                    *question_class == dns::kClassIn;
  return same ? flags : std::nullopt;
}

Reading Judge(const UpstreamReader& reader, const Sections& sections, const Question& question, Rcode rcode) {
  Reading reading;
  reading.rcode = rcode;
  reading.has_opt = sections.has_opt;
  if (rcode != Rcode::kNoError && rcode != Rcode::kNxDomain) {
    reading.kind = Reading::Kind::kRejected;
    return reading;
  }
  dns::OutsideAnswer& answer = reading.answer;
  answer.rcode = rcode;
  std::string last;
  if (!TakeChain(reader, sections, question, answer.answers, last)) return reading;
  const bool positive = !answer.answers.empty() && answer.answers.back().type == question.type;
  if (positive && rcode == Rcode::kNxDomain) return reading;
  if (!positive && !TakeSoa(reader, sections, last, answer.soa)) return reading;
  if (OctetsOf(answer) > kAnswerOctetsMax) return reading;
  const bool nothing = rcode == Rcode::kNoError && answer.answers.empty() && !answer.soa;
  reading.kind = nothing && IsReferral(sections) ? Reading::Kind::kReferral : Reading::Kind::kFinding;
  return reading;
}

}  // namespace

std::vector<std::uint8_t> MakeQuery(const Question& question, std::uint16_t id, Edns edns) {
  std::vector<std::uint8_t> query;
  query.reserve(kQueryOctets + question.name.size());
  const auto put16 = [&query](std::uint16_t value) {
    query.push_back(static_cast<std::uint8_t>(value >> 8));
    query.push_back(static_cast<std::uint8_t>(value));
  };
  const bool with_opt = edns == Edns::kYes;
  for (const std::uint16_t value : {id, dns::kFlagRecursionDesired, std::uint16_t{1}, std::uint16_t{0},
                                    std::uint16_t{0}, static_cast<std::uint16_t>(with_opt ? 1 : 0)}) {
    put16(value);
  }
  query.insert(query.end(), question.name.begin(), question.name.end());
  put16(static_cast<std::uint16_t>(question.type));
  put16(dns::kClassIn);
  if (!with_opt) return query;
  query.push_back(0);
  put16(static_cast<std::uint16_t>(Type::kOpt));
  put16(dns::kUdpPayloadOctets);
  for (int i = 0; i < 3; ++i) put16(0);  // extended rcode and flags, no options
  return query;
}

Reading ReadResponse(std::span<const std::uint8_t> message, const Question& question, std::uint16_t id) {
  Reading broken;
  UpstreamReader reader(message);
  std::uint16_t counts[3] = {};
  const auto flags = ReadHead(reader, question, id, counts);
  if (!flags || (*flags & dns::kFlagTruncated) != 0) return broken;
  Sections sections;
  const bool whole = ReadSection(reader, counts[0], sections, &sections.answer) &&
                     ReadSection(reader, counts[1], sections, &sections.authority) &&
                     ReadSection(reader, counts[2], sections, nullptr) && reader.at_end();
  if (!whole) return broken;
  return Judge(reader, sections, question, static_cast<Rcode>(sections.extended_rcode | (*flags & 0xf)));
}

std::size_t OctetsOf(const dns::OutsideAnswer& answer) {
  const auto of = [](const OutsideRecord& record) {
    return sizeof(OutsideRecord) + record.owner.size() + record.rdata.size();
  };
  std::size_t octets = sizeof(dns::OutsideAnswer);
  for (const OutsideRecord& record : answer.answers) octets += of(record);
  if (answer.soa) octets += of(*answer.soa);
  return octets;
}

bool IsAtOrBelow(std::string_view name, std::string_view zone) {
  while (name.size() > zone.size()) name.remove_prefix(1u + static_cast<std::uint8_t>(name.front()));
  return SameName(name, zone);
}

}  // namespace waypost::forward
