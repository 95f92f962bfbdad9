#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/dns/address.h"
#include "waypost/dns/outside.h"
#include "waypost/dns/protocol.h"
#include "waypost/dns/wire.h"
#include "waypost/model/owner_name.h"

namespace waypost::dns {

inline bool operator==(const OutsideRecord& a, const OutsideRecord& b) {
  return a.owner == b.owner && a.type == b.type && a.ttl == b.ttl && a.rdata == b.rdata;
}

}  // namespace waypost::dns

namespace waypost::forward {

inline std::string Wire(std::string_view name) { return std::string(model::OwnerName::Parse(name).value().wire()); }

inline std::string Number16(unsigned value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }

inline std::string Number32(std::uint32_t value) { return Number16(value >> 16) + Number16(value & 0xffff); }

inline std::string Octets(std::string_view address) {
  const dns::Address parsed = dns::Address::Parse(address).value();
  return {reinterpret_cast<const char*>(parsed.octets.data()), parsed.size};
}

inline dns::OutsideRecord A(std::string_view owner, std::string_view address, std::uint32_t ttl = 60) {
  return {Wire(owner), dns::Type::kA, ttl, Octets(address)};
}

inline dns::OutsideRecord Cname(std::string_view owner, std::string_view target, std::uint32_t ttl = 60) {
  return {Wire(owner), dns::Type::kCname, ttl, Wire(target)};
}

inline dns::OutsideRecord Soa(std::string_view owner, std::uint32_t ttl, std::uint32_t minimum) {
  return {Wire(owner), dns::Type::kSoa, ttl,
          Wire("ns.example.") + Wire("root.example.") + Number32(1) + Number32(2) + Number32(3) + Number32(4) +
              Number32(minimum)};
}

inline dns::OutsideRecord Text(std::string_view owner, std::size_t octets) {
  std::string data;
  while (data.size() < octets) data += '\xc8' + std::string(200, 'x');
  return {Wire(owner), dns::Type::kTxt, 60, std::move(data)};
}

inline dns::OutsideRecord Ns(std::string_view owner, std::string_view target) {
  return {Wire(owner), dns::Type::kNs, 60, Wire(target)};
}

inline std::string Packed(const dns::OutsideRecord& record) {
  return record.owner + Number16(static_cast<unsigned>(record.type)) + Number16(1) + Number32(record.ttl) +
         Number16(static_cast<unsigned>(record.rdata.size())) + record.rdata;
}

/// A response, made to a query's id and question.
struct Response {
  dns::Rcode rcode = dns::Rcode::kNoError;
  std::vector<dns::OutsideRecord> answer = {};
  std::vector<dns::OutsideRecord> authority = {};
  std::vector<dns::OutsideRecord> additional = {};
  std::uint16_t flags = 0x8180;  ///< QR, RD, RA
  bool opt = true;

  /// `query`: header, question, and maybe more.
  std::string To(std::string_view query) const {
    std::string out(query.substr(0, 2));
    out += Number16(flags | static_cast<unsigned>(rcode)) + Number16(1);
    out += Number16(static_cast<unsigned>(answer.size())) + Number16(static_cast<unsigned>(authority.size()));
    out += Number16(static_cast<unsigned>(additional.size() + (opt ? 1 : 0)));
    out += query.substr(12, QuestionOctets(query));
    for (const auto* section : {&answer, &authority, &additional}) {
      for (const dns::OutsideRecord& record : *section) out += Packed(record);
    }
    if (opt) out += std::string(1, '\0') + Number16(41) + Number16(1232) + Number32(0) + Number16(0);
    return out;
  }

  static std::size_t QuestionOctets(std::string_view query) {
    std::size_t at = 12;
    while (query[at] != 0) at += 1u + static_cast<std::uint8_t>(query[at]);
    return at + 5 - 12;
  }
};

}  // namespace waypost::forward
