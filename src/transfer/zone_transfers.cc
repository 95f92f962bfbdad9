#include "waypost/transfer/zone_transfers.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "transfer/marks.h"
#include "transfer/messages.h"
#include "transfer/notifier.h"
#include "transfer/secondaries.h"
#include "transfer/tallies.h"
#include "transfer/zones.h"

namespace waypost::transfer {
namespace {

using std::chrono::milliseconds;

/// A batch that is half applied is whole again after a moment; a question waits for it so often, then gets the version
/// before.
constexpr milliseconds kSettlePause{1};
constexpr unsigned kSettleTries = 200;
/// How often the journal's age is looked at when nothing else happens.
constexpr std::chrono::seconds kTrimPause{30};

struct Asked {
  dns::TransferQuestion question;
  std::function<void(dns::Transfer)> done;
  unsigned tries = 0;
};

}  // namespace

struct ZoneTransfers::Impl {
  Impl(Options options_in, Secondaries secondaries_in, view::View& view, std::shared_ptr<const dns::Keyring> keys_in,
       const model::Clock& clock, telemetry::Log log_in)
      : options(std::move(options_in)),
        keys(std::move(keys_in)),
        secondaries(std::move(secondaries_in)),
        log(std::move(log_in)),
        zones(options, secondaries, view, log),
        notifier(io, options, secondaries, clock, log, tallies),
        marks([this] { boost::asio::post(io, [this] { TurnSoon(); }); }) {}

  // Any thread.
  void Stop();
  /// False: it is over.
  template <class Task>
  bool Post(Task task) {
    const std::lock_guard lock(mutex);
    if (stopping) return false;
    boost::asio::post(io, std::move(task));
    return true;
  }

  // The thread of its own.
  void TurnSoon();
  void Arm(Instant at);
  void Turn();
  void DrainMarks() { zones.Mark(marks.Take()); }
  void SettleZones();
  bool RefreshZone(HeldZone& zone);
  void Ask(Asked asked);
  bool Answer(Asked& asked);
  dns::Transfer Judge(const Asked& asked, HeldZone*& zone);
  dns::Transfer Begin(const dns::TransferQuestion& question, const HeldZone& zone);
  void RetryAsked();
  void ScheduleTrim();
  void End();

  const Options options;
  const std::shared_ptr<const dns::Keyring> keys;
  const Secondaries secondaries;
  telemetry::Log log;
  Tallies tallies;
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  boost::asio::steady_timer turn_timer{io};
  boost::asio::steady_timer settle_timer{io};
  boost::asio::steady_timer trim_timer{io};
  Zones zones;
  Notifier notifier;
  Marks marks;
  std::deque<Asked> waiting;  // for a batch to be whole
  Instant last_turn = {};
  Instant armed = Instant::max();
  bool loaded = false;
  bool settling = false;

  std::mutex mutex;
  bool stopping = false;
  std::thread thread;
};

// --- versions ---

void ZoneTransfers::Impl::TurnSoon() {
  Arm(std::max(std::chrono::steady_clock::now(), last_turn + options.refresh_pause));
}

void ZoneTransfers::Impl::Arm(Instant at) {
  if (!loaded || at >= armed) return;
  armed = at;
  turn_timer.expires_at(at);
  turn_timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) Turn();
  });
}

void ZoneTransfers::Impl::Turn() {
  armed = Instant::max();
  last_turn = std::chrono::steady_clock::now();
  DrainMarks();
  SettleZones();
  bool unsettled = false;
  for (const auto& [key, zone] : zones.all()) unsettled = !RefreshZone(*zone) || unsettled;
  if (unsettled) Arm(std::chrono::steady_clock::now() + kSettlePause);
}

void ZoneTransfers::Impl::SettleZones() {
  for (const ZoneKey& key : zones.Settle()) notifier.Forget(key.apex);
  tallies.zones.store(zones.all().size(), std::memory_order_relaxed);
}

/// False: not yet.
bool ZoneTransfers::Impl::RefreshZone(HeldZone& zone) {
  const ZoneImage::Outcome outcome = zones.Refresh(zone, std::chrono::steady_clock::now());
  if (outcome == ZoneImage::Outcome::kChanged) {
    for (const std::size_t secondary : zone.secondaries) {
      notifier.Announce(zone.image.key().apex, secondary, zone.image.soa());
    }
    tallies.journal_octets.store(zones.bounds().octets(), std::memory_order_relaxed);
    tallies.journal_steps.store(zones.bounds().steps(), std::memory_order_relaxed);
  }
  if (outcome == ZoneImage::Outcome::kGone) TurnSoon();
  return outcome != ZoneImage::Outcome::kUnsettled;
}

void ZoneTransfers::Impl::ScheduleTrim() {
  trim_timer.expires_after(kTrimPause);
  trim_timer.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    zones.bounds().Trim(std::chrono::steady_clock::now());
    tallies.journal_octets.store(zones.bounds().octets(), std::memory_order_relaxed);
    tallies.journal_steps.store(zones.bounds().steps(), std::memory_order_relaxed);
    ScheduleTrim();
  });
}

// --- questions ---

void ZoneTransfers::Impl::Ask(Asked asked) {
  if (Answer(asked)) return;
  waiting.push_back(std::move(asked));
  if (!std::exchange(settling, true)) RetryAsked();
}

void ZoneTransfers::Impl::RetryAsked() {
  settle_timer.expires_after(kSettlePause);
  settle_timer.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    for (Asked& asked : std::exchange(waiting, {})) {
      if (!Answer(asked)) waiting.push_back(std::move(asked));
    }
    settling = !waiting.empty();
    if (settling) RetryAsked();
  });
}

/// False: not yet.
bool ZoneTransfers::Impl::Answer(Asked& asked) {
  HeldZone* zone = nullptr;
  dns::Transfer transfer = Judge(asked, zone);
  if (zone != nullptr) {
    const bool settled = RefreshZone(*zone);
    if (!settled && ++asked.tries < kSettleTries) return false;
    if (zone->image.versions() != 0) {
      transfer = Begin(asked.question, *zone);
    } else {
      transfer = {.refused = dns::Rcode::kServFail, .extended_error = dns::ExtendedError::kNotReady};
    }
  }
  if (transfer.messages == nullptr) tallies.refused.fetch_add(1, std::memory_order_relaxed);
  asked.done(std::move(transfer));
  return true;
}

/// Finds the zone, or says why there is none for this client.
dns::Transfer ZoneTransfers::Impl::Judge(const Asked& asked, HeldZone*& zone) {
  const dns::TransferQuestion& question = asked.question;
  const Secondaries::Verdict verdict = secondaries.Judge(question.client, question.key, question.zone);
  if (verdict == Secondaries::Verdict::kStranger) {
    return {.refused = dns::Rcode::kRefused, .extended_error = dns::ExtendedError::kProhibited};
  }
  if (!loaded) return {.refused = dns::Rcode::kServFail, .extended_error = dns::ExtendedError::kNotReady};
  DrainMarks();
  SettleZones();
  const auto key = zones.Meant(question.zone, options.private_networks.Contains(question.client));
  if (!key) return {.refused = dns::Rcode::kNotAuth, .extended_error = dns::ExtendedError::kNotAuthoritative};
  if (verdict != Secondaries::Verdict::kAllowed) {
    return {.refused = dns::Rcode::kRefused, .extended_error = dns::ExtendedError::kProhibited};
  }
  zone = zones.Find(*key);
  if (zone == nullptr) {
    // Perhaps it is so new that nobody has told yet.
    zones.Unsettle();
    SettleZones();
    zone = zones.Find(*key);
  }
  // What is listed and there, and still not held, could not be read.
  return {.refused = dns::Rcode::kServFail, .extended_error = dns::ExtendedError::kInvalidData};
}

dns::Transfer ZoneTransfers::Impl::Begin(const dns::TransferQuestion& question, const HeldZone& zone) {
  const std::string& apex = zone.image.key().apex;
  const Soa& now = zone.image.soa();
  RecordSequence records;
  dns::Transfer transfer;
  if (question.incremental && !IsLater(now.serial, question.serial)) {
    records.Add(now.AsPart(apex));
    tallies.incremental.fetch_add(1, std::memory_order_relaxed);
    transfer.messages = std::make_unique<Messages>(question.head, std::move(records));
    return transfer;
  }
  auto net = question.incremental ? zone.journal->Since(question.serial) : std::nullopt;
  if (net && net->change->octets() > zone.image.octets()) net.reset();
  if (net) {
    const Part soa = now.AsPart(apex);
    records.Add(soa);
    records.Add(net->from.AsPart(apex));
    records.Add(std::shared_ptr<const Records>(net->change, &net->change->removed));
    records.Add(soa);
    records.Add(std::shared_ptr<const Records>(net->change, &net->change->added));
    records.Add(soa);
  } else {
    records = zone.image.Whole();
  }
  (net ? tallies.incremental : tallies.full).fetch_add(1, std::memory_order_relaxed);
  transfer.messages = std::make_unique<Messages>(question.head, std::move(records));
  return transfer;
}

// --- life ---

void ZoneTransfers::Impl::Stop() {
  {
    const std::lock_guard lock(mutex);
    if (std::exchange(stopping, true)) return;
    boost::asio::post(io, [this] { End(); });
  }
  if (thread.joinable()) {
    thread.join();
  } else {
    io.run();
  }
}

void ZoneTransfers::Impl::End() {
  for (Asked& asked : std::exchange(waiting, {})) asked.done({.refused = dns::Rcode::kServFail});
  notifier.Close();
  turn_timer.cancel();
  settle_timer.cancel();
  trim_timer.cancel();
  work.reset();
}

ZoneTransfers::ZoneTransfers(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ZoneTransfers::~ZoneTransfers() { Stop(); }

model::Result<std::unique_ptr<ZoneTransfers>> ZoneTransfers::Create(Options options, view::View& view,
                                                                    std::shared_ptr<const dns::Keyring> keys,
                                                                    const model::Clock& clock, telemetry::Log log) {
  if (keys == nullptr) keys = std::make_shared<dns::Keyring>();
  WP_TRY(secondaries, Secondaries::Create(options, *keys));
  auto impl =
      std::make_unique<Impl>(std::move(options), std::move(secondaries), view, std::move(keys), clock, std::move(log));
  return std::unique_ptr<ZoneTransfers>(new ZoneTransfers(std::move(impl)));
}

model::Status ZoneTransfers::Start() {
  WP_CHECK(impl_->notifier.Open());
  impl_->ScheduleTrim();
  impl_->thread = std::thread([impl = impl_.get()] { impl->io.run(); });
  pthread_setname_np(impl_->thread.native_handle(), "transfers");
  return model::Ok();
}

void ZoneTransfers::Stop() { impl_->Stop(); }

void ZoneTransfers::SetZones(std::shared_ptr<const zone::ZoneSet> zones) {
  impl_->Post([impl = impl_.get(), zones = std::move(zones)] {
    impl->zones.SetFixed(zones);
    impl->TurnSoon();
  });
}

void ZoneTransfers::Begin(dns::TransferQuestion question, std::function<void(dns::Transfer)> done) {
  auto asked = std::make_shared<Asked>(Asked{std::move(question), std::move(done)});
  if (impl_->Post([impl = impl_.get(), asked] { impl->Ask(std::move(*asked)); })) return;
  asked->done({.refused = dns::Rcode::kServFail});
}

void ZoneTransfers::Loaded(const view::View&) {
  impl_->Post([impl = impl_.get()] {
    impl->loaded = true;
    impl->TurnSoon();
  });
}

void ZoneTransfers::Committed(model::Revision revision, std::span<const registry::Event> events) {
  if (!impl_->secondaries.all().empty()) impl_->marks.Note(revision, events);
}

Totals ZoneTransfers::totals() const {
  const Tallies& tallies = impl_->tallies;
  const auto read = [](const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
  return {read(tallies.full),           read(tallies.incremental),     read(tallies.refused),
          read(tallies.notify_sent),    read(tallies.notify_answered), read(tallies.notify_lost),
          read(tallies.journal_octets), read(tallies.journal_steps),   read(tallies.zones)};
}

}  // namespace waypost::transfer
