#pragma once

#include <cstddef>

#include "http/types.h"

namespace waypost::http {

/// A client's connection in whatever it speaks, as its worker lists it. On the worker's thread.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Once a sweep: cuts a client that is late, or that went away while its answer was made.
  virtual void Check(Clock::time_point now) = 0;
  /// Ends an idle connection now, a stream behind what was written to it, and another one behind its answer.
  virtual void BeginStop() = 0;
  virtual void Cut() = 0;

  std::size_t slot = 0;  ///< the worker's: position in its list
};

}  // namespace waypost::http
