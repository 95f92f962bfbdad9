#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "forward/cache.h"
#include "forward/channel.h"
#include "forward/upstream_message.h"
#include "waypost/dns/address.h"

namespace waypost::forward {

/// One server that is asked: a pool of channels to it, what it did lately, and counters. Lives in a shared_ptr. Used by
/// the thread that runs the context; counters from any.
class Upstream : public std::enable_shared_from_this<Upstream> {
 public:
  static constexpr std::size_t kIdleChannelsMax = 64;
  /// Who does not answer is put last for this long, then twice as long each time.
  static constexpr std::chrono::seconds kRestMin{2};
  static constexpr std::chrono::seconds kRestMax{60};

  struct Options {
    dns::Endpoint endpoint = {};
    std::chrono::milliseconds try_timeout{1500};
    std::function<Time()> now = {};
  };
  enum class Outcome : std::uint8_t {
    kAnswered,  ///< `reading` is no broken one
    kTimedOut,
    kFailed,  ///< unreachable, or what came is no response
  };
  struct Reply {
    Outcome outcome = Outcome::kFailed;
    Reading reading = {};
  };
  struct Counters {
    std::atomic<std::uint64_t> questions{0};
    std::atomic<std::uint64_t> failures{0};  ///< no usable answer, timeouts not counted
    std::atomic<std::uint64_t> timeouts{0};
    std::atomic<std::uint64_t> tcp{0};         ///< asked again by TCP
    std::atomic<std::uint64_t> latency_us{0};  ///< sum over `answers`
    std::atomic<std::uint64_t> answers{0};
  };
  using Asked = std::shared_ptr<Channel>;
  using Done = std::function<void(Reply)>;

  Upstream(asio::io_context& context, Options options) : context_(context), options_(std::move(options)) {}

  /// `done` is called once, not from within, unless cancelled. `id`: unpredictable. Null: it could not be asked, and
  /// `done` is not called.
  Asked Ask(const Question& question, std::uint16_t id, Edns edns, Done done);
  void Cancel(const Asked& asked, Edns edns);

  const dns::Endpoint& endpoint() const { return options_.endpoint; }
  /// When it should be asked before others again; in the past: now.
  Time rests_until() const { return rests_until_; }
  const Counters& counters() const { return counters_; }
  void CloseIdle();

 private:
  struct Try {
    Question question;
    std::uint16_t id;
    Edns edns;
    Time begun;
  };
  Asked Take(Edns edns);
  void GiveBack(const Asked& asked, Edns edns);
  Reply Judge(const Try& tried, const Channel::Reply& raw);
  void NoteFailure();
  std::vector<Asked>& idle(Edns edns) { return idle_[edns == Edns::kYes ? 0 : 1]; }

  asio::io_context& context_;
  const Options options_;
  std::array<std::vector<Asked>, 2> idle_;
  unsigned failures_ = 0;  // in a row
  Time rests_until_ = Time::min();
  Counters counters_;
};

}  // namespace waypost::forward
