#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "transfer/secondaries.h"
#include "transfer/soa.h"
#include "transfer/tallies.h"
#include "waypost/model/clock.h"
#include "waypost/model/random.h"
#include "waypost/telemetry/log.h"

namespace waypost::transfer {

/// Tells secondaries of new versions (RFC 1996). About one zone, one secondary is asked to look at most once at a time;
/// what comes meanwhile waits, and only the newest serial goes. Of the thread of its io_context.
class Notifier {
 public:
  /// NOTIFYs that wait for an answer, of all zones and secondaries; others wait for their turn.
  static constexpr std::size_t kInFlightMax = 1024;

  Notifier(boost::asio::io_context& io, const Options& options, const Secondaries& secondaries,
           const model::Clock& clock, telemetry::Log log, Tallies& tallies);
  ~Notifier();

  /// Err: kIo.
  model::Status Open();
  void Close();
  /// `secondary`: its place in the list. `apex`: canonical wire form.
  void Announce(const std::string& apex, std::size_t secondary, const Soa& soa);
  /// Nothing more about this zone.
  void Forget(const std::string& apex);

 private:
  using Clock = std::chrono::steady_clock;
  struct Door;
  struct Key {
    std::string apex;
    std::size_t secondary;
    auto operator<=>(const Key&) const = default;
  };
  struct Topic {
    explicit Topic(boost::asio::io_context& io) : timer(io) {}
    boost::asio::steady_timer timer;  // for the next try, or for the end of the pause
    Soa soa = {};
    bool wanted = false;  // a version that was not told yet
    bool resting = false;
    bool queued = false;
    std::uint16_t id = 0;  // 0: nothing is in flight
    unsigned tries = 0;
    std::uint32_t told = 0;  // the serial of the last message
  };

  void Begin(const Key& key, Topic& topic);
  void Try(const Key& key, Topic& topic);
  void Send(const Key& key, const Topic& topic);
  void OnTimer(const Key& key);
  void End(const Key& key, Topic& topic);
  void Rest(const Key& key, Topic& topic);
  void BeginWaiting();
  void Receive(Door& door);
  void Take(const Door& door, std::size_t size);
  std::uint16_t DrawId();

  boost::asio::io_context& io_;
  const Options& options_;
  const Secondaries& secondaries_;
  const model::Clock& clock_;
  telemetry::Log log_;
  Tallies& tallies_;
  model::Random random_;
  std::array<std::unique_ptr<Door>, 2> doors_;  // IPv4, IPv6
  std::map<Key, Topic> topics_;
  std::unordered_map<std::uint16_t, Key> in_flight_;  // by id
  std::deque<Key> waiting_;                           // for others' answers
  bool closed_ = false;
};

}  // namespace waypost::transfer
