// Many threads at once, as the DNS workers are.
#include "house.h"

namespace waypost::forward {
namespace {

TEST(Threads, AskAndFindAtOneTime) {
  FakeUpstream upstream([](const FakeUpstream::Query& query) {
    Response response;
    response.answer = {{query.name(), Type::kA, 20, Octets("192.0.2.1")}};
    return std::vector{response.To(query.octets)};
  });
  House house(AskOf({upstream.text()}));
  house->Start();
  constexpr int kThreads = 4;
  constexpr int kRounds = 300;
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        const auto found = house.Resolve("n" + std::to_string((i * (t + 1)) % 20) + ".example.");
        good += LastAddress(found) == "192.0.2.1" ? 1 : 0;
        if (i % 50 == 0) house.Advance(19s);
        if (i % 60 == 0) house->totals();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, kThreads * kRounds);
  EXPECT_TRUE(House::Eventually([&] { return house->totals().in_flight == 0; }));
}

}  // namespace
}  // namespace waypost::forward
