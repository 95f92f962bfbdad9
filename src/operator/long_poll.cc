#include "waypost/operator/long_poll.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <mutex>
#include <utility>
#include <vector>

#include "operator/long_poll_request.h"
#include "operator/long_poll_waiters.h"
#include "operator/reply.h"
#include "waypost/view/epoch.h"

namespace waypost::oper {
namespace {

using model::Code;
using model::MakeError;
using model::Result;

/// Services that changed and were not looked at yet; beyond, all are.
constexpr std::size_t kTouchedMax = 65'536;

/// What one thread needs to answer.
struct Desk {
  Desk(view::EpochDomain& domain, std::uint64_t seed) : reader(domain), random(seed) {}
  view::Reader reader;
  model::Random random;
  view::DiscoverScratch scratch;
  std::vector<view::AttributeFilter> required;
};

/// The service whose answers an event changes; null: none.
struct TouchedService {
  const model::ServiceId* operator()(const model::Service& value) const { return &value.id; }
  const model::ServiceId* operator()(const registry::ServiceErased& value) const { return &value.id; }
  const model::ServiceId* operator()(const registry::InstancePut& put) const { return &put.value.service_id; }
  const model::ServiceId* operator()(const registry::InstanceErased& value) const { return &value.service_id; }
  const model::ServiceId* operator()(const model::Transition& value) const { return &value.service_id; }
  const model::ServiceId* operator()(const model::Pin& value) const { return &value.service_id; }
  const model::ServiceId* operator()(const registry::PinErased& value) const { return &value.service_id; }
  const model::ServiceId* operator()(const registry::HoldPut& put) const { return &put.service_id; }
  const model::ServiceId* operator()(const registry::HoldErased& value) const { return &value.service_id; }
  const model::ServiceId* operator()(const registry::ViewPut& put) const { return &put.value.service_id; }
  const model::ServiceId* operator()(const registry::ViewErased& value) const { return &value.service_id; }
  template <class Other>
  const model::ServiceId* operator()(const Other&) const {
    return nullptr;
  }
};

bool TouchesAll(const registry::Event& event) {
  return std::holds_alternative<model::Shift>(event) || std::holds_alternative<registry::ShiftErased>(event);
}

}  // namespace

struct LongPoll::State {
  State(const LongPollOptions& wanted, Watch& on, view::View& of)
      : options(wanted),
        watch(on),
        view(of),
        waiters(on.context(), [this](const LongPollWaiter& waiter, LongPollWaiters::Turn turn) {
          return AnswerWaiter(waiter, turn);
        }) {
    const std::uint64_t seed = options.seed.value_or(model::SystemSeed());
    // One desk for each worker, and the last for the watch.
    for (unsigned i = 0; i <= options.workers; ++i) desks.push_back(std::make_unique<Desk>(view.domain(), seed + i));
  }

  /// Section. A batch that is still being applied does not count yet: another of its changes may follow.
  model::Revision IndexOf(const view::ServiceNode& node) const {
    const model::Revision applied = view.applied();
    return std::min(applied, node.last_change());
  }

  /// Section.
  bool Due(const LongPollRequest& asked, const view::ServiceNode& node) const {
    // An index from the future is from before the registry was set back.
    return !asked.index || IndexOf(node) > *asked.index || *asked.index > view.applied();
  }

  /// Section. The index is read before the state, so that nothing which it does not count is ever missed.
  void AnswerNow(const LongPollRequest& asked, const view::ServiceNode& node, Desk& desk,
                 http::Response& response) const {
    response.fields.emplace_back("x-waypost-index", std::to_string(IndexOf(node)));
    const model::Revision revision = node.instances_revision();
    const view::ServiceState& state = node.Answering();
    desk.required.assign(asked.required.begin(), asked.required.end());
    response.body += R"({"Instances":[)";
    view::Discover(state, {desk.required, {}, asked.health, asked.max_results}, desk.random, desk.scratch,
                   response.body);
    response.body += R"(],"InstancesRevision":)" + std::to_string(revision) + "}";
  }

  Result<http::Progress> Serve(const http::Request& request, http::Response& response, http::Later& later) {
    if (!view.ready()) return MakeError(Code::kNotReady, "the registry is being loaded; try again");
    WP_TRY(asked, ReadLongPoll(request));
    assert(request.worker < options.workers);
    Desk& desk = *desks[request.worker];
    LongPollWaiter waiter;
    {
      const view::ReadSection section(desk.reader);
      const view::ServiceNode* node = view.FindService(asked.namespace_name, asked.service_name);
      if (node == nullptr) return Missing(asked);
      if (Due(asked, *node)) {
        AnswerNow(asked, *node, desk, response);
        return http::Progress::kDone;
      }
      const view::QueryPart* query = node->query();
      waiter.service_id = query != nullptr && query->fallback != nullptr ? kAnyService : node->id();
      waiter.of_view = query != nullptr;
    }
    if (waiting.fetch_add(1) >= options.waiters_max) {
      waiting.fetch_sub(1);
      http::WriteError(response, 503, "TooManyWaiters", "as many requests wait for a change as this server allows");
      return http::Progress::kDone;
    }
    waiter.deferred = later.Defer();
    waiter.asked = std::move(asked);
    if (watch.Post([this, waiter] { Wait(waiter); })) return http::Progress::kLater;
    // The server is stopping: nobody waits any more.
    waiting.fetch_sub(1);
    Answer(waiter, LongPollWaiters::Turn::kLast, desk, response);
    return http::Progress::kDone;
  }

  /// Section. Null: it is no more.
  const view::ServiceNode* NodeOf(const LongPollWaiter& waiter) const {
    if (!waiter.of_view) return view.FindService(waiter.service_id);
    const view::ServiceNode* node = view.FindService(waiter.asked.namespace_name, waiter.asked.service_name);
    return node != nullptr && node->query() != nullptr ? node : nullptr;
  }

  /// False: it is not due yet.
  bool Answer(const LongPollWaiter& waiter, LongPollWaiters::Turn turn, Desk& desk, http::Response& response) const {
    const view::ReadSection section(desk.reader);
    const view::ServiceNode* node = NodeOf(waiter);
    if (node == nullptr) {
      Refuse(MakeError(Code::kServiceNotFound, waiter.of_view ? "the view was deleted" : "the service was deleted"),
             response);
    } else if (turn == LongPollWaiters::Turn::kLast || Due(waiter.asked, *node)) {
      AnswerNow(waiter.asked, *node, desk, response);
    } else {
      return false;
    }
    return true;
  }

  /// Section.
  model::Error Missing(const LongPollRequest& asked) const {
    if (view.FindNamespaceByHttpName(asked.namespace_name) == nullptr) {
      return MakeError(Code::kNamespaceNotFound, "there is no namespace with the name " + asked.namespace_name);
    }
    return MakeError(Code::kServiceNotFound, "there is no service with the name " + asked.service_name +
                                                 " in namespace " + asked.namespace_name);
  }

  // --- on the watch's thread ---

  /// It is counted as waiting already, so what the view does not show here comes as a Wake behind this.
  void Wait(const LongPollWaiter& waiter) {
    if (!AnswerWaiter(waiter, LongPollWaiters::Turn::kTouched)) waiters.Add(waiter);
  }

  bool AnswerWaiter(const LongPollWaiter& waiter, LongPollWaiters::Turn turn) {
    http::Response response;
    if (!Answer(waiter, turn, *desks.back(), response)) return false;
    waiting.fetch_sub(1);
    waiter.deferred.Send(std::move(response));
    return true;
  }

  void Wake() {
    std::vector<model::ServiceId> services;
    bool all = false;
    {
      const std::lock_guard lock(touched_mutex);
      services.swap(touched);
      all = std::exchange(touched_all, false);
      posted = false;
    }
    if (all) return waiters.TouchAll();
    std::sort(services.begin(), services.end());
    services.erase(std::unique(services.begin(), services.end()), services.end());
    for (const model::ServiceId& service : services) waiters.Touch(service);
    if (!services.empty()) waiters.Touch(kAnyService);
  }

  // --- on the writer's ---

  void Take(std::span<const registry::Event> events) {
    // A read-modify-write, so that who begins to wait after it sees the view as it is now, and need not be told.
    if (waiting.fetch_add(0) == 0) return;
    const std::lock_guard lock(touched_mutex);
    for (const registry::Event& event : events) {
      if (TouchesAll(event)) touched_all = true;
      const model::ServiceId* service = std::visit(TouchedService(), event);
      if (service == nullptr || touched_all || (!touched.empty() && touched.back() == *service)) continue;
      touched.push_back(*service);
      if (touched.size() > kTouchedMax) touched_all = true;
    }
    if (touched_all) touched.clear();
    if (!posted && (touched_all || !touched.empty())) posted = watch.Post([this] { Wake(); });
  }

  const LongPollOptions options;
  Watch& watch;
  view::View& view;
  std::vector<std::unique_ptr<Desk>> desks;
  LongPollWaiters waiters;
  std::atomic<std::size_t> waiting = 0;

  std::mutex touched_mutex;
  std::vector<model::ServiceId> touched;
  bool touched_all = false;
  bool posted = false;
};

LongPoll::LongPoll(const LongPollOptions& options, Watch& watch, view::View& view)
    : state_(std::make_unique<State>(options, watch, view)) {
  watch.AtStop([state = state_.get()] { state->waiters.Stop(); });
}

LongPoll::~LongPoll() = default;

http::Progress LongPoll::Serve(const http::Request& request, http::Response& response, http::Later& later) {
  const Result<http::Progress> served = state_->Serve(request, response, later);
  if (served.ok()) return served.value();
  Refuse(served.error(), response);
  return http::Progress::kDone;
}

void LongPoll::Committed(model::Revision /*revision*/, std::span<const registry::Event> events) {
  state_->Take(events);
}

std::size_t LongPoll::waiters() const { return state_->waiting.load(); }

}  // namespace waypost::oper
