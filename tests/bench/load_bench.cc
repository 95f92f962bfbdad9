// How long a registry takes to load and how much memory it keeps: SERVICES × PER instances with the four usual
// attributes, written through the store, then read into a view by a second process so that nothing of the writing
// counts.
//   load_bench [--services=100000] [--per=10] [--threads=2]
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "registry/load.h"
#include "temporary_directory.h"
#include "waypost/model/random.h"
#include "waypost/store/record.h"
#include "waypost/store/rocks_store.h"
#include "waypost/telemetry/log.h"

namespace {

using namespace waypost;
using std::chrono::duration;
using std::chrono::steady_clock;

std::size_t ResidentBytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  in >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::size_t Option(int argc, char** argv, const std::string& name, std::size_t fallback) {
  for (int i = 1; i < argc; ++i) {
    const std::string text(argv[i]);
    if (text.starts_with("--" + name + "=")) return std::strtoull(text.c_str() + name.size() + 3, nullptr, 10);
  }
  return fallback;
}

void Put(store::Unit& unit, store::Table table, std::string id, std::string value) {
  unit.writes.push_back({store::Write::Kind::kPut, {table, std::move(id)}, std::move(value)});
}

void Fill(const std::string& directory, std::size_t services, std::size_t per) {
  const model::SystemClock clock;
  auto store = std::move(store::OpenRocksStore({.directory = directory}, clock, telemetry::MakeSilentLog())).value();
  model::Random random(1);
  model::Namespace home;
  home.id = model::NamespaceId::Draw(random);
  home.type = model::NamespaceType::kDnsPublic;
  home.name = home.http_name = "bench.test";
  home.soa_ttl = 60;
  store::Unit unit;
  Put(unit, store::Table::kNamespace, home.id.str(), store::EncodeNamespace(home));
  for (std::size_t s = 0; s < services; ++s) {
    model::Service service;
    service.id = model::ServiceId::Draw(random);
    service.namespace_id = home.id;
    service.name = "s" + std::to_string(s);
    service.type = model::ServiceType::kDnsHttp;
    service.dns = model::DnsConfig{};
    service.dns->records = {{model::RecordType::kA, 60}};
    Put(unit, store::Table::kService, service.id.str(), store::EncodeService(service));
    Put(unit, store::Table::kBump, service.id.str(), "");
    for (std::size_t i = 0; i < per; ++i) {
      const std::size_t n = s * per + i;
      model::Instance instance;
      instance.service_id = service.id;
      instance.id = "i-" + std::to_string(n);
      instance.registered = clock.Now();
      instance.attributes = {{"AWS_INSTANCE_IPV4", "10." + std::to_string(n >> 16 & 255) + "." +
                                                       std::to_string(n >> 8 & 255) + "." + std::to_string(n & 255)},
                             {"AWS_INSTANCE_PORT", "8080"},
                             {"stage", n % 3 == 0 ? "beta" : "prod"},
                             {"version", "1." + std::to_string(n % 7)}};
      Put(unit, store::Table::kInstance, store::InstanceKey(service.id, instance.id), store::EncodeInstance(instance));
    }
    if (unit.writes.size() > 20'000 || s + 1 == services) {
      if (!store->Commit({&unit, 1}).ok()) std::exit(1);
      unit.writes.clear();
    }
  }
}

int Measure(const std::string& directory, unsigned threads) {
  const model::SystemClock clock;
  const auto begin = steady_clock::now();
  auto store = std::move(store::OpenRocksStore({.directory = directory}, clock, telemetry::MakeSilentLog())).value();
  const auto opened = steady_clock::now();
  const std::size_t before = ResidentBytes();
  view::View view;
  const model::Status loaded = registry::LoadView(*store, view, threads);
  if (!loaded.ok()) {
    std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
    return 1;
  }
  const auto end = steady_clock::now();
  const std::size_t after = ResidentBytes();
  std::printf("LOAD instances=%zu services=%zu open_s=%.3f load_s=%.3f resident_mb=%.1f bytes/instance=%.0f\n",
              view.instance_count(), view.service_count(), duration<double>(opened - begin).count(),
              duration<double>(end - opened).count(), static_cast<double>(after) / 1e6,
              static_cast<double>(after - before) / static_cast<double>(view.instance_count()));
  // The view is large and the process ends: the kernel frees faster.
  std::fflush(stdout);
  std::_Exit(0);
}

int InChild(int (*work)(const std::string&, std::size_t, std::size_t), const std::string& directory, std::size_t a,
            std::size_t b) {
  const pid_t child = fork();
  if (child == 0) std::_Exit(work(directory, a, b));
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t services = Option(argc, argv, "services", 100'000);
  const std::size_t per = Option(argc, argv, "per", 10);
  const std::size_t threads = Option(argc, argv, "threads", 2);
  const testing::TemporaryDirectory directory;
  const auto fill = [](const std::string& path, std::size_t s, std::size_t p) {
    Fill(path, s, p);
    return 0;
  };
  if (InChild(fill, directory / "data", services, per) != 0) return 1;
  const auto measure = [](const std::string& path, std::size_t t, std::size_t) {
    return Measure(path, static_cast<unsigned>(t));
  };
  for (int round = 0; round < 3; ++round) {
    if (InChild(measure, directory / "data", threads, 0) != 0) return 1;
  }
  return 0;
}
