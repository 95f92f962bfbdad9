#include "waypost/forward/forwarder.h"

#include <utility>

#include "forward/desk.h"

namespace waypost::forward {

Forwarder::Forwarder(std::unique_ptr<Desk> desk) : desk_(std::move(desk)) {}

Forwarder::~Forwarder() = default;

model::Result<std::unique_ptr<Forwarder>> Forwarder::Create(Options options, telemetry::Log log,
                                                            Surroundings surroundings) {
  WP_TRY(desk, Desk::Create(std::move(options), std::move(log), std::move(surroundings)));
  return std::unique_ptr<Forwarder>(new Forwarder(std::move(desk)));
}

void Forwarder::Start() { desk_->Start(); }

void Forwarder::Stop() { desk_->Stop(); }

bool Forwarder::Serves(const dns::Address& client) const { return desk_->Serves(client); }

std::optional<dns::OutsideFound> Forwarder::Find(std::string_view name, dns::Type type, Accept accept) {
  return desk_->Find(name, type, accept);
}

void Forwarder::Fetch(std::string name, dns::Type type, std::function<void()> done) {
  desk_->Fetch(std::move(name), type, std::move(done));
}

Totals Forwarder::totals() const { return desk_->totals(); }

}  // namespace waypost::forward
