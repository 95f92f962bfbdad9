#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/settings.h"
#include "server/zones_watch.h"
#include "waypost/dns/query_log.h"
#include "waypost/dns/server.h"
#include "waypost/forward/forwarder.h"
#include "waypost/model/clock.h"
#include "waypost/registry/registry.h"
#include "waypost/telemetry/log.h"
#include "waypost/transfer/zone_transfers.h"

namespace waypost::server {

/// Everything about DNS in one process: static zones, the forwarder, zone transfers, the query log and the door. Called
/// by the main thread in the order of the calls below.
class DnsSide {
 public:
  DnsSide(const Settings& settings, view::View& view, const model::Clock& clock, telemetry::Log log);

  /// Whether the settings about DNS make sense, as far as can be known without a server. Err: kConfig.
  static model::Status Check(const Settings& settings, const telemetry::Log& log);

  /// Makes all parts, reads the static zones. Before the registry loads. Err: kConfig, kIo, kPermission.
  model::Status Prepare(registry::Registry& registry);
  /// Takes the addresses. Err: as dns::Server::Bind.
  model::Status Bind();
  /// Err: kIo.
  model::Status Start();
  /// The registry is in the view: from now on static zones are checked against it, and followed.
  void Loaded();
  /// Zones and certificate again, and the query log's file; what fails stays as it was, and is logged.
  void Reload();
  void Stop();

  const dns::AnswerPolicy& policy() const { return *policy_; }
  dns::Server& door() { return *door_; }
  const dns::Server& door() const { return *door_; }
  const forward::Forwarder* forwarder() const { return forwarder_.get(); }
  const transfer::ZoneTransfers* transfers() const { return transfers_.get(); }
  const dns::QueryLog* query_log() const { return query_log_.get(); }

 private:
  model::Status MakeTransfers(registry::Registry& registry);
  model::Status MakeZones();
  void Publish(const std::shared_ptr<const zone::ZoneSet>& zones);

  const Settings& settings_;
  view::View& view_;
  const model::Clock& clock_;
  telemetry::Log log_;
  std::shared_ptr<const dns::AnswerPolicy> policy_;
  std::shared_ptr<const dns::Keyring> keys_;
  std::unique_ptr<dns::QueryLog> query_log_;
  std::unique_ptr<forward::Forwarder> forwarder_;
  std::unique_ptr<transfer::ZoneTransfers> transfers_;
  std::optional<dns::Server> door_;
  std::optional<ZonesWatch> zones_;
};

}  // namespace waypost::server
