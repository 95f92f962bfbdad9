#include "operator/event_streams.h"

#include <algorithm>

#include "operator/event_json.h"

namespace waypost::oper {
namespace {

/// What one client may have waiting for its connection before it is given a pause: far below
/// http::Limits::stream_bytes_max, beyond which it would be cut off.
constexpr std::size_t kWaitingMax = 256 << 10;
constexpr std::size_t kPieceBytes = 64 << 10;
/// After how long a client that was given a pause is looked at again.
constexpr std::chrono::milliseconds kRetryPeriod(20);
/// How often it is looked who has gone and who has heard nothing for long.
constexpr std::chrono::milliseconds kTickPeriodMax(1000);
constexpr std::string_view kRetry = "retry: 1000\n";

std::string RevisionJson(model::Revision revision, std::string_view reason) {
  std::string out;
  JsonObject json(out);
  json.Number("revision", revision);
  if (!reason.empty()) json.Text("reason", reason);
  json.Close();
  return out;
}

std::string Block(std::string_view kind, model::Revision revision, std::string_view reason) {
  std::string block = "id: " + std::to_string(revision) + "\nevent: ";
  return block.append(kind).append("\ndata: ").append(RevisionJson(revision, reason)).append("\n\n");
}

}  // namespace

EventStreams::EventStreams(const EventsOptions& options, Watch& watch, const view::View& view,
                           std::atomic<std::size_t>& count)
    : options_(options),
      view_(view),
      count_(count),
      ring_(options.ring_events_max, options.ring_bytes_max),
      tick_(watch.context()),
      retry_(watch.context()) {}

void EventStreams::Open(http::Stream stream, const EventFilter& filter, std::optional<model::Revision> since) {
  if (stopped_) {
    count_.fetch_sub(1);
    return;  // the stream's last copy goes: it ends
  }
  Client client{std::move(stream), filter};
  client.stream.Write(Greeting(client, since));
  client.written = Clock::now();
  Pump(client);
  clients_.push_back(std::move(client));
  if (clients_.back().behind) ArmRetry();
  if (!ticking_) ArmTick();
}

std::string EventStreams::Greeting(Client& client, std::optional<model::Revision> since) const {
  std::string text(kRetry);
  if (!since) {
    client.cursor.done = client.told = ring_.last();
    return text + Block("hello", ring_.last(), "");
  }
  if (*since < ring_.floor()) {
    return text + Reset(client, "events up to revision " + std::to_string(ring_.floor()) + " are no longer kept");
  }
  // The view may be ahead of what has been put into words.
  if (*since > std::max(ring_.last(), view_.applied())) {
    return text + Reset(client, "revision " + std::to_string(*since) + " lies ahead of this server");
  }
  client.cursor.done = client.told = *since;
  return text + "\n";
}

std::string EventStreams::Reset(Client& client, std::string_view reason) const {
  client.cursor = {ring_.last(), 0};
  client.told = ring_.last();
  return Block("reset", ring_.last(), reason);
}

void EventStreams::Pump(Client& client) const {
  client.behind = false;
  while (client.stream.open()) {
    if (client.stream.waiting() >= kWaitingMax) {
      client.behind = true;
      return;
    }
    std::string piece;
    if (client.cursor.done < ring_.floor()) {
      piece = Reset(client, "what this client had not read yet is no longer kept");
    } else {
      piece = ring_.Read(client.cursor, client.filter, kPieceBytes);
    }
    if (piece.empty()) return;
    client.stream.Write(std::move(piece));
    client.written = Clock::now();
  }
}

void EventStreams::PumpThose(bool (*wanted)(const Client& client)) {
  bool behind = false;
  for (Client& client : clients_) {
    if (wanted(client)) Pump(client);
    behind = behind || client.behind;
  }
  if (behind) ArmRetry();
}

void EventStreams::Pump() {
  PumpThose([](const Client& client) { return !client.behind; });
}

void EventStreams::ArmRetry() {
  if (retrying_) return;
  retrying_ = true;
  retry_.expires_after(kRetryPeriod);
  retry_.async_wait([this](const boost::system::error_code& error) {
    retrying_ = false;
    if (!error.failed() && !stopped_) PumpThose([](const Client& client) { return client.behind; });
  });
}

void EventStreams::ArmTick() {
  ticking_ = true;
  tick_.expires_after(std::min(options_.keep_alive, kTickPeriodMax));
  tick_.async_wait([this](const boost::system::error_code& error) {
    ticking_ = false;
    if (!error.failed() && !stopped_) KeepAlive();
  });
}

void EventStreams::KeepAlive() {
  const std::size_t gone = std::erase_if(clients_, [](const Client& client) { return !client.stream.open(); });
  count_.fetch_sub(gone);
  const Clock::time_point now = Clock::now();
  for (Client& client : clients_) {
    if (client.behind || now - client.written < options_.keep_alive) continue;
    std::string piece = ": keep-alive\n";
    // A client that wants few events learns how far it has come, so that it can go on from there.
    if (!client.filter.all() && client.told < client.cursor.done) {
      client.told = client.cursor.done;
      piece += "id: " + std::to_string(client.told) + "\n";
    }
    client.stream.Write(piece + "\n");
    client.written = now;
  }
  if (!clients_.empty()) ArmTick();
}

void EventStreams::Stop() {
  stopped_ = true;
  for (const Client& client : clients_) client.stream.Close();
  count_.fetch_sub(clients_.size());
  clients_.clear();
  tick_.cancel();
  retry_.cancel();
}

}  // namespace waypost::oper
