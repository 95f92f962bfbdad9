#include "health/expiry.h"

namespace waypost::health {
namespace {

struct End {
  model::Timestamp until;
  registry::Change operator()(const PinOf& pin) const {
    return registry::UnpinHealth{pin.service, pin.instance, until};
  }
  registry::Change operator()(const ShiftOf& shift) const { return registry::EndShift{shift.zone, until}; }
  registry::Change operator()(const HoldOf& hold) const { return registry::EndHold{hold.service, until}; }
};

}  // namespace

std::string NameOf(const Ending& ending) {
  if (const auto* pin = std::get_if<PinOf>(&ending)) return "the pin of " + pin->service.str() + "/" + pin->instance;
  if (const auto* shift = std::get_if<ShiftOf>(&ending)) return "the shift of zone " + shift->zone;
  return "the hold of " + std::get<HoldOf>(ending).service.str();
}

registry::Change EndOf(const Ending& ending, model::Timestamp until) { return std::visit(End{until}, ending); }

void Expiry::Ask(Endings::iterator ending, model::Timestamp at) {
  order_.erase({ending->second.ask, &ending->first});
  ending->second.ask = at;
  order_.emplace(at, &ending->first);
}

void Expiry::Erase(Endings::iterator ending) {
  order_.erase({ending->second.ask, &ending->first});
  endings_.erase(ending);
}

void Expiry::Put(Ending ending, model::Timestamp until) {
  const auto at = endings_.try_emplace(std::move(ending)).first;
  at->second.until = until;
  Ask(at, until);
}

void Expiry::Erase(const Ending& ending) {
  const auto at = endings_.find(ending);
  if (at != endings_.end()) Erase(at);
}

void Expiry::Ended(const Ending& ending, model::Timestamp until) {
  const auto at = endings_.find(ending);
  if (at != endings_.end() && at->second.until <= until) Erase(at);
}

std::vector<Expiry::Due> Expiry::Take(model::Timestamp now) {
  std::vector<Due> due;
  while (!order_.empty() && order_.begin()->first <= now && due.size() < kAtOnceMax) {
    const auto at = endings_.find(*order_.begin()->second);
    due.push_back({at->first, at->second.until});
    Ask(at, {now.ms + kAgain.count()});
  }
  return due;
}

std::optional<model::Timestamp> Expiry::next() const {
  if (order_.empty()) return std::nullopt;
  return order_.begin()->first;
}

}  // namespace waypost::health
