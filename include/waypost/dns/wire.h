#pragma once

#include <cstdint>
#include <cstring>

/// Loads and stores in network byte order; the caller vouches for the bounds.
namespace waypost::dns {

inline std::uint16_t Load16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] << 8 | at[1]); }

inline std::uint32_t Load32(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(Load16(at)) << 16 | Load16(at + 2);
}

inline void Store16(std::uint8_t* at, std::uint16_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}

inline void Store32(std::uint8_t* at, std::uint32_t value) {
  Store16(at, static_cast<std::uint16_t>(value >> 16));
  Store16(at + 2, static_cast<std::uint16_t>(value));
}

}  // namespace waypost::dns
