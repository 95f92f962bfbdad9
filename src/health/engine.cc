#include "waypost/health/engine.h"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "health/checks.h"
#include "health/expiry.h"
#include "health/feed.h"
#include "health/network_prober.h"
#include "health/notes.h"
#include "health/outbox.h"
#include "health/registered.h"
#include "health/transition_log.h"
#include "waypost/model/duration.h"
#include "waypost/view/edit.h"

namespace waypost::health {
namespace {

using std::chrono::milliseconds;

/// How long Stop waits for what is decided to be written.
constexpr milliseconds kLastWrites{300};
/// The time of day may be set: it is looked at this often while something ends by it.
constexpr milliseconds kClockLook{1000};
/// Services read at once while loading.
constexpr std::size_t kServicesPage = 1'000;

/// Checks at once: at most a quarter of the files that this process may have open, since others need some too.
std::uint32_t InFlightMax(std::uint32_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::max(wanted, 1U);
  return static_cast<std::uint32_t>(std::clamp<rlim_t>(limit.rlim_cur / 4, 1, std::max(wanted, 1U)));
}

}  // namespace

struct Engine::Impl final : Loop, TransitionSink, RowWriter {
  Impl(const Options& options, registry::Registry& registry_in, view::View& view_in, const model::Clock& clock_in,
       telemetry::Log log_in);

  // Any thread.
  void Start();
  void Stop();

  // The writer's thread.
  void Load();
  void LoadEndings();

  // The engine's.
  Instant Now() const override { return std::chrono::steady_clock::now(); }
  void Soon() override;
  void Take(std::vector<registry::RecordChecks::Checked>& decided, Instant now) override;
  void Write(std::uint32_t batch, registry::RecordChecks rows) override;
  void Written(std::uint32_t batch, const model::Status& outcome);
  void Turn();
  Instant EndDue(Instant now);
  void Arm(Instant at);
  void DrainNotes();
  void BeginStop();

  void On(PlanChanged& note, Instant now);
  void On(InstanceChanged& note, Instant now);
  void On(StateChanged& note, Instant now);
  void On(Beaten& note, Instant now) { checks.Beat(note.service, note.instance, now); }
  void On(EndingPut& note, Instant);
  void On(EndingErased& note, Instant);
  void CountEndings();

  registry::Registry& registry;
  view::View& view;
  const model::Clock& clock;
  telemetry::Log log;
  Tallies tallies;
  Feed feed;            // of the writer's thread
  view::Reader reader;  // of the loading thread, then of the engine's
  boost::asio::io_context io{1};
  boost::asio::steady_timer timer{io};
  std::unique_ptr<Prober> prober;
  Checks checks;
  Outbox outbox{*this};
  Expiry expiry;
  TransitionLog transition_log;
  Notes notes;
  std::vector<Note> drained;
  std::thread thread;
  Instant armed = kNever;
  bool soon = false;
  bool stopping = false;
  bool write_failed = false;
};

Engine::Impl::Impl(const Options& options, registry::Registry& registry_in, view::View& view_in,
                   const model::Clock& clock_in, telemetry::Log log_in)
    : registry(registry_in),
      view(view_in),
      clock(clock_in),
      log(std::move(log_in)),
      feed(options.defaults),
      reader(view_in.domain()),
      prober(MakeNetworkProber(io)),
      checks({InFlightMax(options.in_flight_max), options.suspect_hold, options.history_per_instance,
              options.seed.value_or(model::SystemSeed())},
             *prober, *this, *this, clock_in, log, tallies),
      transition_log(log, [this](const model::ServiceId& id) { return ReadServiceName(view, reader, id); }),
      notes([this] { boost::asio::post(io, [this] { DrainNotes(); }); }) {}

// --- what there is ---

void Engine::Impl::Load() {
  std::optional<model::ServiceId> after;
  for (;;) {
    const std::vector<view::ServiceInfo> page = view.ListServices(std::nullopt, after, kServicesPage);
    for (const view::ServiceInfo& info : page) {
      const model::ServiceId& id = info.config->service.id;
      auto plan = feed.Learn(info.config->service, info.config->tuning);
      if (plan == nullptr) continue;
      std::vector<Registered> instances = ReadInstances(view, reader, id, *plan);
      checks.PutService(id, std::move(plan), std::move(instances), Now());
    }
    if (page.size() < kServicesPage) break;
    after = page.back().config->service.id;
  }
  LoadEndings();
}

void Engine::Impl::LoadEndings() {
  const auto failed = [this](const model::Error& error) {
    log->error("what ends by time could not be read, so it does not end by itself: {}", error.message);
  };
  const auto pins = registry.GetPins();
  if (!pins.ok()) return failed(pins.error());
  for (const model::Pin& pin : *pins) expiry.Put(PinOf{pin.service_id, pin.instance_id}, pin.until);
  const auto shifts = registry.GetShifts();
  if (!shifts.ok()) return failed(shifts.error());
  for (const model::Shift& shift : *shifts) expiry.Put(ShiftOf{shift.zone}, shift.until);
  const auto holds = registry.GetHolds();
  if (!holds.ok()) return failed(holds.error());
  for (const registry::HoldPut& hold : *holds) expiry.Put(HoldOf{hold.service_id}, hold.value.until);
  CountEndings();
}

void Engine::Impl::DrainNotes() {
  notes.Take(drained);
  if (stopping) return;
  const Instant now = Now();
  for (Note& note : drained) {
    std::visit([&](auto& any) { On(any, now); }, note);
  }
  Turn();
}

void Engine::Impl::On(PlanChanged& note, Instant now) {
  if (note.plan == nullptr) return checks.EraseService(note.service, now);
  std::vector<Registered> instances = ReadInstances(view, reader, note.service, *note.plan);
  checks.PutService(note.service, std::move(note.plan), std::move(instances), now);
}

void Engine::Impl::On(InstanceChanged& note, Instant now) {
  const auto plan = checks.PlanOf(note.service);
  if (plan == nullptr) return;
  auto instance = ReadInstance(view, reader, note.service, note.instance, *plan);
  if (instance) {
    checks.PutInstance(note.service, std::move(*instance), now);
  } else {
    checks.EraseInstance(note.service, note.instance, now);
  }
}

void Engine::Impl::On(StateChanged& note, Instant now) {
  const auto plan = checks.PlanOf(note.service);
  if (plan == nullptr) return;
  const auto instance = ReadInstance(view, reader, note.service, note.instance, *plan);
  if (!instance) return;
  // What a client has reported since is the last word on the disk too.
  if (instance->state == model::HealthState::kHealthy) outbox.Forget(note.service, note.instance);
  checks.Told(note.service, note.instance, instance->state, now);
}

void Engine::Impl::On(EndingPut& note, Instant) {
  log->info("{} is set for {}", NameOf(note.ending),
            model::FormatDuration(milliseconds(note.until.ms - clock.Now().ms)));
  expiry.Put(std::move(note.ending), note.until);
  CountEndings();
}

void Engine::Impl::On(EndingErased& note, Instant) {
  log->info("{} has ended", NameOf(note.ending));
  expiry.Erase(note.ending);
  CountEndings();
}

void Engine::Impl::CountEndings() {
  tallies.pins.Set(expiry.Count<PinOf>());
  tallies.shifts.Set(expiry.Count<ShiftOf>());
  tallies.holds.Set(expiry.Count<HoldOf>());
}

// --- the loop ---

void Engine::Impl::Soon() {
  if (std::exchange(soon, true)) return;
  boost::asio::post(io, [this] {
    soon = false;
    Turn();
  });
}

void Engine::Impl::Turn() {
  const Instant now = Now();
  Instant next = checks.Turn(now);
  outbox.Turn(now);
  transition_log.Turn(now);
  tallies.unwritten.Set(outbox.unwritten());
  tallies.dropped_rows.Set(outbox.dropped());
  if (stopping) return;
  next = std::min({next, outbox.next(), transition_log.next(), EndDue(now)});
  Arm(next);
}

Instant Engine::Impl::EndDue(Instant now) {
  auto next = expiry.next();
  if (!next) return kNever;
  const model::Timestamp time = clock.Now();
  for (Expiry::Due& due : expiry.Take(time)) {
    registry::Command command{EndOf(due.ending, due.until), time};
    registry.Submit(std::move(command), [this, due](const model::Result<registry::Receipt>& result) {
      if (!result.ok()) return;
      boost::asio::post(io, [this, due] { expiry.Ended(due.ending, due.until); });
    });
  }
  next = expiry.next();
  const milliseconds left(next->ms - time.ms);
  return now + std::clamp(left, milliseconds(1), kClockLook);
}

void Engine::Impl::Arm(Instant at) {
  // A wake-up for nothing is cheaper than to move the timer.
  if (at >= armed) return;
  armed = at;
  timer.expires_at(at);
  timer.async_wait([this](const boost::system::error_code& error) {
    if (error.failed()) return;
    armed = kNever;
    Turn();
  });
}

// --- where transitions go ---

void Engine::Impl::Take(std::vector<registry::RecordChecks::Checked>& decided, Instant now) {
  {
    view::Edit edit(view);
    const auto gone = [&](const registry::RecordChecks::Checked& row) {
      const model::Transition& transition = row.transition;
      return !edit.SetChecked(transition.service_id, transition.instance_id, row.registration, transition.to);
    };
    std::erase_if(decided, gone);
  }
  for (registry::RecordChecks::Checked& row : decided) {
    const bool up = row.transition.to == model::HealthState::kHealthy;
    (up ? tallies.transitions_up : tallies.transitions_down).Add();
    transition_log.Note(row.transition, now);
    outbox.Add(std::move(row));
  }
}

void Engine::Impl::Write(std::uint32_t batch, registry::RecordChecks rows) {
  registry.Submit({std::move(rows), clock.Now()}, [this, batch](model::Result<registry::Receipt> result) {
    model::Status outcome = result.ok() ? model::Ok() : model::Status(std::move(result).error());
    boost::asio::post(io, [this, batch, outcome = std::move(outcome)] { Written(batch, outcome); });
  });
}

void Engine::Impl::Written(std::uint32_t batch, const model::Status& outcome) {
  const std::uint64_t dropped = outbox.dropped();
  outbox.Written(batch, outcome, Now());
  if (!outcome.ok() && outbox.dropped() != dropped) {
    log->error("{} health transitions were not written: {}", outbox.dropped() - dropped, outcome.error().message);
  } else if (!outcome.ok() && !std::exchange(write_failed, true)) {
    log->warn("health transitions cannot be written and wait: {}", outcome.error().message);
  } else if (outcome.ok() && std::exchange(write_failed, false)) {
    log->info("health transitions are written again");
  }
  Turn();
  if (stopping && outbox.unwritten() == 0) io.stop();
}

// --- beginning and end ---

void Engine::Impl::Start() {
  thread = std::thread([this] {
    const auto work = boost::asio::make_work_guard(io);
    checks.Begin(Now());
    Turn();
    io.run();
  });
  pthread_setname_np(thread.native_handle(), "health");
}

void Engine::Impl::Stop() {
  notes.Close();
  if (!thread.joinable()) return;
  boost::asio::post(io, [this] { BeginStop(); });
  thread.join();
}

void Engine::Impl::BeginStop() {
  stopping = true;
  checks.Cancel();
  outbox.Turn(Now());
  if (outbox.unwritten() == 0) return io.stop();
  timer.expires_after(kLastWrites);
  timer.async_wait([this](const boost::system::error_code&) { io.stop(); });
}

Engine::Engine(Options options, registry::Registry& registry, view::View& view, const model::Clock& clock,
               telemetry::Log log)
    : impl_(std::make_unique<Impl>(options, registry, view, clock, std::move(log))) {}

Engine::~Engine() { Stop(); }

void Engine::Start() { impl_->Start(); }

void Engine::Stop() { impl_->Stop(); }

void Engine::Loaded(const view::View&) { impl_->Load(); }

void Engine::Committed(model::Revision, std::span<const registry::Event> events) {
  impl_->notes.Push([&](std::vector<Note>& waiting) { impl_->feed.Read(events, waiting); });
}

void Engine::Reported(const model::ServiceId& service, const std::string& instance, model::HealthState state) {
  impl_->notes.Push([&](std::vector<Note>& waiting) { impl_->feed.ReadReport(service, instance, state, waiting); });
}

void Engine::Recheck(const model::ServiceId& service, const std::string& instance, std::function<void(bool)> done) {
  boost::asio::post(impl_->io, [impl = impl_.get(), service, instance, done = std::move(done)] {
    done(impl->checks.Recheck(service, instance, impl->Now()));
  });
}

void Engine::Describe(const model::ServiceId& service, const std::string& instance,
                      std::function<void(ServiceChecks)> done) {
  boost::asio::post(impl_->io, [impl = impl_.get(), service, instance, done = std::move(done)] {
    done(impl->checks.Describe(service, instance, impl->Now()));
  });
}

Counters Engine::counters() const {
  const Tallies& tallies = impl_->tallies;
  Counters counters;
  counters.checks_good = tallies.checks_good.get();
  counters.checks_bad = tallies.checks_bad.get();
  counters.transitions_up = tallies.transitions_up.get();
  counters.transitions_down = tallies.transitions_down.get();
  counters.unwritten = tallies.unwritten.get();
  counters.dropped_rows = tallies.dropped_rows.get();
  counters.suspect_episodes = tallies.suspect_episodes.get();
  counters.held = tallies.held.get();
  counters.suspect = tallies.suspect.get() != 0;
  counters.pins = tallies.pins.get();
  counters.shifts = tallies.shifts.get();
  counters.holds = tallies.holds.get();
  counters.targets = tallies.targets.get();
  counters.in_flight = tallies.in_flight.get();
  counters.late_us_max = tallies.late_us_max.get();
  counters.late_us_sum = tallies.late_us_sum.get();
  return counters;
}

}  // namespace waypost::health
