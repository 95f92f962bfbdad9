#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "waypost/model/clock.h"
#include "waypost/model/id.h"
#include "waypost/registry/command.h"

namespace waypost::health {

struct PinOf {
  model::ServiceId service;
  std::string instance;
  auto operator<=>(const PinOf&) const = default;
};
struct ShiftOf {
  std::string zone;
  auto operator<=>(const ShiftOf&) const = default;
};
struct HoldOf {
  model::ServiceId service;
  auto operator<=>(const HoldOf&) const = default;
};
/// What ends by the time of day.
using Ending = std::variant<PinOf, ShiftOf, HoldOf>;

/// In words, for the log: `the pin of srv-…/web-1`.
std::string NameOf(const Ending& ending);
/// The command that ends it; what was prolonged beyond `until` meanwhile stays.
registry::Change EndOf(const Ending& ending, model::Timestamp until);

/// Keeps the time of pins, shifts and holds. Each is ended when its time has come, and again every second until it is
/// known to have ended.
class Expiry {
 public:
  static constexpr std::chrono::milliseconds kAgain{1000};
  /// Ends asked for at one look; more wait for the next.
  static constexpr std::size_t kAtOnceMax = 256;

  /// Set, or prolonged.
  void Put(Ending ending, model::Timestamp until);
  void Erase(const Ending& ending);
  /// Its end was carried out, or it was no more: it is forgotten unless it was prolonged beyond `until`.
  void Ended(const Ending& ending, model::Timestamp until);

  struct Due {
    Ending ending;
    model::Timestamp until;
  };
  std::vector<Due> Take(model::Timestamp now);
  /// How many of a kind are set.
  template <class Kind>
  std::size_t Count() const {
    std::size_t count = 0;
    for (const auto& [ending, when] : endings_) count += std::holds_alternative<Kind>(ending) ? 1 : 0;
    return count;
  }
  /// When Take is due; none: nothing ends.
  std::optional<model::Timestamp> next() const;

 private:
  struct When {
    model::Timestamp until;
    model::Timestamp ask;  // not before
  };
  using Endings = std::map<Ending, When>;
  void Ask(Endings::iterator ending, model::Timestamp at);
  void Erase(Endings::iterator ending);

  Endings endings_;
  std::set<std::pair<model::Timestamp, const Ending*>> order_;  // by When::ask; keys of endings_
};

}  // namespace waypost::health
