#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "http/client.h"
#include "view/builders.h"
#include "waypost/http/router.h"
#include "waypost/operator/events.h"
#include "waypost/operator/long_poll.h"
#include "waypost/operator/prometheus_sd.h"
#include "waypost/operator/watch.h"

namespace waypost::oper {

using Json = nlohmann::json;

/// A view, those who follow it, and a server in front of them; what the registry would say, a test says.
struct WatchWorld {
  explicit WatchWorld(EventsOptions events_options = {}, LongPollOptions poll_options = {},
                      PrometheusSdOptions sd_options = {}, http::Options http_options = {})
      : events(events_options, watch, registered.view),
        polls(poll_options, watch, registered.view),
        targets(sd_options, watch, registered.view),
        running([this](const http::Request& request, http::Response& response,
                       http::Later& later) { return router.Serve(request, response, later); },
                std::move(http_options)) {
    watch.Start();
  }
  ~WatchWorld() {
    watch.Stop();
    running.server->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(30));
  }
  WatchWorld(const WatchWorld&) = delete;
  WatchWorld& operator=(const WatchWorld&) = delete;

  /// As the registry does when all is loaded.
  void Loaded(model::Revision revision) {
    view::Edit(registered.view).SetApplied(revision);
    events.Loaded(registered.view);
  }
  /// As its writer does behind a batch that the view shows.
  void Commit(model::Revision revision, std::vector<registry::Event> batch) {
    view::Edit(registered.view).SetApplied(revision);
    events.Committed(revision, batch);
    polls.Committed(revision, batch);
  }
  /// Registers an instance at a revision of its own.
  void Register(const model::Service& service, const std::string& id, model::Revision revision,
                model::Attributes attributes = {{"AWS_INSTANCE_IPV4", "10.0.0.1"}}) {
    registered.Register(service, id, attributes, revision);
    Commit(revision, {registry::InstancePut{view::World::MakeInstance(service.id, id, std::move(attributes))}});
  }

  http::Answer Get(const std::string& path, const std::string& fields = "") {
    http::Client client(running.address);
    const auto answer = client.Ask("GET " + path + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
    EXPECT_TRUE(answer.has_value()) << path;
    return answer.value_or(http::Answer());
  }

 private:
  struct Routes {
    explicit Routes(WatchWorld& world) {
      world.events.AddTo(world.router);
      world.polls.AddTo(world.router);
      world.targets.AddTo(world.router);
    }
  };

 public:
  view::World registered;
  Watch watch;
  Events events;
  LongPoll polls;
  PrometheusSd targets;
  http::Router router;
  Routes routes{*this};
  http::Running running;
};

/// A client of GET /v1/events. It speaks HTTP/1.0, so that there are no chunks to take away.
class EventClient {
 public:
  EventClient(const WatchWorld& world, const std::string& query, const std::string& fields = "", int receive_buffer = 0)
      : client_(world.running.address, receive_buffer) {
    client_.Send("GET /v1/events" + query + " HTTP/1.0\r\n" + fields + "\r\n");
  }

  std::optional<http::Answer> Head() { return client_.Read(true); }
  /// The lines up to the next empty one, as they came, without it; empty at the end of the stream.
  std::string Block() {
    std::size_t end = 0;
    while ((end = rest_.find("\n\n")) == std::string::npos) {
      const std::string more = client_.ReceiveSome();
      if (more.empty()) return "";
      rest_ += more;
    }
    const std::string block = rest_.substr(0, end);
    rest_.erase(0, end + 2);
    return block;
  }
  http::Client& client() { return client_; }

 private:
  http::Client client_;
  std::string rest_;
};

/// A field of a block; empty when it is not there.
inline std::string FieldOf(const std::string& block, const std::string& name) {
  const std::string lines = "\n" + block + "\n";
  const std::size_t at = lines.find("\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 3;
  return lines.substr(begin, lines.find('\n', begin) - begin);
}

inline Json DataOf(const std::string& block) { return Json::parse(FieldOf(block, "data")); }

}  // namespace waypost::oper
