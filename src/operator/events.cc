#include "waypost/operator/events.h"

#include <charconv>
#include <mutex>
#include <utility>

#include "operator/event_scribe.h"
#include "operator/event_streams.h"
#include "operator/query.h"
#include "operator/reply.h"
#include "waypost/view/epoch.h"

namespace waypost::oper {
namespace {

using model::Code;
using model::MakeError;
using model::Result;

/// A batch on its way from the registry's writer.
struct PendingBatch {
  model::Revision revision;
  std::vector<registry::Event> events;
};

Result<model::Revision> ParseRevision(std::string_view text) {
  model::Revision revision = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), revision);
  if (problem != std::errc() || end != text.data() + text.size()) {
    return MakeError(Code::kInvalidInput, "Last-Event-ID and since are revisions: numbers");
  }
  return revision;
}

/// After which revision the client wants to go on. A reconnecting client repeats its URL, so the header comes first.
Result<std::optional<model::Revision>> SinceOf(const http::Request& request, const Query& query) {
  std::string_view text = request.Header("Last-Event-ID");
  const std::string* since = query.Find("since");
  if (text.empty() && since != nullptr) text = *since;
  if (text.empty()) return std::optional<model::Revision>();
  WP_TRY(revision, ParseRevision(text));
  return std::optional(revision);
}

model::Status WantKinds(std::string_view names, EventFilter& filter) {
  while (true) {
    const std::size_t comma = std::min(names.find(','), names.size());
    const std::optional<EventKind> kind = ParseEventKind(names.substr(0, comma));
    if (!kind) return MakeError(Code::kInvalidInput, "kind: there are no events of this kind");
    filter.WantKind(*kind);
    if (comma == names.size()) return model::Ok();
    names.remove_prefix(comma + 1);
  }
}

}  // namespace

struct Events::State {
  State(const EventsOptions& wanted, Watch& on, view::View& of)
      : options(wanted), watch(on), view(of), streams(wanted, on, of, count), reader(of.domain()) {}

  /// An id counts whether it exists or not: what was deleted has events too. Err: kNamespaceNotFound.
  Result<model::NamespaceId> FindNamespace(const std::string& text) {
    if (const auto id = model::NamespaceId::Parse(text)) return *id;
    const std::lock_guard lock(reader_mutex);
    const view::ReadSection section(reader);
    const view::NamespaceNode* node = view.FindNamespaceByHttpName(text);
    if (node == nullptr) return MakeError(Code::kNamespaceNotFound, "there is no namespace " + text);
    return node->id;
  }

  /// By `srv-…`, `<service>.<namespace>`, or, where a namespace is given, the name in it. Err: kServiceNotFound.
  Result<model::ServiceId> FindService(const std::string& text, const std::string* in) {
    if (const auto id = model::ServiceId::Parse(text)) return *id;
    const std::lock_guard lock(reader_mutex);
    const view::ReadSection section(reader);
    const view::ServiceNode* node = nullptr;
    if (in != nullptr) {
      const auto id = model::NamespaceId::Parse(*in);
      const view::NamespaceNode* home = id ? view.FindNamespace(*id) : view.FindNamespaceByHttpName(*in);
      if (home != nullptr) node = view.FindService(home->http_name, text);
    }
    if (node == nullptr) node = view.FindServiceByText(text);
    if (node == nullptr) return MakeError(Code::kServiceNotFound, "there is no service " + text);
    return node->id();
  }

  Result<EventFilter> FilterOf(const Query& query) {
    EventFilter filter;
    for (const auto& [key, value] : query.pairs()) {
      if (key == "namespace") {
        WP_TRY(id, FindNamespace(value));
        filter.WantNamespace(id);
      } else if (key == "service") {
        WP_TRY(id, FindService(value, query.Find("namespace")));
        filter.WantService(id);
      } else if (key == "kind") {
        WP_CHECK(WantKinds(value, filter));
      } else if (key != "since") {
        return MakeError(Code::kInvalidInput, "parameters are since, namespace, service and kind");
      }
    }
    return filter;
  }

  Result<http::Progress> Serve(const http::Request& request, http::Response& response, http::Later& later) {
    if (!view.ready()) return MakeError(Code::kNotReady, "the registry is being loaded; try again");
    WP_TRY(query, Query::Parse(request.query));
    WP_TRY(since, SinceOf(request, query));
    WP_TRY(filter, FilterOf(query));
    if (count.fetch_add(1) >= options.streams_max) {
      count.fetch_sub(1);
      http::WriteError(response, 503, "TooManyStreams", "as many clients follow the events as this server allows");
      return http::Progress::kDone;
    }
    response.content_type = "text/event-stream";
    response.fields.emplace_back("Cache-Control", "no-cache");
    const http::Stream stream = later.BeginStream();
    const bool wanted = stream.open();  // not for HEAD
    if (!wanted || !watch.Post([this, stream, filter, since] { streams.Open(stream, filter, since); })) {
      count.fetch_sub(1);
    }
    return http::Progress::kStream;
  }

  /// On the writer's thread.
  void Take(model::Revision revision, std::span<const registry::Event> events) {
    const std::lock_guard lock(pending_mutex);
    if (pending_events + events.size() > options.pending_events_max && !pending.empty()) {
      pending.clear();
      pending_events = 0;
      lost = revision;
    } else {
      pending.push_back({revision, {events.begin(), events.end()}});
      pending_events += events.size();
    }
    if (!posted) posted = watch.Post([this] { Tell(); });
  }

  /// On the watch's thread: everything that was committed meanwhile.
  void Tell() {
    std::vector<PendingBatch> batches;
    model::Revision gap = 0;
    {
      const std::lock_guard lock(pending_mutex);
      batches.swap(pending);
      gap = std::exchange(lost, 0);
      pending_events = 0;
      posted = false;
    }
    if (gap != 0) {
      // Services may have come and gone in what was lost.
      scribe.SetHomes(ServiceHomes::Of(view));
      streams.ring().Restart(gap);
    }
    for (const PendingBatch& batch : batches) streams.ring().Append(scribe.Write(batch.revision, batch.events));
    streams.Pump();
  }

  const EventsOptions options;
  Watch& watch;
  view::View& view;
  std::atomic<std::size_t> count = 0;

  // The watch's thread.
  EventScribe scribe;
  EventStreams streams;

  std::mutex pending_mutex;
  std::vector<PendingBatch> pending;
  std::size_t pending_events = 0;
  model::Revision lost = 0;  // up to here; 0: nothing
  bool posted = false;

  // Not one for each worker: streams are rarely begun, and a domain's readers are few.
  std::mutex reader_mutex;
  view::Reader reader;
};

Events::Events(const EventsOptions& options, Watch& watch, view::View& view)
    : state_(std::make_unique<State>(options, watch, view)) {
  watch.AtStop([state = state_.get()] { state->streams.Stop(); });
}

Events::~Events() = default;

http::Progress Events::Serve(const http::Request& request, http::Response& response, http::Later& later) {
  const Result<http::Progress> served = state_->Serve(request, response, later);
  if (served.ok()) return served.value();
  Refuse(served.error(), response);
  return http::Progress::kDone;
}

void Events::Loaded(const view::View& view) {
  // Worked out here: what is loading holds nobody up.
  auto homes = std::make_shared<ServiceHomes>(ServiceHomes::Of(view));
  state_->watch.Post([state = state_.get(), homes, revision = view.applied()] {
    state->scribe.SetHomes(std::move(*homes));
    state->streams.ring().Restart(revision);
  });
}

void Events::Committed(model::Revision revision, std::span<const registry::Event> events) {
  state_->Take(revision, events);
}

std::size_t Events::streams() const { return state_->count.load(); }

}  // namespace waypost::oper
