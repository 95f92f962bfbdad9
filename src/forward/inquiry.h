#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "forward/upstream.h"
#include "waypost/dns/outside.h"

namespace waypost::forward {

/// One question put to several servers until one of them answers it or time is up. Lives in a shared_ptr. Used by the
/// thread that runs the context.
class Inquiry : public std::enable_shared_from_this<Inquiry> {
 public:
  /// Who did not answer is asked once more, without EDNS: some hosts drop what they do not know.
  static constexpr unsigned kRounds = 2;

  struct Options {
    std::size_t width = 1;  ///< servers that are asked at one time
    std::chrono::milliseconds timeout{5000};
    std::function<std::uint16_t()> draw_id = {};
    std::function<Time()> now = {};
  };
  using Done = std::function<void(dns::OutsideAnswer)>;

  /// `done` is called once, not from within Begin, unless cancelled, and gets a finding or a failure.
  Inquiry(asio::io_context& context, Question question, Options options, Done done);
  Inquiry(const Inquiry&) = delete;
  Inquiry& operator=(const Inquiry&) = delete;

  void Begin(const std::vector<std::shared_ptr<Upstream>>& servers);
  void Cancel();

 private:
  struct Try {
    std::shared_ptr<Upstream> server;
    Edns edns = Edns::kYes;
    Upstream::Asked asked = nullptr;
    std::uint64_t number = 0;
  };

  void AskMore();
  bool Ask(Try next);
  void OnReply(std::uint64_t number, Upstream::Reply reply);
  void End(dns::OutsideAnswer answer);
  dns::OutsideAnswer Failure() const;

  Question question_;
  const Options options_;
  Done done_;
  Timer deadline_;
  std::deque<Try> waiting_;  // who is to be asked, in order
  std::vector<Try> asked_;   // who is being asked
  std::vector<std::shared_ptr<Upstream>> silent_;
  unsigned round_ = 1;
  std::uint64_t last_number_ = 0;
  bool heard_ = false;  // somebody answered, though not the question
};

}  // namespace waypost::forward
