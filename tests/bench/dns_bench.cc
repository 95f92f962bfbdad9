// What an answer costs without sockets: from a query's octets to a response's, in batches of 16, names asked at random.
#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "waypost/dns/answerer.h"
#include "waypost/view/edit.h"

namespace waypost::dns {
namespace {

constexpr unsigned kMembers = 8;

/// `names` services of eight addresses each.
struct World {
  view::View view;

  explicit World(unsigned names) {
    model::Random random(1);
    model::Namespace zone;
    zone.id = model::NamespaceId::Draw(random);
    zone.type = model::NamespaceType::kDnsPublic;
    zone.name = zone.http_name = "bench.test";
    zone.soa_ttl = 60;
    view::Edit edit(view);
    edit.PutNamespace(zone, 1);
    for (unsigned i = 0; i < names; ++i) AddService(edit, zone.id, i, random);
    edit.SetReady();
  }

  static std::string Name(unsigned i) {
    const std::string digits = std::to_string(i);
    return "s" + std::string(7 - digits.size(), '0') + digits;
  }

 private:
  static void AddService(view::Edit& edit, const model::NamespaceId& zone, unsigned number, model::Random& random) {
    model::Service service;
    service.id = model::ServiceId::Draw(random);
    service.namespace_id = zone;
    service.name = Name(number);
    service.type = model::ServiceType::kDnsHttp;
    service.dns = model::DnsConfig{model::RoutingPolicy::kMultivalue, {{model::RecordType::kA, 60}}};
    edit.PutService(service, number + 2);
    std::vector<view::LoadedInstance> instances(kMembers);
    for (unsigned k = 0; k < kMembers; ++k) {
      const unsigned x = number * kMembers + k;
      instances[k].value.service_id = service.id;
      instances[k].value.id = "i" + std::to_string(k);
      instances[k].value.attributes = {
          {"AWS_INSTANCE_IPV4",
           "10." + std::to_string(x >> 16 & 255) + "." + std::to_string(x >> 8 & 255) + "." + std::to_string(x & 255)}};
      instances[k].revision = number + 2;
    }
    edit.LoadInstances(service.id, instances);
  }
};

World& WorldOf(unsigned names) {
  static std::map<unsigned, std::unique_ptr<World>> worlds;
  auto& world = worlds[names];
  if (world == nullptr) world = std::make_unique<World>(names);
  return *world;
}

std::vector<std::uint8_t> Query(unsigned number) {
  std::vector<std::uint8_t> octets = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  for (const std::string& label : {World::Name(number), std::string("bench"), std::string("test")}) {
    octets.push_back(static_cast<std::uint8_t>(label.size()));
    octets.insert(octets.end(), label.begin(), label.end());
  }
  octets.insert(octets.end(), {0, 0, 1, 0, 1});
  return octets;
}

void BM_Answer(benchmark::State& state) {
  const auto names = static_cast<unsigned>(state.range(0));
  World& world = WorldOf(names);
  Answerer answerer(world.view, AnswerPolicy::Create({}).value(), 1);
  constexpr unsigned kBatch = Answerer::kBatchMax;
  std::vector<std::vector<std::uint8_t>> queries(kBatch, Query(0));
  std::vector<std::vector<std::uint8_t>> responses(kBatch, std::vector<std::uint8_t>(1344));
  std::vector<Answerer::Job> jobs(kBatch);
  for (unsigned i = 0; i < kBatch; ++i) {
    jobs[i].query = queries[i].data();
    jobs[i].query_size = queries[i].size();
    jobs[i].response = responses[i].data();
    jobs[i].room = responses[i].size();
    jobs[i].asker.client = Address::Parse("127.0.0.1").value();
    jobs[i].asker.local = jobs[i].asker.client;
  }
  model::Random random(2);
  std::int64_t octets = 0;
  for (auto _ : state) {
    for (unsigned i = 0; i < kBatch; ++i) {
      unsigned number = random.Below(names);
      // The digits alone change: what writing the query costs stays small beside what is measured.
      for (unsigned digit = 0; digit < 7; ++digit, number /= 10) {
        queries[i][20 - digit] = static_cast<std::uint8_t>('0' + number % 10);
      }
    }
    answerer.Answer(jobs);
    octets += static_cast<std::int64_t>(jobs[0].response_size);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * kBatch);
  state.counters["ns_per_query"] = benchmark::Counter(static_cast<double>(state.iterations()) * kBatch,
                                                      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  if (octets != state.iterations() * static_cast<std::int64_t>(12 + 21 + 4 + kMembers * 16))
    state.SkipWithError("not eight addresses");
}
BENCHMARK(BM_Answer)->Arg(1)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kNanosecond);

}  // namespace
}  // namespace waypost::dns
