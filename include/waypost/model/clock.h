#pragma once

#include <chrono>
#include <cstdint>

namespace waypost::model {

/// Wall-clock time as it is stored and shown: milliseconds since the Unix epoch.
struct Timestamp {
  std::int64_t ms = 0;
  auto operator<=>(const Timestamp&) const = default;
};

/// The time of day, handed in so that tests and simulations own it. Safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp Now() const override {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    return {duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
  }
};

/// Raised by one for each committed batch of writes; never falls, never repeats. 0: nothing was ever written.
using Revision = std::uint64_t;

}  // namespace waypost::model
