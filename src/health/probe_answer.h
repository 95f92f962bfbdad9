#pragma once

#include <cstdint>

namespace waypost::health {

/// How far a reader of a checked server's answer is.
enum class Reading : std::uint8_t {
  kMore,  ///< not clear yet
  kGood,
  kBad,  ///< and the reader says why
};

}  // namespace waypost::health
