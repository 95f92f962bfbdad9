#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "waypost/dns/address.h"
#include "waypost/dns/transfers.h"
#include "waypost/dns/tsig.h"
#include "waypost/model/clock.h"
#include "waypost/model/result.h"
#include "waypost/registry/listener.h"
#include "waypost/telemetry/log.h"
#include "waypost/view/view.h"
#include "waypost/zone/zone.h"

namespace waypost::transfer {

/// A server that holds copies of our zones.
struct Secondary {
  dns::Endpoint address = {};           ///< NOTIFY goes there; transfers are allowed from the address
  std::vector<std::string> zones = {};  ///< presentation form, or `*`
  std::string key = {};                 ///< presentation form of its TSIG key; empty: unsigned
};

struct Options {
  std::vector<Secondary> secondaries = {};
  /// As in dns::AnswerPolicy: canonical wire form; empty: `ns1.<apex>`.
  std::vector<std::string> nameservers = {};
  /// Of `ns1.<apex>`. Clients that ask us get the address they asked, but a copy must say one.
  std::vector<dns::Address> nameserver_addresses = {};
  /// As in dns::AnswerPolicy: who is meant by a private namespace, where a public one has its name too.
  dns::Networks private_networks = dns::Networks::Private();
  std::size_t journal_octets_max = 64ULL << 20;  ///< of all zones together
  std::chrono::milliseconds journal_age_max = std::chrono::hours(1);
  std::chrono::milliseconds refresh_pause{250};  ///< between two versions of a zone, unless one is asked for
  std::chrono::milliseconds notify_pause{500};   ///< between two NOTIFYs to one secondary about one zone
  std::chrono::milliseconds notify_wait{1000};   ///< for an answer; then twice as long, and so on
  unsigned notify_tries = 5;
};

/// What was done so far.
struct Totals {
  std::uint64_t full = 0;         ///< transfers begun: whole zones, asked for or in place of changes
  std::uint64_t incremental = 0;  ///< changes, and `nothing new`
  std::uint64_t refused = 0;
  std::uint64_t notify_sent = 0;  ///< messages, tries anew included
  std::uint64_t notify_answered = 0;
  std::uint64_t notify_lost = 0;  ///< given up
  std::uint64_t journal_octets = 0;
  std::uint64_t journal_steps = 0;
  std::uint64_t zones = 0;  ///< that are held for some secondary
};

/// Zone transfers and NOTIFY: zones that some secondary is listed for are kept as records, version by version, with a
/// journal of what changed. A thread of its own; all calls from any. The registry's listener from before it is loaded.
class ZoneTransfers final : public dns::Transfers, public registry::Listener {
 public:
  /// Err: kConfig (a zone's name, a key that is not known). View, keys and clock outlive it.
  static model::Result<std::unique_ptr<ZoneTransfers>> Create(Options options, view::View& view,
                                                              std::shared_ptr<const dns::Keyring> keys,
                                                              const model::Clock& clock, telemetry::Log log);
  /// Stops.
  ~ZoneTransfers() override;
  ZoneTransfers(const ZoneTransfers&) = delete;
  ZoneTransfers& operator=(const ZoneTransfers&) = delete;

  /// Starts the thread. Err: kIo (no socket for NOTIFY).
  model::Status Start();
  /// Questions from then on are answered with SERVFAIL. Harmless twice.
  void Stop();

  /// The static zones from now on; null: none.
  void SetZones(std::shared_ptr<const zone::ZoneSet> zones);

  void Begin(dns::TransferQuestion question, std::function<void(dns::Transfer)> done) override;

  void Loaded(const view::View& view) override;
  void Committed(model::Revision revision, std::span<const registry::Event> events) override;

  Totals totals() const;

 private:
  struct Impl;
  explicit ZoneTransfers(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::transfer
