#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "registry/load.h"
#include "registry/view_feed.h"
#include "registry/writer.h"
#include "waypost/model/random.h"
#include "waypost/registry/registry.h"
#include "waypost/store/store.h"

namespace waypost::registry {
namespace {

using store::Table;

/// A disk in memory that a seed makes full or torn: a crash keeps what was synced, and of the batch under way either
/// all or nothing.
class SimulatedDisk {
 public:
  using Contents = std::map<std::pair<Table, std::string>, std::pair<model::Revision, std::string>>;
  Contents contents;
  model::Revision revision = 0;
};

class SimulatedStore final : public store::Store {
 public:
  SimulatedStore(SimulatedDisk& disk, model::Random& random, std::uint32_t trouble_percent)
      : disk_(disk), random_(random), trouble_percent_(trouble_percent) {}

  model::Status Scan(Table table, std::string_view from, std::string_view to, const Visitor& visit) const override {
    for (auto at = disk_.contents.lower_bound({table, std::string(from)}); at != disk_.contents.end(); ++at) {
      if (at->first.first != table || (!to.empty() && at->first.second >= to)) break;
      WP_TRY(next, visit({at->first.second, at->second.first, at->second.second}));
      if (next == store::Visit::kStop) break;
    }
    return model::Ok();
  }
  model::Result<std::optional<std::string>> Read(const store::Key& key) const override {
    const auto at = disk_.contents.find({key.table, key.id});
    if (at == disk_.contents.end()) return std::optional<std::string>();
    return std::optional<std::string>(at->second.second);
  }
  model::Revision revision() const override { return disk_.revision; }
  void Follow(store::Feed& feed) override { feed_ = &feed; }

  model::Result<model::Revision> Commit(std::span<const store::Unit> units) override {
    const bool trouble = random_.Below(100u) < trouble_percent_;
    if (crashed || (trouble && random_.Below(2u) == 0)) {
      return model::MakeError(model::Code::kUnavailable, "the simulated disk is full");
    }
    if (trouble) {
      // The machine dies in this commit: the batch is on the disk or is not, and nobody is told.
      crashed = true;
      if (random_.Below(2u) == 0) Write(units, nullptr);
      return model::MakeError(model::Code::kUnavailable, "crashed");
    }
    std::vector<store::Change> changes;
    Write(units, &changes);
    feed_->Apply({disk_.revision, changes});
    return disk_.revision;
  }

  bool crashed = false;

 private:
  void Write(std::span<const store::Unit> units, std::vector<store::Change>* changes) {
    ++disk_.revision;
    for (const store::Unit& unit : units) {
      for (const store::Write& write : unit.writes) {
        const std::pair key(write.key.table, write.key.id);
        if (write.kind == store::Write::Kind::kErase) {
          disk_.contents.erase(key);
          if (changes != nullptr) changes->push_back({&write.key, std::nullopt});
        } else {
          disk_.contents[key] = {disk_.revision, write.value};
          if (changes != nullptr) changes->push_back({&write.key, std::string_view(write.value)});
        }
      }
    }
  }

  SimulatedDisk& disk_;
  model::Random& random_;
  std::uint32_t trouble_percent_;
  store::Feed* feed_ = nullptr;
};

struct SimulatedClock final : model::Clock {
  model::Timestamp Now() const override { return now; }
  model::Timestamp now{1'790'000'000'000};
};

/// What the clients of one simulated run know.
struct Knowledge {
  std::map<std::string, std::string> acknowledged;        // instance → address
  std::map<std::string, std::set<std::string>> in_doubt;  // … → what it may also be ("" gone)
};

Command Ask(const model::ServiceId& service, const std::string& id, const std::string& value,
            const SimulatedClock& clock, model::Random& random) {
  Command command;
  command.at = clock.now;
  const OperationId operation{model::DrawOperationId(random), false};
  if (value.empty()) {
    command.change = DeregisterInstance{service, id, operation};
    return command;
  }
  RegisterInstance change;
  change.value.service_id = service;
  change.value.id = id;
  change.value.attributes = {{"n", value}};
  change.operation = operation;
  command.change = std::move(change);
  return command;
}

/// One life of the process: several clients' commands in flight at once, until a crash or the end of the plan.
void Live(SimulatedDisk& disk, model::Random& random, const SimulatedClock& clock, const model::ServiceId& service,
          Knowledge& known, std::string& history) {
  SimulatedStore store(disk, random, 5);
  view::View view;
  ASSERT_TRUE(LoadView(store, view, 1).ok());
  const std::vector<Listener*> listeners;
  ViewFeed feed(view, listeners);
  store.Follow(feed);
  Writer writer({}, store, view, listeners, telemetry::MakeSilentLog());
  writer.StartWithoutThread();

  // Recovered state: each instance is as acknowledged, or as the command in doubt wanted it.
  const view::ServiceState& recovered = view.FindService(service)->state();
  std::map<std::string, std::string> found;
  for (const view::Member* member : view::ListMembers(recovered, "", 10'000)) {
    found[std::string(member->id())] = *member->attributes().Find("n");
  }
  for (int i = 0; i < 12; ++i) {
    const std::string id = "i" + std::to_string(i);
    const std::string is = found.contains(id) ? found[id] : "";
    const std::string want = known.acknowledged.contains(id) ? known.acknowledged[id] : "";
    EXPECT_TRUE(is == want || known.in_doubt[id].contains(is))
        << id << " is \"" << is << "\", acknowledged \"" << want << "\"";
    if (is.empty()) {
      known.acknowledged.erase(id);
    } else {
      known.acknowledged[id] = is;
    }
  }
  known.in_doubt.clear();

  for (int burst = 0; burst < 30 && !store.crashed; ++burst) {
    std::set<std::string> busy;
    int open = 0;
    const std::uint32_t width = 1 + random.Below(6u);
    for (std::uint32_t c = 0; c < width; ++c) {
      const std::string id = "i" + std::to_string(random.Below(12u));
      if (!busy.insert(id).second) continue;  // one command at a time for each instance, so that its end is known
      const std::string value = random.Below(3u) == 0 ? "" : std::to_string(random.Below(1'000'000u));
      ++open;
      writer.Submit(Ask(service, id, value, clock, random), [&, id, value](model::Result<Receipt> result) {
        --open;
        history += id + "=" + value + (result.ok() ? " ok; " : " no; ");
        if (result.ok() && value.empty()) known.acknowledged.erase(id);
        if (result.ok() && !value.empty()) known.acknowledged[id] = value;
        if (!result.ok() && result.error().code == model::Code::kUnavailable && store.crashed) {
          known.in_doubt[id].insert(value);
        }
      });
      // The network decides which commands meet in one batch.
      if (random.Below(3u) == 0) writer.Step();
    }
    while (open != 0) writer.Step();
  }
}

void Simulate(std::uint64_t seed) {
  SCOPED_TRACE("WAYPOST_SIM_SEED=" + std::to_string(seed));
  model::Random random(seed);
  SimulatedDisk disk;
  SimulatedClock clock;
  model::ServiceId service = model::ServiceId::Draw(random);
  {
    SimulatedStore store(disk, random, 0);
    view::View view;
    ASSERT_TRUE(LoadView(store, view, 1).ok());
    const std::vector<Listener*> listeners;
    ViewFeed feed(view, listeners);
    store.Follow(feed);
    Writer writer({}, store, view, listeners, telemetry::MakeSilentLog());
    writer.StartWithoutThread();
    CreateNamespace home;
    home.value.id = model::NamespaceId::Draw(random);
    home.value.name = "shared";
    home.operation.text = "first";
    model::Service value;
    value.id = service;
    value.namespace_id = home.value.id;
    value.name = "s";
    const auto good = [](const model::Result<Receipt>& result) { ASSERT_TRUE(result.ok()); };
    writer.Submit({home, clock.now}, good);
    writer.Step();
    writer.Submit({CreateService{value}, clock.now}, good);
    writer.Step();
  }
  Knowledge known;
  std::string history;
  for (int life = 0; life < 6; ++life) {
    Live(disk, random, clock, service, known, history);
    // Time may stand still or go back between lives; nothing may depend on it.
    clock.now.ms += static_cast<std::int64_t>(random.Below(2000u)) - 1000;
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << "seed " << seed << ": " << history;
      return;
    }
  }
}

TEST(SimulationTest, WhatWasAcknowledgedIsThereAfterCrashes) {
  const char* given = std::getenv("WAYPOST_SIM_SEED");
  if (given != nullptr) {
    Simulate(std::strtoull(given, nullptr, 10));
    return;
  }
  for (std::uint64_t seed = 1; seed <= 150 && !HasFailure(); ++seed) Simulate(seed);
}

}  // namespace
}  // namespace waypost::registry
