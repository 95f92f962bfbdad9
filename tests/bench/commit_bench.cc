// Durable registrations a second: RocksDB's own write group (a blocked thread for each client, 300 bytes, sync) beside
// the registry's writer driven by one event loop for all clients, in turns, in one run.
//   commit_bench [--seconds=3] [--rounds=3] [--clients=0: 1, 32 and 128] [--peer=1: RocksDB too]
#include <rocksdb/db.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "temporary_directory.h"
#include "waypost/model/random.h"
#include "waypost/registry/registry.h"
#include "waypost/store/rocks_store.h"

namespace {

using namespace waypost;
using std::chrono::duration;
using std::chrono::steady_clock;

double Option(int argc, char** argv, const std::string& name, double fallback) {
  for (int i = 1; i < argc; ++i) {
    const std::string text(argv[i]);
    if (text.starts_with("--" + name + "=")) return std::strtod(text.c_str() + name.size() + 3, nullptr);
  }
  return fallback;
}

double RocksRate(unsigned clients, double seconds) {
  const testing::TemporaryDirectory directory;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  rocksdb::DB* database = nullptr;
  if (!rocksdb::DB::Open(options, directory / "db", &database).ok()) std::exit(1);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> count{0};
  std::vector<std::thread> threads;
  const auto begin = steady_clock::now();
  for (unsigned c = 0; c < clients; ++c) {
    threads.emplace_back([&, c] {
      rocksdb::WriteOptions write;
      write.sync = true;
      const std::string value(300, 'v');
      for (std::uint64_t n = 0; !done.load(std::memory_order_relaxed); ++n) {
        const std::string key = "srv-aaaaaaaaaaaaaaaa/" + std::to_string(c) + "-" + std::to_string(n);
        if (!database->Put(write, key, value).ok()) std::exit(1);
        count.fetch_add(1, std::memory_order_relaxed);
      }
    });
  }
  std::this_thread::sleep_for(duration<double>(seconds));
  done = true;
  for (std::thread& thread : threads) thread.join();
  const double rate = static_cast<double>(count) / duration<double>(steady_clock::now() - begin).count();
  delete database;
  return rate;
}

/// What an HTTP worker does with completions: takes all there are when woken, and sends the next request of each
/// client.
class EventLoop {
 public:
  void Completed(unsigned client) {
    {
      const std::lock_guard lock(mutex_);
      ready_.push_back(client);
      if (ready_.size() > 1) return;
    }
    wake_.notify_one();
  }
  std::vector<unsigned> Take() {
    std::vector<unsigned> taken;
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !ready_.empty(); });
    taken.swap(ready_);
    return taken;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<unsigned> ready_;
};

template <class Change>
void DoAndWait(registry::Registry& registry, Change change, model::Timestamp at) {
  EventLoop loop;
  registry.Submit({std::move(change), at}, [&](const model::Result<registry::Receipt>& result) {
    if (!result.ok()) std::exit(1);
    loop.Completed(0);
  });
  loop.Take();
}

struct Rate {
  double commands = 0;  // a second
  double batches = 0;   // a second
};

Rate WaypostRate(unsigned clients, double seconds) {
  const testing::TemporaryDirectory directory;
  const model::SystemClock clock;
  const auto log = telemetry::MakeSilentLog();
  auto store = std::move(store::OpenRocksStore({.directory = directory / "data"}, clock, log)).value();
  view::View view;
  registry::Registry registry({}, *store, view, clock, log);
  if (!registry.Load().ok()) std::exit(1);
  model::Random random(1);
  registry::CreateNamespace home;
  home.value.id = model::NamespaceId::Draw(random);
  home.value.name = "bench";
  home.operation.text = "first";
  DoAndWait(registry, home, clock.Now());
  std::vector<model::ServiceId> services;
  for (int i = 0; i < 500; ++i) {
    registry::CreateService change;
    change.value.id = model::ServiceId::Draw(random);
    change.value.namespace_id = home.value.id;
    change.value.name = "s" + std::to_string(i);
    services.push_back(change.value.id);
    DoAndWait(registry, change, clock.Now());
  }
  EventLoop loop;
  std::uint64_t next = 0;
  std::uint64_t done = 0;
  const auto submit = [&](unsigned client) {
    registry::RegisterInstance change;
    change.value.service_id = services[next % services.size()];
    change.value.id = "i-" + std::to_string(next++ / 8 % 100'000);
    change.value.attributes = {
        {"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "8080"}, {"stage", "prod"}, {"version", "1.2"}};
    change.operation.text = model::DrawOperationId(random);
    registry.Submit({std::move(change), clock.Now()}, [&loop, client](const model::Result<registry::Receipt>& result) {
      if (!result.ok()) std::exit(1);
      loop.Completed(client);
    });
  };
  const std::uint64_t batches_before = registry.counters().batches;
  const auto begin = steady_clock::now();
  for (unsigned c = 0; c < clients; ++c) submit(c);
  unsigned open = clients;
  while (open != 0) {
    const bool more = steady_clock::now() - begin < duration<double>(seconds);
    for (const unsigned client : loop.Take()) {
      ++done;
      if (more) {
        submit(client);
      } else {
        --open;
      }
    }
  }
  const double took = duration<double>(steady_clock::now() - begin).count();
  const std::uint64_t batches = registry.counters().batches - batches_before;
  registry.Stop();
  return {static_cast<double>(done) / took, static_cast<double>(batches) / took};
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = Option(argc, argv, "seconds", 3);
  const int rounds = static_cast<int>(Option(argc, argv, "rounds", 3));
  const auto only = static_cast<unsigned>(Option(argc, argv, "clients", 0));
  const bool peer = Option(argc, argv, "peer", 1) != 0;
  for (const unsigned clients : {1u, 32u, 128u}) {
    if (only != 0 && only != clients) continue;
    std::vector<double> rocks;
    std::vector<double> ours;
    std::vector<double> batches;
    for (int round = 0; round < rounds; ++round) {
      rocks.push_back(peer ? RocksRate(clients, seconds) : 0);
      const Rate rate = WaypostRate(clients, seconds);
      ours.push_back(rate.commands);
      batches.push_back(rate.batches);
    }
    std::printf("COMMIT clients=%u rocksdb=%.0f/s waypost=%.0f/s batches=%.0f/s ratio=%.2f\n", clients, Median(rocks),
                Median(ours), Median(batches), Median(ours) / Median(rocks));
    std::fflush(stdout);
  }
  return 0;
}
