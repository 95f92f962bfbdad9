#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "waypost/http/message.h"
#include "waypost/model/arn.h"
#include "waypost/model/clock.h"
#include "waypost/registry/registry.h"
#include "waypost/telemetry/log.h"
#include "waypost/view/view.h"

namespace waypost::cloudmap {

struct Options {
  /// What ARNs, owners and GetCallerIdentity say.
  model::Identity identity = {};
  /// EC2 instance id → IPv4 address, for instances registered with AWS_EC2_INSTANCE_ID.
  std::map<std::string, std::string, std::less<>> ec2_addresses = {};
  /// Threads that call Serve; http::Request::worker is below it. At most view::EpochDomain::kReadersMax with all other
  /// readers of the view.
  unsigned workers = 1;
  /// Where ids and the order of discovered instances are drawn from; absent: the operating system's.
  std::optional<std::uint64_t> seed = {};
};

/// The AWS door, for `/`: all operations of Route53AutoNaming_v20170314 in AWS JSON 1.1, and STS's GetCallerIdentity in
/// the query protocol, so that one endpoint URL serves both.
///
/// Serve may be called on `workers` threads at once, each with its own worker index. Reads are answered at once from
/// the view; writes go to the registry, whose writer thread answers them. Everything given to the constructor is
/// borrowed; the registry must be stopped before the Api is destroyed, as its completions come here.
class Api final : public http::Handler {
 public:
  Api(Options options, registry::Registry& registry, view::View& view, const model::Clock& clock, telemetry::Log log);
  ~Api() override;
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  http::Progress Serve(const http::Request& request, http::Response& response, http::Later& later) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waypost::cloudmap
