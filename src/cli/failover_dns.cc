#include "cli/failover_dns.h"

#include <arpa/inet.h>

#include <cstdio>
#include <optional>
#include <string_view>

namespace waypost::cli {
namespace {

using model::Code;
using model::Error;
using model::MakeError;

constexpr std::size_t kHeaderOctets = 12;
constexpr std::size_t kLabelMax = 63;
constexpr std::size_t kNameMax = 255;
constexpr std::uint16_t kClassIn = 1;
constexpr std::uint16_t kTypeOpt = 41;
constexpr std::uint16_t kFlagResponse = 0x8000;
constexpr std::uint16_t kFlagTruncated = 0x0200;
constexpr std::uint16_t kFlagRecursionDesired = 0x0100;
constexpr std::uint16_t kOpcodeMask = 0x7800;

void Append16(std::vector<std::uint8_t>& to, std::uint16_t value) {
  to.push_back(static_cast<std::uint8_t>(value >> 8));
  to.push_back(static_cast<std::uint8_t>(value));
}

Error Corrupt(std::string what) { return MakeError(Code::kCorrupt, "the DNS answer is malformed: " + std::move(what)); }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void AppendOctet(std::string& name, std::uint8_t octet) {
  const char c = Lower(static_cast<char>(octet));
  const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  if (plain) {
    name += c;
    return;
  }
  char escaped[5];
  std::snprintf(escaped, sizeof escaped, "\\%03u", octet);
  name += escaped;
}

/// Walks a message from front to back. Nothing is read beyond its end.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> message) : message_(message) {}

  std::size_t at() const { return at_; }
  std::size_t left() const { return message_.size() - at_; }
  std::optional<std::uint16_t> Take16() {
    if (left() < 2) return std::nullopt;
    at_ += 2;
    return static_cast<std::uint16_t>(message_[at_ - 2] << 8 | message_[at_ - 1]);
  }
  std::optional<std::uint32_t> Take32() {
    const auto high = Take16();
    const auto low = Take16();
    if (!high || !low) return std::nullopt;
    return static_cast<std::uint32_t>(*high) << 16 | *low;
  }
  std::optional<std::span<const std::uint8_t>> Take(std::size_t octets) {
    if (left() < octets) return std::nullopt;
    at_ += octets;
    return message_.subspan(at_ - octets, octets);
  }
  /// A name that may end in a pointer. None when it is cut short, too long, or points anywhere but backwards.
  std::optional<std::string> TakeName();

 private:
  std::span<const std::uint8_t> message_;
  std::size_t at_ = 0;
};

std::optional<std::string> Reader::TakeName() {
  std::string name;
  std::size_t octets = 1;  // the root label
  std::size_t from = at_;
  // Each pointer must lead before the piece it stands in, so that the walk ends.
  std::size_t piece = at_;
  std::optional<std::size_t> behind;
  while (from < message_.size()) {
    const std::uint8_t length = message_[from];
    if (length == 0) {
      at_ = behind.value_or(from + 1);
      return name;
    }
    if ((length & 0xc0) == 0xc0) {
      if (from + 1 >= message_.size()) return std::nullopt;
      const std::size_t target = static_cast<std::size_t>(length & 0x3f) << 8 | message_[from + 1];
      if (target < kHeaderOctets || target >= piece) return std::nullopt;
      if (!behind) behind = from + 2;
      piece = from = target;
      continue;
    }
    octets += 1U + length;
    if (length > kLabelMax || octets > kNameMax || from + 1 + length > message_.size()) return std::nullopt;
    if (!name.empty()) name += '.';
    for (std::size_t i = 1; i <= length; ++i) AppendOctet(name, message_[from + i]);
    from += 1U + length;
  }
  return std::nullopt;
}

/// RDATA whose reader stands at its start; it must fill exactly `octets`.
std::optional<DnsRecordSeen> TakeData(Reader& reader, std::uint16_t type, std::size_t octets) {
  const std::size_t end = reader.at() + octets;
  DnsRecordSeen record{{}, static_cast<DnsType>(type)};
  if (record.type == DnsType::kA || record.type == DnsType::kAaaa) {
    const bool is_a = record.type == DnsType::kA;
    const auto address = reader.Take(octets);
    if (!address || octets != (is_a ? 4U : 16U)) return std::nullopt;
    char text[INET6_ADDRSTRLEN];
    inet_ntop(is_a ? AF_INET : AF_INET6, address->data(), text, sizeof text);
    record.data = text;
    return record;
  }
  if (record.type == DnsType::kSrv) {
    const auto priority_and_weight = reader.Take32();
    const auto port = reader.Take16();
    if (!priority_and_weight || !port) return std::nullopt;
    record.port = *port;
  }
  const auto target = reader.TakeName();
  if (!target || reader.at() != end) return std::nullopt;
  record.data = *target;
  return record;
}

bool IsRead(std::uint16_t type) {
  switch (static_cast<DnsType>(type)) {
    case DnsType::kA:
    case DnsType::kCname:
    case DnsType::kAaaa:
    case DnsType::kSrv:
      return true;
  }
  return false;
}

/// The records of one section; those of types that nobody asks for are passed over.
model::Result<std::vector<DnsRecordSeen>> TakeSection(Reader& reader, std::size_t count) {
  std::vector<DnsRecordSeen> records;
  for (std::size_t i = 0; i < count; ++i) {
    const auto owner = reader.TakeName();
    const auto type = reader.Take16();
    const auto klass = reader.Take16();
    const auto ttl = reader.Take32();
    const auto octets = reader.Take16();
    if (!owner || !octets || reader.left() < *octets) return Corrupt("a record is cut short");
    if (*klass != kClassIn || !IsRead(*type)) {
      (void)reader.Take(*octets);
      continue;
    }
    auto record = TakeData(reader, *type, *octets);
    if (!record) return Corrupt("a record's data are not of its type");
    record->name = *owner;
    // RFC 2181 8: with the highest bit set it counts as 0.
    record->ttl_s = *ttl > 0x7fffffff ? 0 : *ttl;
    records.push_back(std::move(*record));
  }
  return records;
}

}  // namespace

std::string CanonicalName(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string canonical;
  for (const char c : name) canonical += Lower(c);
  return canonical;
}

model::Result<std::vector<std::uint8_t>> WriteQuery(const DnsQuestion& question) {
  std::vector<std::uint8_t> message;
  Append16(message, question.id);
  Append16(message, kFlagRecursionDesired);
  for (const std::uint16_t count : {1, 0, 0, 1}) Append16(message, count);
  std::string_view rest = question.name;
  if (rest.ends_with('.')) rest.remove_suffix(1);
  for (bool more = true; more;) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    more = label.size() < rest.size();
    if (label.empty() || label.size() > kLabelMax) {
      return MakeError(Code::kInvalidInput, question.name + " is no name that DNS can ask for");
    }
    message.push_back(static_cast<std::uint8_t>(label.size()));
    message.insert(message.end(), label.begin(), label.end());
    rest.remove_prefix(label.size() + (more ? 1 : 0));
  }
  message.push_back(0);
  if (message.size() - kHeaderOctets > kNameMax) {
    return MakeError(Code::kInvalidInput, question.name + " is longer than a name in DNS can be");
  }
  Append16(message, static_cast<std::uint16_t>(question.type));
  Append16(message, kClassIn);
  // EDNS 0: root owner, our payload size where a class would be, no flags, no options.
  message.push_back(0);
  Append16(message, kTypeOpt);
  Append16(message, kDnsPayload);
  for (const std::uint16_t nothing : {0, 0, 0}) Append16(message, nothing);
  return message;
}

model::Result<DnsAnswer> ReadAnswer(std::span<const std::uint8_t> message, const DnsQuestion& question) {
  Reader reader(message);
  const auto id = reader.Take16();
  const auto flags = reader.Take16();
  const auto questions = reader.Take16();
  const auto answers = reader.Take16();
  const auto authorities = reader.Take16();
  const auto additionals = reader.Take16();
  if (!additionals) return Corrupt("it is shorter than a header");
  if (*id != question.id) return Corrupt("it has another query's id");
  if ((*flags & kFlagResponse) == 0 || (*flags & kOpcodeMask) != 0) return Corrupt("it is no response to a query");
  DnsAnswer answer{static_cast<std::uint8_t>(*flags & 0x0f), (*flags & kFlagTruncated) != 0};
  if (std::size_t{*answers} + *authorities + *additionals > kDnsRecordsMax) return Corrupt("too many records");
  // FORMERR and the like may come without the question.
  if (*questions == 0 && answer.rcode != kDnsNoError && answer.rcode != kDnsNxDomain) return answer;
  if (*questions != 1) return Corrupt("it has " + std::to_string(*questions) + " questions");
  const auto name = reader.TakeName();
  const auto type = reader.Take16();
  const auto klass = reader.Take16();
  if (!name || !klass) return Corrupt("the question is cut short");
  if (*name != CanonicalName(question.name) || *type != static_cast<std::uint16_t>(question.type) ||
      *klass != kClassIn) {
    return Corrupt("it answers another question");
  }
  WP_TRY(answer_records, TakeSection(reader, *answers));
  WP_CHECK(TakeSection(reader, *authorities));
  WP_TRY(additional_records, TakeSection(reader, *additionals));
  if (reader.left() != 0) return Corrupt("octets stand behind its end");
  answer.answers = std::move(answer_records);
  answer.additionals = std::move(additional_records);
  return answer;
}

}  // namespace waypost::cli
