#include "health/suspicion.h"

namespace waypost::health {

void Suspicion::Silence(Witness& witness) {
  if (witness.says == Witness::Says::kGood) --good_;
  if (witness.says == Witness::Says::kFailing) {
    failing_.erase({witness.until, &witness});
    if (--*witness.service_count == 0) --services_;
  }
  witness.says = Witness::Says::kNothing;
}

void Suspicion::Good(Witness& witness) {
  witness.failed = false;
  if (witness.says == Witness::Says::kGood) return;
  Silence(witness);
  witness.says = Witness::Says::kGood;
  ++good_;
}

void Suspicion::Bad(Witness& witness, Instant now, std::chrono::milliseconds recent, std::uint32_t& service_count) {
  if (witness.failed) return;  // it goes on
  Silence(witness);
  witness.failed = true;
  witness.says = Witness::Says::kFailing;
  witness.until = now + recent;
  witness.service_count = &service_count;
  failing_.emplace(witness.until, &witness);
  if (service_count++ == 0) ++services_;
}

void Suspicion::BadAsKnown(Witness& witness) {
  if (witness.failed) return;
  Silence(witness);
  witness.failed = true;
}

void Suspicion::Leave(Witness& witness) {
  Silence(witness);
  witness.failed = false;
}

Suspicion::Change Suspicion::Judge(Instant now) {
  if (phase_ != Phase::kSuspect) {
    while (!failing_.empty() && failing_.begin()->first <= now) Silence(*failing_.begin()->second);
  }
  const bool most = failing() > good_;
  if (phase_ == Phase::kSuspect) {
    if (!most) {
      phase_ = Phase::kCalm;
      return Change::kRecovered;
    }
    if (now < ends_) return Change::kNone;
    phase_ = Phase::kSpent;
    return Change::kTimedOut;
  }
  if (!most) phase_ = Phase::kCalm;
  if (phase_ == Phase::kSpent || hold_.count() == 0 || !most) return Change::kNone;
  if (failing() < kSuspectTargetsMin || services_ < kSuspectServicesMin) return Change::kNone;
  phase_ = Phase::kSuspect;
  ends_ = now + hold_;
  return Change::kBegan;
}

}  // namespace waypost::health
