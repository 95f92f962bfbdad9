#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/dns/address.h"
#include "waypost/dns/protocol.h"

namespace waypost::dns {

/// A record that came from elsewhere. Owner and names inside are uncompressed wire form, in the case they came in.
struct OutsideRecord {
  std::string owner;
  Type type = Type::kA;
  std::uint32_t ttl = 0;  ///< seconds, when it was learned
  std::string rdata;
};

/// What is known about one name and type outside our zones. Immutable.
struct OutsideAnswer {
  /// kNoError and kNxDomain are findings; anything else: it could not be found out.
  Rcode rcode = Rcode::kNoError;
  /// First the CNAMEs that lead away from the name, each owner being the last one's target, then the records of the
  /// asked type at the end of that chain. Nothing else is ever in here.
  std::vector<OutsideRecord> answers = {};
  /// The SOA of a negative answer.
  std::optional<OutsideRecord> soa = {};
  /// Why it could not be found out.
  ExtendedError extended_error = ExtendedError::kNone;
};

struct OutsideFound {
  std::shared_ptr<const OutsideAnswer> answer;
  std::uint32_t age_s = 0;  ///< to be taken from each TTL
  bool stale = false;       ///< past its TTL (RFC 8767): shown with a TTL of 30 s
};

/// Names that are in no zone of ours: what is known of them, and how to find out. Safe from any thread.
class Outside {
 public:
  virtual ~Outside() = default;

  /// Whether this client's questions are sent on.
  virtual bool Serves(const Address& client) const = 0;

  enum class Accept : std::uint8_t {
    kFresh,  ///< only what is within its TTL; failures while they are remembered
    kAny,    ///< also stale answers, and failures: what there is once Fetch has called back
  };
  /// What is known; nullopt: nothing yet, so Fetch must be called. `name` is canonical wire form. Takes a lock for a
  /// moment, allocates nothing.
  virtual std::optional<OutsideFound> Find(std::string_view name, Type type, Accept accept) = 0;

  /// Finds out what is not known, then calls `done` once, on a thread of its own: Find with kAny then knows something,
  /// a failure if need be. Bounded in time. Questions for one name and type at one time are one question.
  virtual void Fetch(std::string name, Type type, std::function<void()> done) = 0;
};

}  // namespace waypost::dns
