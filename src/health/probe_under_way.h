#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "health/probe_types.h"
#include "waypost/health/probe.h"

namespace waypost::health {

class ProbesUnderWay;

/// What is to be checked, since when, and who wants to know.
struct ProbeTask {
  ProbeRequest request;
  std::function<void(ProbeResult)> done;
  Clock::time_point started;

  const model::CheckPlan& plan() const { return *request.plan; }
  const model::CheckDoor& door() const { return request.door; }
};

/// One check that waits for the network. It ends by itself (Succeed, Fail), by its deadline, or because all are
/// dropped: whichever comes first closes it, and what it still has in the io_context finds it closed.
class Probe {
 public:
  explicit Probe(ProbeTask task) : task_(std::move(task)) {}
  virtual ~Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  /// What it is at, as a cause begins: "connect to 10.0.0.7:8080".
  virtual std::string Step() const = 0;
  const ProbeTask& task() const { return task_; }
  /// Neither ended nor dropped.
  bool under_way() const { return under_way_ != nullptr; }

 protected:
  // Without effect when it is no longer under way.
  void Succeed();
  /// The cause is Step() and `why`.
  void Fail(const std::string& why);
  /// Ends this probe without telling anybody: the check goes on in another form. Only when under way.
  ProbeTask Leave();

 private:
  friend class ProbesUnderWay;
  /// Gives back sockets at once.
  virtual void Close() = 0;

  ProbeTask task_;
  ProbesUnderWay* under_way_ = nullptr;
  std::multimap<Clock::time_point, std::shared_ptr<Probe>>::iterator position_ = {};
};

/// The checks of one prober that have begun and are not told yet: those that wait, by their deadlines and with one
/// timer for all, and the results on their way to who asked.
class ProbesUnderWay : public std::enable_shared_from_this<ProbesUnderWay> {
 public:
  explicit ProbesUnderWay(asio::io_context& context) : context_(context), timer_(context) {}

  void Add(const std::shared_ptr<Probe>& probe);
  /// Calls `done` in the context's next turn. A bad result has a cause.
  void Tell(ProbeTask task, std::string cause);
  void CancelAll();

 private:
  friend class Probe;
  struct Told {
    std::function<void(ProbeResult)> done;
    ProbeResult result;
  };

  ProbeTask Remove(Probe& probe);
  void Arm();
  void Expire();
  void Deliver();

  asio::io_context& context_;
  Timer timer_;
  std::multimap<Clock::time_point, std::shared_ptr<Probe>> waiting_;  // by deadline
  Clock::time_point armed_ = Clock::time_point::max();                // when the timer goes off
  std::vector<Told> told_;
  std::uint64_t cancellations_ = 0;
  bool delivery_due_ = false;
};

}  // namespace waypost::health
