#include "waypost/registry/registry.h"

#include <algorithm>
#include <chrono>

#include "registry/load.h"
#include "registry/view_feed.h"
#include "registry/writer.h"
#include "waypost/store/record.h"
#include "waypost/store/store.h"

namespace waypost::registry {
namespace {

// Operations that one call looks at; a listing of many goes on with the next call.
constexpr std::size_t kOperationsScannedMax = 20'000;

// Rows of one service's history that one call looks at.
constexpr std::size_t kHistoryRowsMax = 200'000;

bool Expired(const model::Operation& operation, model::Timestamp now) {
  return operation.created.ms + model::kOperationKeptMs < now.ms;
}

}  // namespace

struct Registry::Impl {
  Impl(const Options& options_in, store::Store& store_in, view::View& view_in, const model::Clock& clock_in,
       telemetry::Log log_in)
      : options(options_in),
        store(store_in),
        view(view_in),
        clock(clock_in),
        log(std::move(log_in)),
        feed(view_in, listeners),
        writer(options_in, store_in, view_in, listeners, log) {}

  Options options;
  store::Store& store;
  view::View& view;
  const model::Clock& clock;
  telemetry::Log log;
  std::vector<Listener*> listeners;
  ViewFeed feed;
  Writer writer;
};

Registry::Registry(Options options, store::Store& store, view::View& view, const model::Clock& clock,
                   telemetry::Log log)
    : impl_(std::make_unique<Impl>(options, store, view, clock, std::move(log))) {}

Registry::~Registry() = default;

void Registry::Listen(Listener& listener) { impl_->listeners.push_back(&listener); }

model::Status Registry::Load() {
  const auto begin = std::chrono::steady_clock::now();
  WP_CHECK(LoadView(impl_->store, impl_->view, impl_->options.load_threads));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  impl_->log->info("registry loaded: {} namespaces, {} services, {} instances, revision {}, {:.3f} s",
                   impl_->view.namespace_count(), impl_->view.service_count(), impl_->view.instance_count(),
                   impl_->view.applied(), took.count());
  impl_->store.Follow(impl_->feed);
  for (Listener* listener : impl_->listeners) listener->Loaded(impl_->view);
  impl_->writer.Start();
  return model::Ok();
}

void Registry::Submit(Command command, Completion done) { impl_->writer.Submit(std::move(command), std::move(done)); }

model::Result<model::Operation> Registry::GetOperation(std::string_view id) const {
  WP_TRY(bytes, impl_->store.Read({store::Table::kOperation, std::string(id)}));
  if (bytes) {
    WP_TRY(operation, store::DecodeOperation(id, *bytes));
    if (!Expired(operation, impl_->clock.Now())) return operation;
  }
  return model::MakeError(model::Code::kOperationNotFound,
                          "there is no operation with id " + std::string(id.substr(0, 64)));
}

model::Result<OperationPage> Registry::ListOperations(const OperationQuery& query) const {
  OperationPage page;
  std::size_t scanned = 0;
  std::string last;
  const model::Timestamp now = impl_->clock.Now();
  const std::string from = query.after.empty() ? "" : query.after + '\0';
  WP_CHECK(impl_->store.Scan(store::Table::kOperation, from, "",
                             [&](const store::Record& record) -> model::Result<store::Visit> {
                               if (page.operations.size() == query.limit || scanned == kOperationsScannedMax) {
                                 page.next = last;
                                 return store::Visit::kStop;
                               }
                               ++scanned;
                               last = record.id;
                               WP_TRY(operation, store::DecodeOperation(record.id, record.value));
                               if (!Expired(operation, now) && (!query.want || query.want(operation))) {
                                 page.operations.push_back(std::move(operation));
                               }
                               return store::Visit::kContinue;
                             }));
  return page;
}

model::Result<std::optional<model::HealthRecord>> Registry::GetHealth(const model::ServiceId& service,
                                                                      std::string_view instance) const {
  std::optional<model::HealthRecord> health;
  WP_TRY(bytes, impl_->store.Read({store::Table::kHealth, store::InstanceKey(service, instance)}));
  if (!bytes) return health;
  WP_TRY(record, store::DecodeHealth(*bytes));
  health = std::move(record);
  return health;
}

model::Result<std::vector<model::Transition>> Registry::GetHistory(const model::ServiceId& service,
                                                                   std::string_view instance, std::size_t limit) const {
  const std::string from = instance.empty() ? service.str() + "/" : store::HistoryPrefix(service, instance);
  const std::string to = instance.empty() ? service.str() + "0" : from + std::string(12, '\xff');  // '/' + 1
  std::vector<model::Transition> rows;
  WP_CHECK(impl_->store.Scan(store::Table::kHistory, from, to,
                             [&](const store::Record& record) -> model::Result<store::Visit> {
                               WP_TRY(row, store::DecodeTransition(record.id, record.value));
                               rows.push_back(std::move(row));
                               return rows.size() < kHistoryRowsMax ? store::Visit::kContinue : store::Visit::kStop;
                             }));
  std::stable_sort(rows.begin(), rows.end(),
                   [](const model::Transition& a, const model::Transition& b) { return a.at < b.at; });
  if (rows.size() > limit) rows.erase(rows.begin(), rows.end() - static_cast<std::ptrdiff_t>(limit));
  return rows;
}

model::Result<std::vector<model::Pin>> Registry::GetPins() const {
  std::vector<model::Pin> pins;
  WP_CHECK(
      impl_->store.Scan(store::Table::kPin, "", "", [&](const store::Record& record) -> model::Result<store::Visit> {
        WP_TRY(pin, store::DecodePin(record.id, record.value));
        pins.push_back(std::move(pin));
        return store::Visit::kContinue;
      }));
  return pins;
}

model::Result<std::vector<model::Shift>> Registry::GetShifts() const {
  std::vector<model::Shift> shifts;
  WP_CHECK(
      impl_->store.Scan(store::Table::kShift, "", "", [&](const store::Record& record) -> model::Result<store::Visit> {
        WP_TRY(shift, store::DecodeShift(record.id, record.value));
        shifts.push_back(std::move(shift));
        return store::Visit::kContinue;
      }));
  return shifts;
}

model::Result<std::vector<HoldPut>> Registry::GetHolds() const {
  std::vector<HoldPut> holds;
  WP_CHECK(
      impl_->store.Scan(store::Table::kHold, "", "", [&](const store::Record& record) -> model::Result<store::Visit> {
        WP_TRY(hold, store::DecodeHold(record.id, record.value));
        holds.push_back({hold.instance.service_id, hold});
        return store::Visit::kContinue;
      }));
  return holds;
}

CommitCounters Registry::counters() const { return impl_->writer.counters(); }

void Registry::Stop() { impl_->writer.Stop(); }

}  // namespace waypost::registry
