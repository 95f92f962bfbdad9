#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "health/probe_types.h"

struct ares_addrinfo;

namespace waypost::health {

class DnsChannel;

/// What a name led to: an address, or why there is none.
struct Resolved {
  asio::ip::address address = {};
  std::string why = {};  ///< "no such name"; empty: `address` is valid
};

/// Addresses of names, by the hosts file and DNS, remembered as long as the records may be. Questions for one name at
/// one time are one question. Lives in a shared_ptr. Used by the thread that runs the context; dies before it.
class Resolver : public std::enable_shared_from_this<Resolver> {
 public:
  static constexpr std::size_t kNamesMax = 4096;
  /// Records are remembered by their TTL within these bounds, failures for the lower one.
  static constexpr std::chrono::seconds kKeptMin{1};
  static constexpr std::chrono::seconds kKeptMax{60};
  /// One try at a name server, and tries at each.
  static constexpr std::chrono::milliseconds kTryTimeout{1000};
  static constexpr int kTries = 2;
  /// The system's configuration is read anew when nothing is asked and it is older.
  static constexpr std::chrono::seconds kConfigurationAge{60};

  struct Options {
    std::string name_servers = {};  ///< as in NetworkOptions
    std::function<Clock::time_point()> now = Clock::now;
  };
  using Done = std::function<void(const Resolved&)>;
  using Ticket = std::uint64_t;

  Resolver(asio::io_context& context, Options options) : context_(context), options_(std::move(options)) {}
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// What is remembered of a name; null: it must be asked for. Valid until the next call.
  const Resolved* Find(const std::string& name);
  /// Calls `done` once, maybe from within, unless it is forgotten before. IPv4 addresses are preferred.
  Ticket Ask(const std::string& name, Done done);
  void Forget(const std::string& name, Ticket ticket);
  /// Drops all questions, and what is remembered.
  void CancelAll();

 private:
  struct Question;
  struct Waiter {
    Ticket ticket;
    Done done;
  };
  struct Name {
    Resolved resolved;
    Clock::time_point until = {};
    std::vector<Waiter> waiters = {};
    bool asked = false;  // a question is under way
  };

  static void OnAnswer(void* argument, int status, int timeouts, ares_addrinfo* found);
  void Settle(const std::string& name, Resolved resolved, std::chrono::seconds kept);
  bool MakeRoom();
  bool OpenChannel();

  asio::io_context& context_;
  Options options_;
  std::shared_ptr<DnsChannel> channel_;
  Clock::time_point channel_opened_ = {};
  std::unordered_map<std::string, Name> names_;
  std::size_t questions_ = 0;  // under way
  Ticket last_ticket_ = 0;
};

}  // namespace waypost::health
