#include "dns/reverse.h"

#include <charconv>

#include "waypost/model/owner_name.h"

namespace waypost::dns {
namespace {

using model::Code;
using model::MakeError;

constexpr std::string_view kIpv4Suffix("\007in-addr\004arpa", 13);
constexpr std::string_view kIpv6Suffix("\003ip6\004arpa", 9);
constexpr std::string_view kNibbles = "0123456789abcdef";

/// One label: an octet in decimal, or a nibble.
std::string LabelOf(unsigned value, bool v4) {
  const std::string text = v4 ? std::to_string(value) : std::string(1, kNibbles[value]);
  return static_cast<char>(text.size()) + text;
}

/// Part `at` of an address: an octet, or a nibble.
unsigned PartOf(const Address& address, unsigned at) {
  if (address.is_v4()) return address.octets[at];
  const unsigned octet = address.octets[at / 2];
  return at % 2 == 0 ? octet >> 4 : octet & 15;
}

/// The value of a label as DNS writes it (no leading zeros); -1: it is none.
int ValueOf(std::string_view label, bool v4) {
  if (!v4) return label.size() == 1 ? static_cast<int>(kNibbles.find(label[0]) & 0xff) : -1;
  int value = 0;
  const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), value);
  const bool whole = error == std::errc() && end == label.data() + label.size();
  return whole && value >= 0 && value <= 255 && (label.size() == 1 || label[0] != '0') ? value : -1;
}

}  // namespace

model::Result<std::vector<std::string>> ReverseApexes(std::string_view network) {
  const std::size_t slash = network.find('/');
  WP_TRY(address, Address::Parse(network.substr(0, slash)));
  const unsigned bits_max = address.is_v4() ? 32 : 128;
  unsigned bits = bits_max;
  if (slash != std::string_view::npos) {
    const std::string_view text = network.substr(slash + 1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
    if (error != std::errc() || end != text.data() + text.size() || bits == 0 || bits > bits_max) {
      return MakeError(Code::kConfig, "\"" + std::string(network) + "\": a length from 1 to " +
                                          std::to_string(bits_max) + " is needed, as in 10.0.0.0/8");
    }
  }
  const unsigned step = address.is_v4() ? 8 : 4;
  const unsigned whole = bits / step;
  const unsigned rest = bits % step;
  std::string suffix(address.is_v4() ? kIpv4Suffix : kIpv6Suffix);
  suffix.push_back('\0');
  for (unsigned i = 0; i < whole; ++i) suffix.insert(0, LabelOf(PartOf(address, i), address.is_v4()));
  if (rest == 0) return std::vector<std::string>{suffix};
  std::vector<std::string> apexes;
  const unsigned count = 1U << (step - rest);
  const unsigned first = PartOf(address, whole) & ~(count - 1);
  for (unsigned i = 0; i < count; ++i) apexes.push_back(LabelOf(first + i, address.is_v4()) + suffix);
  return apexes;
}

std::optional<Address> AddressOfReverseName(std::string_view name) {
  Address address;
  const bool v4 = name.substr(0, name.size() - 1).ends_with(kIpv4Suffix);
  if (!v4 && !name.substr(0, name.size() - 1).ends_with(kIpv6Suffix)) return std::nullopt;
  name.remove_suffix((v4 ? kIpv4Suffix : kIpv6Suffix).size() + 1);
  const unsigned parts = v4 ? 4 : 32;
  address.size = v4 ? 4 : 16;
  for (unsigned i = parts; i-- > 0;) {
    if (name.empty()) return std::nullopt;
    const std::size_t length = static_cast<std::uint8_t>(name[0]);
    const int value = ValueOf(name.substr(1, length), v4);
    if (value < 0 || value > (v4 ? 255 : 15)) return std::nullopt;
    if (v4) {
      address.octets[i] = static_cast<std::uint8_t>(value);
    } else {
      address.octets[i / 2] |= static_cast<std::uint8_t>(i % 2 == 0 ? value << 4 : value);
    }
    name.remove_prefix(length + 1);
  }
  return name.empty() ? std::optional(address) : std::nullopt;
}

}  // namespace waypost::dns
