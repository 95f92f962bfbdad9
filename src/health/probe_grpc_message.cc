// The two messages of grpc.health.v1, read and written by hand: one field each.
#include <cstdint>
#include <optional>

#include "health/probe_grpc_answer.h"

namespace waypost::health {
namespace {

constexpr unsigned kStatusField = 1;
constexpr unsigned kVarintBitsMax = 64;
enum WireType : unsigned { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

std::optional<std::uint64_t> TakeVarint(std::string_view& rest) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < kVarintBitsMax && !rest.empty(); shift += 7) {
    const auto octet = static_cast<std::uint8_t>(rest.front());
    rest.remove_prefix(1);
    value |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
    if (octet < 0x80) return value;
  }
  return std::nullopt;
}

bool Skip(std::string_view& rest, std::uint64_t count) {
  if (count > rest.size()) return false;
  rest.remove_prefix(static_cast<std::size_t>(count));
  return true;
}

}  // namespace

int ReadServingStatus(std::string_view message) {
  int status = 0;
  while (!message.empty()) {
    const auto key = TakeVarint(message);
    if (!key || *key >> 3 == 0) return -1;
    const auto type = static_cast<unsigned>(*key & 7);
    if (type == kFixed64 || type == kFixed32) {
      if (!Skip(message, type == kFixed64 ? 8 : 4)) return -1;
      continue;
    }
    const auto value = type == kVarint || type == kBytes ? TakeVarint(message) : std::nullopt;
    if (!value || (type == kBytes && !Skip(message, *value))) return -1;
    // An enum beyond 31 bits is none that we know.
    if (type == kVarint && *key >> 3 == kStatusField)
      status = *value > INT32_MAX ? INT32_MAX : static_cast<int>(*value);
  }
  return status;
}

std::string HealthCheckRequestMessage(std::string_view service) {
  std::string message;
  if (service.empty()) return message;
  message += static_cast<char>(1 << 3 | kBytes);
  std::uint64_t size = service.size();
  for (; size >= 0x80; size >>= 7) message += static_cast<char>(0x80 | (size & 0x7f));
  message += static_cast<char>(size);
  message += service;
  return message;
}

}  // namespace waypost::health
