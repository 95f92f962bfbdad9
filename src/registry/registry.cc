#include "waypost/registry/registry.h"

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
        feed(view_in),
        writer(options_in, store_in, view_in, log) {}

  Options options;
  store::Store& store;
  view::View& view;
  const model::Clock& clock;
  telemetry::Log log;
  ViewFeed feed;
  Writer writer;
};

Registry::Registry(Options options, store::Store& store, view::View& view, const model::Clock& clock,
                   telemetry::Log log)
    : impl_(std::make_unique<Impl>(options, store, view, clock, std::move(log))) {}

Registry::~Registry() = default;

model::Status Registry::Load() {
  const auto begin = std::chrono::steady_clock::now();
  WP_CHECK(LoadView(impl_->store, impl_->view, impl_->options.load_threads));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  impl_->log->info("registry loaded: {} namespaces, {} services, {} instances, revision {}, {:.3f} s",
                   impl_->view.namespace_count(), impl_->view.service_count(), impl_->view.instance_count(),
                   impl_->view.applied(), took.count());
  impl_->store.Follow(impl_->feed);
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

CommitCounters Registry::counters() const { return impl_->writer.counters(); }

void Registry::Stop() { impl_->writer.Stop(); }

}  // namespace waypost::registry
