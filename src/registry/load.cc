#include "registry/load.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "waypost/model/id.h"
#include "waypost/store/record.h"
#include "waypost/view/edit.h"

namespace waypost::registry {
namespace {

using model::Code;
using model::MakeError;
using model::Status;
using store::Record;
using store::Table;
using store::Visit;

model::Error Orphan(std::string_view table, std::string_view id) {
  return MakeError(Code::kCorrupt, "the record of " + std::string(table) + " \"" + std::string(id) +
                                       "\" belongs to something that does not exist; restore a backup");
}

Status LoadNamespaces(const store::Store& store, view::Edit& edit) {
  return store.Scan(Table::kNamespace, "", "", [&](const Record& record) -> model::Result<Visit> {
    WP_TRY(value, store::DecodeNamespace(record.id, record.value));
    edit.PutNamespace(value, record.revision);
    return Visit::kContinue;
  });
}

Status LoadServices(const store::Store& store, const view::View& view, view::Edit& edit) {
  return store.Scan(Table::kService, "", "", [&](const Record& record) -> model::Result<Visit> {
    WP_TRY(value, store::DecodeService(record.id, record.value));
    const view::NamespaceNode* home = view.FindNamespace(value.namespace_id);
    if (home == nullptr) return Orphan("service", record.id);
    WP_CHECK(model::CheckService(value, home->state().value));
    edit.PutService(value, record.revision);
    return Visit::kContinue;
  });
}

Status LoadBumps(const store::Store& store, const view::View& view, view::Edit& edit) {
  return store.Scan(Table::kBump, "", "", [&](const Record& record) -> model::Result<Visit> {
    if (const auto service = model::ServiceId::Parse(record.id)) {
      if (view.FindService(*service) == nullptr) return Orphan("bump", record.id);
      edit.RaiseInstancesRevision(*service, record.revision);
    } else {
      const auto id = model::NamespaceId::Parse(record.id);
      if (!id || view.FindNamespace(*id) == nullptr) return Orphan("bump", record.id);
      edit.RaiseSerial(*id, record.revision);
    }
    return Visit::kContinue;
  });
}

/// A range of service ids. Ids are drawn evenly, so ranges by their first two digits hold about as much each.
struct Shard {
  std::string from;
  std::string to;
};

std::vector<Shard> MakeShards() {
  std::vector<std::string> borders;
  std::string digits(model::kBase32);
  std::sort(digits.begin(), digits.end());
  for (const char digit : digits) {
    borders.push_back(std::string(model::ServiceKind::kPrefix) + digit);
  }
  std::vector<Shard> shards;
  for (std::size_t i = 0; i < borders.size(); ++i) {
    shards.push_back({i == 0 ? "" : borders[i], i + 1 < borders.size() ? borders[i + 1] : ""});
  }
  return shards;
}

struct StoredHealth {
  model::HealthRecord record;
  model::Revision revision;
  bool taken = false;
};

/// Loads the instances of one range, a service at a time.
class ShardLoader {
 public:
  ShardLoader(const store::Store& store, const view::View& view, view::Edit& edit)
      : store_(store), view_(view), edit_(edit) {}

  Status Load(const Shard& shard) {
    WP_CHECK(store_.Scan(Table::kHealth, shard.from, shard.to, [&](const Record& record) -> model::Result<Visit> {
      WP_TRY(health, store::DecodeHealth(record.value));
      health_.emplace(record.id, StoredHealth{std::move(health), record.revision});
      return Visit::kContinue;
    }));
    WP_CHECK(store_.Scan(Table::kInstance, shard.from, shard.to, [&](const Record& record) -> model::Result<Visit> {
      WP_TRY(value, store::DecodeInstance(record.id, record.value));
      if (service_ != value.service_id) {
        Finish();
        if (view_.FindService(value.service_id) == nullptr) return Orphan("instance", record.id);
        service_ = value.service_id;
      }
      std::optional<model::HealthRecord> stored;
      if (!health_.empty()) {
        const auto at = health_.find(std::string(record.id));
        if (at != health_.end()) {
          stored = at->second.record;
          at->second.taken = true;
          edit_.NoteChange(value.service_id, at->second.revision);
        }
      }
      instances_.push_back({std::move(value), record.revision, std::move(stored)});
      return Visit::kContinue;
    }));
    Finish();
    for (const auto& [id, stored] : health_) {
      if (!stored.taken) return Orphan("health", id);
    }
    health_.clear();
    return model::Ok();
  }

 private:
  void Finish() {
    if (service_) edit_.LoadInstances(*service_, instances_);
    instances_.clear();
    service_.reset();
  }

  const store::Store& store_;
  const view::View& view_;
  view::Edit& edit_;
  std::unordered_map<std::string, StoredHealth> health_;
  std::optional<model::ServiceId> service_;
  std::vector<view::LoadedInstance> instances_;
};

Status LoadInstances(const store::Store& store, const view::View& view, view::Edit& edit, unsigned threads) {
  const std::vector<Shard> shards = MakeShards();
  std::atomic<std::size_t> next{0};
  std::vector<std::optional<model::Error>> problems(threads);
  const auto work = [&](unsigned worker) {
    ShardLoader loader(store, view, edit);
    for (std::size_t i = next++; i < shards.size(); i = next++) {
      Status loaded = loader.Load(shards[i]);
      if (!loaded.ok()) {
        problems[worker] = std::move(loaded).error();
        next = shards.size();
      }
    }
  };
  std::vector<std::thread> others;
  for (unsigned worker = 1; worker < threads; ++worker) others.emplace_back(work, worker);
  work(0);
  for (std::thread& other : others) other.join();
  for (auto& problem : problems) {
    if (problem) return std::move(*problem);
  }
  return model::Ok();
}

Status LoadPins(const store::Store& store, view::Edit& edit) {
  WP_CHECK(store.Scan(Table::kPin, "", "", [&](const Record& record) -> model::Result<Visit> {
    WP_TRY(pin, store::DecodePin(record.id, record.value));
    edit.SetPin(pin.service_id, pin.instance_id, pin.state, record.revision);
    return Visit::kContinue;
  }));
  WP_CHECK(store.Scan(Table::kShift, "", "", [&](const Record& record) -> model::Result<Visit> {
    edit.SetShifted(std::string(record.id), true, record.revision);
    return Visit::kContinue;
  }));
  return store.Scan(Table::kHold, "", "", [&](const Record& record) -> model::Result<Visit> {
    WP_TRY(hold, store::DecodeHold(record.id, record.value));
    edit.SetHold(hold.instance.service_id, &hold, record.revision);
    return Visit::kContinue;
  });
}

Status LoadQueries(const store::Store& store, const view::View& view, view::Edit& edit) {
  return store.Scan(Table::kView, "", "", [&](const Record& record) -> model::Result<Visit> {
    WP_TRY(query, store::DecodeNamedQuery(record.id, record.value));
    const view::NamespaceNode* home = view.FindNamespace(query.namespace_id);
    const bool whole = home != nullptr && view.FindService(query.service_id) != nullptr &&
                       (!query.fallback || view.FindService(*query.fallback) != nullptr);
    if (!whole) return Orphan("view", record.id);
    WP_CHECK(model::CheckNamedQueryIn(query, home->state().value));
    edit.PutNamedQuery(query, record.revision);
    return Visit::kContinue;
  });
}

}  // namespace

Status LoadView(const store::Store& store, view::View& view, unsigned threads) {
  view::Edit edit(view);
  WP_CHECK(LoadNamespaces(store, edit));
  WP_CHECK(LoadServices(store, view, edit));
  WP_CHECK(LoadInstances(store, view, edit, std::max(1u, threads)));
  WP_CHECK(LoadBumps(store, view, edit));
  WP_CHECK(LoadPins(store, edit));
  WP_CHECK(LoadQueries(store, view, edit));
  edit.SetApplied(store.revision());
  edit.SetReady();
  return model::Ok();
}

}  // namespace waypost::registry
