// NOTIFY to a secondary that answers when it is told to.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "transfer/world.h"

namespace waypost::transfer {
namespace {

using std::chrono::milliseconds;

/// A secondary's UDP socket.
class Peer {
 public:
  struct Notify {
    std::vector<std::uint8_t> octets;
    sockaddr_in from = {};
    std::uint32_t serial = 0;
  };

  Peer() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in here = {};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    EXPECT_EQ(0, ::bind(socket_, reinterpret_cast<sockaddr*>(&here), size));
    EXPECT_EQ(0, ::getsockname(socket_, reinterpret_cast<sockaddr*>(&here), &size));
    endpoint = {Ip("127.0.0.1"), ntohs(here.sin_port)};
  }
  ~Peer() { ::close(socket_); }

  /// The next one; none within so long.
  std::optional<Notify> Take(milliseconds patience = milliseconds(10'000)) {
    pollfd wait{socket_, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(patience.count())) != 1) return std::nullopt;
    Notify notify;
    notify.octets.resize(4096);
    socklen_t size = sizeof notify.from;
    const ssize_t got = ::recvfrom(socket_, notify.octets.data(), notify.octets.size(), 0,
                                   reinterpret_cast<sockaddr*>(&notify.from), &size);
    EXPECT_GT(got, 12);
    notify.octets.resize(static_cast<std::size_t>(got));
    const std::string rdata = RdataOf(notify.octets).at(0);
    notify.serial = dns::Load32(reinterpret_cast<const std::uint8_t*>(rdata.data()) + rdata.size() - 20);
    return notify;
  }

  void Answer(const Notify& notify, unsigned id_off = 0) const {
    std::vector<std::uint8_t> answer(notify.octets.begin(), notify.octets.begin() + 12);
    answer[1] = static_cast<std::uint8_t>(answer[1] + id_off);
    answer[2] |= 0x80;
    for (std::size_t at = 4; at < 12; ++at) answer[at] = 0;
    ::sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&notify.from),
             sizeof notify.from);
  }

  dns::Endpoint endpoint;

 private:
  int socket_;
};

class NotifyTest : public testing::Test {
 protected:
  void Begin(const std::string& key = "") {
    zone_ = world.AddZone("z.test");
    web_ = world.AddService(zone_, "web", {{model::RecordType::kA, 60}});
    Options options;
    options.secondaries = {{.address = peer.endpoint, .zones = {"*"}, .key = key}};
    options.refresh_pause = milliseconds(1);
    options.notify_pause = milliseconds(1);
    options.notify_wait = wait;
    options.notify_tries = tries;
    transfers = ZoneTransfers::Create(std::move(options), world.view, keys, clock_, telemetry::MakeSilentLog()).value();
    ASSERT_TRUE(transfers->Start().ok());
    transfers->Loaded(world.view);
    world.listener = transfers.get();
  }
  void TearDown() override { transfers->Stop(); }

  void ChangeZone(int i) { world.Register(web_, "i", {{"AWS_INSTANCE_IPV4", "10.0.0." + std::to_string(i)}}); }
  template <class Condition>
  static bool Until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return condition();
  }

  FixedClock clock_;
  std::shared_ptr<const dns::Keyring> keys = [] {
    const dns::TsigKeyOptions options[] = {{.name = "k.test", .secret = "c2VjcmV0"}};
    return std::make_shared<const dns::Keyring>(dns::Keyring::Create(options).value());
  }();
  milliseconds wait{60'000};
  unsigned tries = 5;
  Peer peer;
  World world;
  model::NamespaceId zone_;
  model::ServiceId web_;
  std::unique_ptr<ZoneTransfers> transfers;
};

TEST_F(NotifyTest, SaysTheSerialAtTheStart) {
  Begin();
  const auto notify = peer.Take();
  ASSERT_TRUE(notify);
  EXPECT_EQ(world.revision(), notify->serial);
  const auto message = wire::Message::Decode(notify->octets);
  ASSERT_TRUE(message);
  EXPECT_EQ(0x2400U, message->flags) << "opcode 4, AA";
  EXPECT_EQ(std::vector<std::string>{"z.test. SOA"}, message->questions);
  ASSERT_EQ(1U, message->answer.size());
  EXPECT_EQ("SOA", message->answer[0].type);
  peer.Answer(*notify);
  EXPECT_TRUE(Until([&] { return transfers->totals().notify_answered == 1; }));
}

TEST_F(NotifyTest, OneAtATimeAndThenTheNewest) {
  Begin();
  const auto first = peer.Take();
  ASSERT_TRUE(first);
  Asking asking(*transfers);
  for (int i = 0; i < 20; ++i) {
    ChangeZone(i);
    asking.Whole("z.test");  // each is a version of its own
  }
  EXPECT_EQ(1U, transfers->totals().notify_sent) << "nothing more before that is answered";
  peer.Answer(*first);
  const auto second = peer.Take();
  ASSERT_TRUE(second);
  EXPECT_EQ(world.revision(), second->serial);
  peer.Answer(*second);
  EXPECT_TRUE(Until([&] { return transfers->totals().notify_answered == 2; }));
  EXPECT_EQ(2U, transfers->totals().notify_sent);
}

TEST_F(NotifyTest, TriesAgainThenGivesUpUntilTheNextChange) {
  wait = milliseconds(1);
  tries = 3;
  Begin();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(peer.Take());
  EXPECT_TRUE(Until([&] { return transfers->totals().notify_lost == 1; }));
  EXPECT_EQ(3U, transfers->totals().notify_sent);
  ChangeZone(1);
  const auto next = peer.Take();
  ASSERT_TRUE(next);
  EXPECT_EQ(world.revision(), next->serial);
}

TEST_F(NotifyTest, AnswersOfOthersDoNotCount) {
  Begin();
  const auto notify = peer.Take();
  ASSERT_TRUE(notify);
  peer.Answer(*notify, 1);  // another id
  Peer stranger;
  stranger.Answer(*notify);
  peer.Answer(*notify);
  EXPECT_TRUE(Until([&] { return transfers->totals().notify_answered == 1; }));
}

TEST_F(NotifyTest, IsSignedForWhoHasAKey) {
  Begin("k.test.");
  const auto notify = peer.Take();
  ASSERT_TRUE(notify);
  // The record is the last: name 8, fixed 10, algorithm 13, timers 10, MAC 32, trailer 6.
  const std::size_t at = notify->octets.size() - (8 + 10 + 13 + 10 + 32 + 6);
  dns::TsigExchange exchange;
  EXPECT_EQ(dns::TsigVerdict::kGood,
            exchange.Check(*keys, notify->octets.data(), notify->octets.size(), at, 1'700'000'000));
}

TEST_F(NotifyTest, AZoneThatIsGoneIsNotSpokenOf) {
  wait = milliseconds(1);
  tries = 30;
  Begin();
  ASSERT_TRUE(peer.Take());
  world.Commit(registry::NamespaceErased{zone_}, [&](view::Edit& edit, model::Revision at) {
    edit.EraseService(web_, at);
    edit.EraseNamespace(zone_);
  });
  EXPECT_TRUE(Until([&] { return transfers->totals().zones == 0; }));
  const auto sent = transfers->totals().notify_sent;
  // A question goes through the same thread, so whatever was due is done when it is answered.
  Asking(*transfers).Whole("z.test");
  EXPECT_EQ(sent, transfers->totals().notify_sent);
}

}  // namespace
}  // namespace waypost::transfer
