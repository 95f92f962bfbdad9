#include "dns/query.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "waypost/dns/wire.h"
#include "waypost/model/hash.h"

namespace waypost::dns {
namespace {

constexpr std::size_t kNameOctetsMax = 255;
constexpr unsigned kPointersMax = 127;    // in one name: as many as it can have labels
constexpr std::size_t kQuestionTail = 4;  // type and class
constexpr std::size_t kRecordFixed = 10;  // type, class, TTL, length
constexpr std::uint64_t kOnes = 0x0101010101010101ULL;

/// Eight octets in ASCII lower case at once. Length octets (0…63) lie below `A` and stay what they are.
std::uint64_t FoldWord(std::uint64_t word) {
  const std::uint64_t low = word & (kOnes * 0x7f);
  const std::uint64_t from_a = low + kOnes * (0x80 - 'A');
  const std::uint64_t past_z = low + kOnes * (0x7f - 'Z');
  const std::uint64_t upper = (from_a ^ past_z) & ~word & (kOnes * 0x80);
  return word | upper >> 2;
}

/// Octets of the uncompressed name at `at`, its root label included; 0 when it is none. A pointer is none: before the
/// end of the question there is no name to point to.
std::size_t NameLength(const std::uint8_t* at, const std::uint8_t* end) {
  std::size_t length = 0;
  const std::size_t room = static_cast<std::size_t>(end - at);
  for (;;) {
    if (length >= room || length >= kNameOctetsMax) return 0;
    const std::uint8_t label = at[length];
    if (label == 0) return length + 1;
    if (label > 63) return 0;
    length += label + 1U;
  }
}

std::uint64_t LoadWord(const std::uint8_t* at) {
  std::uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}

/// The last 1…7 octets before `end`, as the first bytes of a word. Reads the eight octets that end there, which a
/// name's place behind the header makes safe.
std::uint64_t LoadLast(const std::uint8_t* end, std::size_t count) {
  const std::uint64_t word = LoadWord(end - 8);
  const std::size_t drop = 64 - 8 * count;
  return std::endian::native == std::endian::little ? word >> drop : word << drop;
}

/// Copies the name in lower case and hashes it on the way, eight octets a step: model::Hash64 of what is copied.
void FoldAndHash(const std::uint8_t* at, std::uint64_t seed, Query& query) {
  using model::kHashSeed;
  using model::kHashStep;
  using model::Mix64;
  const std::size_t length = query.name_length;
  std::uint64_t state = seed ^ Mix64(length + 1, kHashStep);
  std::size_t done = 0;
  for (; done + 8 <= length; done += 8) {
    const std::uint64_t word = FoldWord(LoadWord(at + done));
    std::memcpy(query.folded + done, &word, 8);
    state = Mix64(state ^ word, kHashStep);
  }
  if (const std::size_t left = length - done; left != 0) {
    const std::uint64_t word = FoldWord(LoadLast(at + length, left));
    std::memcpy(query.folded + done, &word, 8);
    state = Mix64(state ^ word, kHashStep);
  }
  query.hash = Mix64(state, kHashSeed | 1);
}

/// Reads the question behind the header. False: there is none that makes sense.
bool ReadQuestion(std::uint64_t seed, Query& query) {
  const std::uint8_t* at = query.wire + kHeaderOctets;
  const std::uint8_t* end = query.wire + query.size;
  const std::size_t length = NameLength(at, end);
  if (length == 0 || static_cast<std::size_t>(end - at) < length + kQuestionTail) return false;
  query.name_length = static_cast<std::uint16_t>(length);
  query.type = static_cast<Type>(Load16(at + length));
  query.klass = Load16(at + length + 2);
  query.question_end = static_cast<std::uint16_t>(kHeaderOctets + length + kQuestionTail);
  FoldAndHash(at, seed, query);
  return true;
}

/// Offset behind the name at `at`, which may end in a pointer; 0 when it is none. Each pointer must lead to before the
/// piece it ends, so following them comes to an end; their number is bounded, so that many records cannot share a long
/// way.
std::size_t SkipName(const Query& query, std::size_t at) {
  std::size_t behind = 0;  // where the record goes on, once a pointer was met
  std::size_t piece = at;
  std::size_t octets = 0;
  for (unsigned hops = 0;;) {
    if (at >= query.size) return 0;
    const std::uint8_t label = query.wire[at];
    if (label >= 0xc0) {
      if (at + 1 >= query.size) return 0;
      const std::size_t target = Load16(query.wire + at) & 0x3fffU;
      if (target >= piece || target < kHeaderOctets || ++hops > kPointersMax) return 0;
      if (behind == 0) behind = at + 2;
      at = piece = target;
      continue;
    }
    if (label > 63) return 0;
    octets += label + 1U;
    if (octets > kNameOctetsMax) return 0;
    at += label + 1U;
    if (label == 0) return behind == 0 ? at : behind;
  }
}

/// A cookie is the client's 8 octets, or these and the server's 8…32 (RFC 7873 4).
bool IsCookieLength(std::size_t length) { return length == 8 || (length >= 16 && length <= 40); }

/// Notes one option. False: it is malformed.
bool ReadOption(std::uint16_t code, const std::uint8_t* value, std::size_t length, Query& query) {
  if (code == kOptionNsid) {
    query.options |= kAsksNsid;
  } else if (code == kOptionKeepalive) {
    query.options |= kAsksKeepalive;
  } else if (code == kOptionPadding) {
    query.options |= kAsksPadding;
  } else if (code == kOptionCookie && (query.options & kAsksCookie) == 0) {
    if (!IsCookieLength(length)) return false;
    query.options |= kAsksCookie;
    query.cookie = value;
    query.cookie_length = static_cast<std::uint8_t>(length);
  }
  return true;
}

bool ReadOptions(const std::uint8_t* at, std::size_t length, Query& query) {
  while (length != 0) {
    if (length < 4) return false;
    const std::size_t whole = 4U + Load16(at + 2);
    if (whole > length || !ReadOption(Load16(at), at + 4, whole - 4, query)) return false;
    at += whole;
    length -= whole;
  }
  return true;
}

/// Takes the OPT record whose fixed part is at `fixed` (RFC 6891 6.1.2).
Verdict ReadOpt(const std::uint8_t* fixed, bool root_owner, Query& query) {
  if (!root_owner || query.has_edns) return Verdict::kFormErr;
  query.has_edns = true;
  query.payload = std::max<std::uint16_t>(Load16(fixed + 2), kPlainUdpOctets);
  query.dnssec_ok = (fixed[6] & 0x80) != 0;
  if (!ReadOptions(fixed + kRecordFixed, Load16(fixed + 8), query)) return Verdict::kFormErr;
  return fixed[5] == 0 ? Verdict::kQuestion : Verdict::kBadVers;
}

/// Walks all records behind the question, to the end of the message.
Verdict ReadRecords(Query& query) {
  const unsigned before = Load16(query.wire + 6) + Load16(query.wire + 8);  // answer and authority
  const unsigned count = before + Load16(query.wire + 10);
  Verdict verdict = Verdict::kQuestion;
  std::size_t at = query.question_end;
  query.authority_at = query.question_end;
  for (unsigned i = 0; i < count; ++i) {
    const bool root_owner = at < query.size && query.wire[at] == 0;
    const std::size_t begin = at;
    at = SkipName(query, at);
    if (at == 0 || query.size - at < kRecordFixed) return Verdict::kFormErr;
    const std::uint8_t* fixed = query.wire + at;
    const std::size_t length = Load16(fixed + 8);
    if (query.size - at - kRecordFixed < length) return Verdict::kFormErr;
    if (static_cast<Type>(Load16(fixed)) == Type::kOpt) {
      if (i < before) return Verdict::kFormErr;
      const Verdict opt = ReadOpt(fixed, root_owner, query);
      if (opt == Verdict::kFormErr) return opt;
      verdict = opt;
    } else if (static_cast<Type>(Load16(fixed)) == Type::kTsig) {
      if (i + 1 != count || i < before) return Verdict::kFormErr;
      query.tsig_at = static_cast<std::uint16_t>(begin);
    }
    at += kRecordFixed + length;
  }
  return at == query.size ? verdict : Verdict::kFormErr;
}

}  // namespace

Verdict ReadQuery(const std::uint8_t* wire, std::size_t size, std::uint64_t seed, Query& query) {
  query.wire = wire;
  query.size = static_cast<std::uint32_t>(size);
  query.question_end = kHeaderOctets;
  query.name_length = 0;
  query.has_edns = false;
  query.dnssec_ok = false;
  query.options = 0;
  query.cookie_length = 0;
  query.tsig_at = 0;
  if (size < kHeaderOctets || size > kMessageOctetsMax || (wire[2] & 0x80) != 0) return Verdict::kSilence;
  query.flags = Load16(wire + 2);
  const bool question = Load16(wire + 4) == 1 && ReadQuestion(seed, query);
  if ((query.flags & kOpcodeMask) != 0) {
    // What other opcodes carry need not look like a query's sections; only an OPT that can be read matters.
    if (question) ReadRecords(query);
    return Verdict::kNotImp;
  }
  if (question) return ReadRecords(query);
  const bool no_question = Load16(wire + 4) == 0;
  if (!no_question) return Verdict::kFormErr;
  const Verdict records = ReadRecords(query);
  return records == Verdict::kQuestion ? (query.cookie_length != 0 ? Verdict::kCookie : Verdict::kFormErr) : records;
}

bool ReadSerial(const Query& query, std::uint32_t& serial) {
  if (Load16(query.wire + 6) != 0 || Load16(query.wire + 8) == 0) return false;
  std::size_t at = SkipName(query, query.authority_at);
  if (at == 0 || query.size - at < kRecordFixed || static_cast<Type>(Load16(query.wire + at)) != Type::kSoa) {
    return false;
  }
  const std::size_t end = at + kRecordFixed + Load16(query.wire + at + 8);
  at = SkipName(query, at + kRecordFixed);
  if (at != 0) at = SkipName(query, at);
  constexpr std::size_t kNumbers = 20;  // serial, refresh, retry, expire, minimum
  if (at == 0 || end > query.size || at + kNumbers != end) return false;
  serial = Load32(query.wire + at);
  return true;
}

}  // namespace waypost::dns
