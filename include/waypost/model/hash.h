#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace waypost::model {

/// Mixes two words by a 64×64→128 bit multiplication, folded: the step that wyhash-like functions are built on.
inline std::uint64_t Mix64(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline constexpr std::uint64_t kHashSeed = 0x9e3779b97f4a7c15ULL;
inline constexpr std::uint64_t kHashStep = 0xd6e8feb86659fd93ULL;

inline std::uint64_t LoadTail(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

/// A 64-bit hash of bytes, the same on every run and machine of one byte order; eight bytes a step. Not for secrets:
/// whoever may choose many inputs can make collisions, so tables compare the full key.
inline std::uint64_t Hash64(std::string_view bytes, std::uint64_t seed = kHashSeed) {
  std::uint64_t state = seed ^ Mix64(bytes.size() + 1, kHashStep);
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    state = Mix64(state ^ word, kHashStep);
  }
  if (left != 0) state = Mix64(state ^ LoadTail(at, left), kHashStep);
  return Mix64(state, kHashSeed | 1);
}

}  // namespace waypost::model
