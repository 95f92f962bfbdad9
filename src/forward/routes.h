#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "forward/system_servers.h"
#include "forward/upstream.h"
#include "waypost/forward/forwarder.h"

namespace waypost::forward {

/// Whether a server that listens on `own` would be asked by asking `server`. A listener on a wildcard address has all
/// of this machine's.
bool Reaches(const dns::Endpoint& server, const std::vector<dns::Endpoint>& own);

/// Which servers are asked for which names. Totals from any thread; HasServers too; all else is used by the thread that
/// runs the context.
class Routes {
 public:
  /// Err: kConfig.
  static model::Result<std::unique_ptr<Routes>> Create(asio::io_context& context, const Options& options,
                                                       const Surroundings& surroundings, telemetry::Log log);

  /// Whether anybody can be asked for this name. O(labels), allocates nothing.
  bool HasServers(std::string_view name) const { return Find(name) != nullptr; }
  /// Those to be asked, in the order they were given.
  std::vector<std::shared_ptr<Upstream>> ServersOf(std::string_view name);

  void AddTo(std::vector<UpstreamTotals>& totals) const;
  void CloseIdle();

 private:
  using Servers = std::vector<std::shared_ptr<Upstream>>;
  struct List {
    bool system = false;  // as resolv.conf has it
    Servers servers = {};
  };

  Routes(asio::io_context& context, const Options& options, const Surroundings& surroundings, telemetry::Log log);
  model::Result<List> MakeList(const std::vector<std::string>& texts, const std::string& where);
  model::Status MakeSystemList();
  std::shared_ptr<Upstream> UpstreamAt(const dns::Endpoint& endpoint);
  const List* Find(std::string_view name) const;
  /// Takes the system's servers as they are now, without those that are ourselves. False: none is left.
  bool TakeSystem();
  void DropUnused();

  asio::io_context& context_;
  const std::vector<dns::Endpoint> own_;
  const std::chrono::milliseconds try_timeout_;
  const std::function<Time()> now_;
  telemetry::Log log_;
  SystemServers system_;
  bool uses_system_ = false;
  Servers system_servers_;
  std::optional<List> others_;                             // for names in no domain
  std::unordered_map<std::string_view, List> domains_;     // by canonical wire form
  std::vector<std::unique_ptr<const std::string>> names_;  // of domains_
  mutable std::mutex mutex_;                               // of upstreams_, which only the context's thread changes
  std::map<std::string, std::shared_ptr<Upstream>> upstreams_;
};

}  // namespace waypost::forward
