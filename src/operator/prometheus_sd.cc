#include "waypost/operator/prometheus_sd.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "operator/long_poll_request.h"
#include "operator/prometheus_sd_target.h"
#include "operator/query.h"
#include "operator/reply.h"
#include "waypost/model/owner_name.h"
#include "waypost/view/discovery.h"
#include "waypost/view/epoch.h"

namespace waypost::oper {
namespace {

using model::Code;
using model::MakeError;
using model::Result;

/// After so much the thread's other work has its turn.
constexpr std::size_t kServicesPerStep = 256;
constexpr std::size_t kTargetsPerStep = 2'048;

/// One request, and how far it has come.
struct Walk {
  http::Deferred deferred;
  std::string namespace_text = {};  // empty: all
  std::string service_text = {};    // empty: all
  view::HealthFilter health = view::HealthFilter::kHealthyOrElseAll;
  std::vector<Query::Pair> required = {};

  std::optional<model::NamespaceId> in = {};
  std::optional<model::ServiceId> after = {};
  std::string array = "[";
  std::size_t targets = 0;
};

Result<Walk> ReadWalk(std::string_view query_text) {
  Walk walk;
  WP_TRY(query, Query::Parse(query_text));
  for (const auto& [key, value] : query.pairs()) {
    if (key == "namespace") {
      walk.namespace_text = value;
    } else if (key == "service") {
      walk.service_text = value;
    } else if (key == "health") {
      WP_TRY(health, ParseHealthFilter(value));
      walk.health = health;
    } else {
      walk.required.emplace_back(key, value);
    }
  }
  return walk;
}

/// As DiscoverInstances finds it: names that are in DNS have no case.
bool HasName(const model::Service& service, std::string_view text) {
  return service.name == text || (service.has_dns() && model::EqualFolded(service.name, text));
}

}  // namespace

struct PrometheusSd::State {
  State(const PrometheusSdOptions& wanted, Watch& on, view::View& of)
      : options(wanted), watch(on), view(of), reader(of.domain()), random(0) {}

  Result<http::Progress> Serve(const http::Request& request, http::Response& response, http::Later& later) {
    if (!view.ready()) return MakeError(Code::kNotReady, "the registry is being loaded; try again");
    WP_TRY(walk, ReadWalk(request.query));
    if (walks.fetch_add(1) >= options.walks_max) {
      walks.fetch_sub(1);
      http::WriteError(response, 503, "TooManyRequests",
                       "as many of these requests are under way as this server allows");
      return http::Progress::kDone;
    }
    walk.deferred = later.Defer();
    Go([this](std::shared_ptr<Walk> begun) { Begin(std::move(begun)); }, std::make_shared<Walk>(std::move(walk)));
    return http::Progress::kLater;
  }

  template <class Step>
  void Go(Step step, std::shared_ptr<Walk> walk) {
    if (watch.Post([step, walk] { step(walk); })) return;
    End(*walk, MakeError(Code::kNotReady, "the server is stopping"));
  }

  // --- on the watch's thread, but for End ---

  void Begin(std::shared_ptr<Walk> walk) {
    if (const auto id = model::ServiceId::Parse(walk->service_text)) {
      if (const auto info = view.GetService(*id); info && InNamespace(*walk, info->config->service)) {
        AppendService(*walk, *id);
      }
      return End(*walk);
    }
    if (!walk->namespace_text.empty()) {
      walk->in = FindNamespace(walk->namespace_text);
      if (!walk->in) return End(*walk);
    }
    Continue(std::move(walk));
  }

  void Continue(std::shared_ptr<Walk> walk) {
    const std::size_t before = walk->targets;
    const std::vector<view::ServiceInfo> page = view.ListServices(walk->in, walk->after, kServicesPerStep);
    for (const view::ServiceInfo& info : page) {
      const model::Service& service = info.config->service;
      walk->after = service.id;
      if (!walk->service_text.empty() && !HasName(service, walk->service_text)) continue;
      AppendService(*walk, service.id);
      if (walk->targets > options.targets_max) return End(*walk);
      if (walk->targets - before >= kTargetsPerStep) break;
    }
    if (page.empty()) return End(*walk);
    Go([this](std::shared_ptr<Walk> begun) { Continue(std::move(begun)); }, walk);
  }

  std::optional<model::NamespaceId> FindNamespace(const std::string& text) {
    const view::ReadSection section(reader);
    const auto id = model::NamespaceId::Parse(text);
    const view::NamespaceNode* node = id ? view.FindNamespace(*id) : view.FindNamespaceByHttpName(text);
    if (node == nullptr) return std::nullopt;
    return node->id;
  }

  bool InNamespace(const Walk& walk, const model::Service& service) {
    return walk.namespace_text.empty() || FindNamespace(walk.namespace_text) == service.namespace_id;
  }

  void AppendService(Walk& walk, const model::ServiceId& id) {
    const view::ReadSection section(reader);
    const view::ServiceNode* node = view.FindService(id);
    if (node == nullptr) return;
    const view::ServiceState& live = node->state();
    const std::string labels = ServiceLabels(node->in(), live.config().service);
    required.assign(walk.required.begin(), walk.required.end());
    json.clear();
    const auto max = static_cast<std::uint32_t>(options.targets_max - walk.targets + 1);
    const std::uint32_t count = view::Discover(live, {required, {}, walk.health, max}, random, scratch, json);
    // What was found is not read out of the JSON again, but taken from where Discover noted it; in order, so that an
    // answer changes only when something did.
    std::sort(scratch.picks.begin(), scratch.picks.begin() + count);
    const view::ServiceState& state = live.answering();
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t index = scratch.picks[i];
      const view::Chunk& chunk = state.chunk(index / view::Chunk::kMembersMax);
      const std::uint32_t at = index % view::Chunk::kMembersMax;
      if (AppendTarget(chunk.member(at), chunk.health(at), labels, walk.array)) ++walk.targets;
    }
  }

  void End(Walk& walk, std::optional<model::Error> error = {}) {
    http::Response response;
    if (!error && walk.targets > options.targets_max) {
      error = MakeError(Code::kInvalidInput, "more than " + std::to_string(options.targets_max) +
                                                 " targets: choose a namespace or a service");
    }
    if (error) {
      Refuse(*error, response);
    } else {
      response.body = std::move(walk.array);
      response.body += ']';
    }
    walks.fetch_sub(1);
    walk.deferred.Send(std::move(response));
  }

  const PrometheusSdOptions options;
  Watch& watch;
  view::View& view;
  std::atomic<std::size_t> walks = 0;

  // The watch's thread.
  view::Reader reader;
  model::Random random;
  view::DiscoverScratch scratch;
  std::vector<view::AttributeFilter> required;
  std::string json;
};

PrometheusSd::PrometheusSd(const PrometheusSdOptions& options, Watch& watch, view::View& view)
    : state_(std::make_unique<State>(options, watch, view)) {}

PrometheusSd::~PrometheusSd() = default;

http::Progress PrometheusSd::Serve(const http::Request& request, http::Response& response, http::Later& later) {
  const Result<http::Progress> served = state_->Serve(request, response, later);
  if (served.ok()) return served.value();
  Refuse(served.error(), response);
  return http::Progress::kDone;
}

}  // namespace waypost::oper
