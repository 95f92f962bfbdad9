#pragma once

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// DNS messages for tests, written and read without any of the code under test.
namespace waypost::dns::wire {

using Octets = std::vector<std::uint8_t>;

inline const std::map<std::string, std::uint16_t>& TypeNumbers() {
  static const std::map<std::string, std::uint16_t> numbers = {
      {"A", 1},      {"NS", 2},     {"CNAME", 5},  {"SOA", 6},   {"PTR", 12},       {"MX", 15},    {"TXT", 16},
      {"AAAA", 28},  {"SRV", 33},   {"DNAME", 39}, {"OPT", 41},  {"DS", 43},        {"TKEY", 249}, {"TSIG", 250},
      {"IXFR", 251}, {"AXFR", 252}, {"ANY", 255},  {"TYPE0", 0}, {"TYPE1000", 1000}};
  return numbers;
}

inline std::string TypeName(std::uint16_t type) {
  for (const auto& [name, number] : TypeNumbers()) {
    if (number == type) return name;
  }
  return "TYPE" + std::to_string(type);
}

inline void Put16(Octets& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

/// Plain labels only, no escapes.
inline void PutName(Octets& out, const std::string& name) {
  for (std::size_t at = 0; at < name.size() && name != ".";) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    out.push_back(static_cast<std::uint8_t>(dot - at));
    out.insert(out.end(), name.begin() + static_cast<std::ptrdiff_t>(at),
               name.begin() + static_cast<std::ptrdiff_t>(dot));
    at = dot + 1;
  }
  out.push_back(0);
}

struct Edns {
  unsigned payload = 1232;
  unsigned version = 0;
  unsigned flags = 0;
  std::string options = {};
};

inline void PutOpt(Octets& out, const Edns& edns, const std::string& owner = ".") {
  PutName(out, owner);
  Put16(out, 41);
  Put16(out, edns.payload);
  Put16(out, edns.version);  // extended rcode 0, version
  Put16(out, edns.flags);
  Put16(out, static_cast<unsigned>(edns.options.size()));
  out.insert(out.end(), edns.options.begin(), edns.options.end());
}

inline Octets Header(unsigned id, unsigned flags, std::array<unsigned, 4> counts) {
  Octets out;
  Put16(out, id);
  Put16(out, flags);
  for (const unsigned count : counts) Put16(out, count);
  return out;
}

inline void PutQuestion(Octets& out, const std::string& name, const std::string& type, unsigned klass = 1) {
  PutName(out, name);
  Put16(out, TypeNumbers().at(type));
  Put16(out, klass);
}

struct Ask {
  std::string name;
  std::string type = "A";
  std::optional<Edns> edns = {};
  unsigned flags = 0;
  unsigned id = 0x1234;
  unsigned klass = 1;
};

inline Octets Encode(const Ask& ask) {
  Octets out = Header(ask.id, ask.flags, {1, 0, 0, ask.edns ? 1U : 0U});
  PutQuestion(out, ask.name, ask.type, ask.klass);
  if (ask.edns) PutOpt(out, *ask.edns);
  return out;
}

struct Record {
  std::string owner;
  std::string type;
  std::uint16_t klass;
  std::uint32_t ttl;
  std::string data;  ///< presentation form of what is known, else empty
  std::string str() const { return owner + " " + std::to_string(ttl) + " " + type + " " + data; }
};

/// A whole message, or nothing when a single octet of it is not as it should be.
class Message {
 public:
  static std::optional<Message> Decode(std::span<const std::uint8_t> wire) {
    Message message;
    message.wire_ = wire;
    return message.Read() ? std::optional(message) : std::nullopt;
  }

  unsigned id = 0;
  unsigned flags = 0;
  std::vector<std::string> questions;  ///< `name TYPE`
  std::vector<Record> answer, authority, additional;
  std::optional<Edns> edns;
  unsigned rcode = 0;  ///< with the extended part

  bool aa() const { return (flags & 0x0400) != 0; }
  bool tc() const { return (flags & 0x0200) != 0; }

 private:
  std::span<const std::uint8_t> wire_;
  std::size_t at_ = 0;

  bool Has(std::size_t octets) const { return wire_.size() - at_ >= octets; }
  unsigned Take16() {
    at_ += 2;
    return static_cast<unsigned>(wire_[at_ - 2] << 8 | wire_[at_ - 1]);
  }
  std::uint32_t Take32() {
    const std::uint32_t high = Take16();
    return high << 16 | Take16();
  }

  bool TakeName(std::string& name) {
    std::size_t at = at_, piece = at_, octets = 0;
    bool jumped = false;
    name.clear();
    for (;;) {
      if (at >= wire_.size()) return false;
      const unsigned label = wire_[at];
      if (label >= 0xc0) {
        if (at + 1 >= wire_.size()) return false;
        const std::size_t target = (label & 0x3fU) << 8 | wire_[at + 1];
        if (target >= piece || target < 12) return false;
        if (!jumped) at_ = at + 2;
        jumped = true;
        at = piece = target;
        continue;
      }
      if (label > 63 || (octets += label + 1) > 255 || at + 1 + label > wire_.size()) return false;
      name.append(wire_.begin() + static_cast<std::ptrdiff_t>(at + 1),
                  wire_.begin() + static_cast<std::ptrdiff_t>(at + 1 + label));
      at += label + 1;
      if (label != 0) name += '.';
      if (label == 0) break;
    }
    if (!jumped) at_ = at;
    if (name.empty()) name = ".";
    return true;
  }

  bool TakeData(unsigned type, std::size_t length, std::string& text) {
    const std::size_t end = at_ + length;
    char address[INET6_ADDRSTRLEN];
    std::string first, second;
    if (type == 1 || type == 28) {
      if (length != (type == 1 ? 4U : 16U)) return false;
      text = inet_ntop(type == 1 ? AF_INET : AF_INET6, wire_.data() + at_, address, sizeof address);
      at_ = end;
    } else if (type == 2 || type == 5 || type == 12 || type == 39) {
      if (type == 39 && wire_[at_] >= 0xc0) return false;  // does not compress
      if (!TakeName(text)) return false;
    } else if (type == 15) {
      if (length < 3) return false;
      text = std::to_string(Take16()) + " ";
      if (!TakeName(first)) return false;
      text += first;
    } else if (type == 16) {
      for (; at_ < end; at_ += 1U + wire_[at_]) {
        if (at_ + 1 + wire_[at_] > end) return false;
        text += std::string(text.empty() ? "" : " ") + "\"" +
                std::string(wire_.begin() + static_cast<std::ptrdiff_t>(at_ + 1),
                            wire_.begin() + static_cast<std::ptrdiff_t>(at_ + 1 + wire_[at_])) +
                "\"";
      }
    } else if (type == 33) {
      if (length < 7) return false;
      for (int i = 0; i < 3; ++i) text += std::to_string(Take16()) + " ";
      if (wire_[at_] >= 0xc0 || !TakeName(first)) return false;  // targets do not compress
      text += first;
    } else if (type == 6) {
      if (!TakeName(first) || !TakeName(second) || end - at_ != 20) return false;
      text = first + " " + second;
      for (int i = 0; i < 5; ++i) {
        const std::uint32_t number = Take32();
        text += i == 0 ? " #" : " " + std::to_string(number);  // the serial is each test's own affair
        if (i == 0) serial_ = number;
      }
    } else {
      at_ = end;
    }
    return at_ == end;
  }

  bool TakeRecord(std::vector<Record>& section, bool may_be_opt) {
    Record record;
    if (!TakeName(record.owner) || !Has(10)) return false;
    const unsigned type = Take16();
    record.klass = static_cast<std::uint16_t>(Take16());
    record.ttl = Take32();
    record.type = TypeName(type);
    const std::size_t length = Take16();
    if (!Has(length)) return false;
    if (type != 41) {
      if (record.klass != 1 || !TakeData(type, length, record.data)) return false;
      section.push_back(record);
      return true;
    }
    if (!may_be_opt || edns || record.owner != ".") return false;
    edns = Edns{record.klass, record.ttl >> 16 & 0xff, record.ttl & 0xffff,
                std::string(wire_.begin() + static_cast<std::ptrdiff_t>(at_),
                            wire_.begin() + static_cast<std::ptrdiff_t>(at_ + length))};
    rcode |= record.ttl >> 24 << 4;
    at_ += length;
    return true;
  }

  bool Read() {
    if (wire_.size() < 12) return false;
    id = Take16();
    flags = Take16();
    rcode = flags & 15;
    const unsigned counts[4] = {Take16(), Take16(), Take16(), Take16()};
    for (unsigned i = 0; i < counts[0]; ++i) {
      std::string name;
      if (!TakeName(name) || !Has(4)) return false;
      questions.push_back(name + " " + TypeName(static_cast<std::uint16_t>(Take16())));
      at_ += 2;
    }
    std::vector<Record>* sections[] = {&answer, &authority, &additional};
    for (int s = 0; s < 3; ++s) {
      for (unsigned i = 0; i < counts[s + 1]; ++i) {
        if (!TakeRecord(*sections[s], s == 2)) return false;
      }
    }
    return at_ == wire_.size();
  }

  std::uint32_t serial_ = 0;

 public:
  std::uint32_t serial() const { return serial_; }  ///< of the last SOA in it
};

}  // namespace waypost::dns::wire
