// Zone transfers on connections: messages made as the client takes them.
#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <condition_variable>
#include <ctime>
#include <functional>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "dns/client.h"
#include "dns/zones.h"
#include "waypost/dns/server.h"
#include "waypost/dns/wire.h"

namespace waypost::dns {
namespace {

using namespace std::chrono_literals;

const std::string kWeb = "NOERROR aa\nweb.z.test. 60 A 10.0.0.0";

struct Script {
  std::size_t messages = 3;
  std::size_t octets = 1000;  ///< of each message, at most what there is room for
};

/// Answers transfers with messages that say which of them they are.
class ScriptedTransfers final : public Transfers {
 public:
  void Begin(TransferQuestion question, std::function<void(Transfer)> done) override {
    const std::lock_guard lock(mutex_);
    questions_.push_back(std::move(question));
    begun_.push_back(std::move(done));
    changed_.notify_all();
  }
  bool WaitForQuestions(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] { return questions_.size() >= count; });
  }
  TransferQuestion question(std::size_t at) {
    const std::lock_guard lock(mutex_);
    return questions_.at(at);
  }
  std::size_t questions() {
    const std::lock_guard lock(mutex_);
    return questions_.size();
  }
  /// Answers the oldest question that is open.
  void Send(const Script& script) {
    Transfer transfer;
    transfer.messages = std::make_unique<Messages>(script, *this);
    Take()(std::move(transfer));
  }
  void Refuse(Rcode rcode, ExtendedError error) {
    Transfer transfer;
    transfer.refused = rcode;
    transfer.extended_error = error;
    Take()(std::move(transfer));
  }
  std::atomic<std::size_t> made{0};
  std::atomic<int> alive{0};

 private:
  class Messages final : public TransferMessages {
   public:
    Messages(const Script& script, ScriptedTransfers& of) : script_(script), of_(of) { ++of_.alive; }
    ~Messages() override { --of_.alive; }
    std::size_t Next(std::uint8_t* out, std::size_t room) override {
      if (at_ == script_.messages) return 0;
      const std::size_t size = std::min(script_.octets, room);
      std::fill(out, out + size, static_cast<std::uint8_t>(at_));
      std::fill(out, out + kHeaderOctets, 0);
      Store16(out, static_cast<std::uint16_t>(at_));
      ++at_;
      ++of_.made;
      return size;
    }

   private:
    const Script script_;
    ScriptedTransfers& of_;
    std::size_t at_ = 0;
  };
  std::function<void(Transfer)> Take() {
    const std::lock_guard lock(mutex_);
    auto done = std::move(begun_.front());
    begun_.erase(begun_.begin());
    return done;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<TransferQuestion> questions_;
  std::vector<std::function<void(Transfer)>> begun_;
};

class Stream : public testing::Test {
 protected:
  Stream() {
    zones_.RegisterMany(zones_.AddService(zones_.AddZone("z.test"), "web", kA60), 0, 1);
    zones_.Ready();
    options_.listen = {"127.0.0.1:0"};
  }
  std::string Start() {
    server_ = std::make_unique<Server>(zones_.view, options_, telemetry::MakeSilentLog(),
                                       ServerSources{.transfers = &transfers_, .keys = keys_});
    EXPECT_TRUE(server_->Bind().ok());
    server_->Start();
    return server_->addresses().at(0);
  }
  bool WaitForAlive(int count) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (transfers_.alive != count && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    return transfers_.alive == count;
  }
  static const wire::Ask& Axfr() {
    static const wire::Ask ask{.name = "z.test", .type = "AXFR", .id = 77};
    return ask;
  }

  Zones zones_;
  ScriptedTransfers transfers_;
  std::shared_ptr<const Keyring> keys_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

TEST_F(Stream, MessagesInOrderThenFurtherQueries) {
  TcpClient client(Start());
  client.Send(TcpClient::Frame(Axfr()));
  client.Send(TcpClient::Frame({.name = "web.z.test", .id = 9}));
  ASSERT_TRUE(transfers_.WaitForQuestions(1));
  const TransferQuestion question = transfers_.question(0);
  EXPECT_EQ(std::string("\1z\4test\0", 8), question.zone);
  EXPECT_FALSE(question.incremental);
  EXPECT_EQ("127.0.0.1", question.client.str());
  EXPECT_EQ("127.0.0.1", question.local.str());
  EXPECT_EQ("", question.key);
  EXPECT_EQ(24u, question.head.size());
  transfers_.Send({.messages = 300, .octets = 20'000});
  for (unsigned i = 0; i < 300; ++i) {
    const auto message = client.Next();
    ASSERT_TRUE(message);
    EXPECT_EQ(20'000u, message->size());
    EXPECT_EQ(i, Load16(message->data()));
    EXPECT_EQ(static_cast<std::uint8_t>(i), message->back());
  }
  const auto after = client.NextMessage();
  ASSERT_TRUE(after);
  EXPECT_EQ(9u, after->id);
  EXPECT_EQ(kWeb, Text(after));
  EXPECT_TRUE(WaitForAlive(0));
  EXPECT_EQ(1u, server_->totals().transfers);
}

TEST_F(Stream, SizesAtTheLimit) {
  TcpClient client(Start());
  std::size_t questions = 0;
  for (const std::size_t octets : {std::size_t{512}, std::size_t{65535}}) {
    client.Send(TcpClient::Frame(Axfr()));
    ASSERT_TRUE(transfers_.WaitForQuestions(++questions));
    transfers_.Send({.messages = 5, .octets = octets});
    for (unsigned i = 0; i < 5; ++i) EXPECT_EQ(octets, client.Next().value_or(wire::Octets{}).size());
    EXPECT_EQ(kWeb, Text(client.Ask({"web.z.test"})));
  }
  client.Send(TcpClient::Frame(Axfr()));
  ASSERT_TRUE(transfers_.WaitForQuestions(3));
  transfers_.Send({.messages = 0});
  EXPECT_EQ(kWeb, Text(client.Ask({"web.z.test"})));
}

TEST_F(Stream, Refused) {
  TcpClient client(Start());
  client.Send(TcpClient::Frame({.name = "z.test", .type = "AXFR", .edns = wire::Edns{}, .id = 5}));
  ASSERT_TRUE(transfers_.WaitForQuestions(1));
  transfers_.Refuse(Rcode::kNotAuth, ExtendedError::kNotAuthoritative);
  const auto message = client.NextMessage();
  ASSERT_TRUE(message);
  EXPECT_EQ(9u, message->rcode);
  EXPECT_EQ(5u, message->id);
  ASSERT_TRUE(message->edns);
  EXPECT_EQ(std::string("\0\17\0\2\0\24", 6), message->edns->options);
  client.Send(TcpClient::Frame(Axfr()));
  ASSERT_TRUE(transfers_.WaitForQuestions(2));
  transfers_.Refuse(Rcode::kRefused, ExtendedError::kNone);
  EXPECT_EQ("REFUSED", Text(client.NextMessage()));
  EXPECT_EQ(kWeb, Text(client.Ask({"web.z.test"})));
}

TEST_F(Stream, MadeOnlyAsTheClientTakesThem) {
  options_.tcp_idle_timeout = 60s;
  const std::string address = Start();
  TcpClient client(address);
  client.Send(TcpClient::Frame(Axfr()));
  ASSERT_TRUE(transfers_.WaitForQuestions(1));
  constexpr std::size_t kMessages = 2000;  // 130 MB: no buffer takes them
  transfers_.Send({.messages = kMessages, .octets = 65535});
  // It comes to rest when the kernel's buffers are full; others are served all the while.
  std::size_t made = 0;
  TcpClient other(address);
  for (int quiet = 0; quiet < 50;) {
    EXPECT_EQ(kWeb, Text(other.Ask({"web.z.test"})));
    quiet = transfers_.made == made ? quiet + 1 : 0;
    made = transfers_.made;
  }
  EXPECT_LT(made, kMessages / 2);
  for (unsigned i = 0; i < kMessages; ++i) {
    const auto message = client.Next();
    ASSERT_TRUE(message) << i;
    ASSERT_EQ(i, Load16(message->data()));
  }
  EXPECT_EQ(kMessages, transfers_.made);
}

TEST_F(Stream, AStalledClientIsCut) {
  options_.tcp_idle_timeout = 100ms;
  TcpClient client(Start());
  client.Send(TcpClient::Frame(Axfr()));
  ASSERT_TRUE(transfers_.WaitForQuestions(1));
  transfers_.Send({.messages = 10'000, .octets = 65535});
  EXPECT_TRUE(WaitForAlive(1));
  EXPECT_TRUE(WaitForAlive(0)) << "cut";
  EXPECT_LT(transfers_.made, 10'000u);
}

TEST_F(Stream, SoManyAtATime) {
  options_.threads = 2;
  const std::string address = Start();
  std::vector<TcpClient> clients;
  for (unsigned i = 1; i <= 16; ++i) {
    clients.emplace_back(address);
    clients.back().Send(TcpClient::Frame(Axfr()));
    ASSERT_TRUE(transfers_.WaitForQuestions(i));
  }
  TcpClient beyond(address);
  EXPECT_EQ("SERVFAIL", Text(beyond.Ask(Axfr())));
  EXPECT_EQ(16u, transfers_.questions());
  for (int i = 0; i < 16; ++i) transfers_.Send({.messages = 1});
  for (TcpClient& client : clients) EXPECT_TRUE(client.Next());
  EXPECT_EQ(kWeb, Text(clients[0].Ask({"web.z.test"}))) << "its place is free now";
  beyond.Send(TcpClient::Frame(Axfr()));
  ASSERT_TRUE(transfers_.WaitForQuestions(17));
  transfers_.Send({.messages = 1});
  EXPECT_TRUE(beyond.Next());
}

TEST_F(Stream, GoneClientsAndServers) {
  const std::string address = Start();
  {
    TcpClient gone(address);
    gone.Send(TcpClient::Frame(Axfr()));
    ASSERT_TRUE(transfers_.WaitForQuestions(1));
    const linger reset{1, 0};
    setsockopt(gone.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  transfers_.Send({.messages = 100'000, .octets = 65535});
  EXPECT_TRUE(WaitForAlive(0));
  TcpClient open(address), half(address);
  open.Send(TcpClient::Frame(Axfr()));
  ASSERT_TRUE(transfers_.WaitForQuestions(2));
  half.Send(TcpClient::Frame(Axfr()));
  ASSERT_TRUE(transfers_.WaitForQuestions(3));
  transfers_.Send({.messages = 100'000, .octets = 65535});
  EXPECT_TRUE(WaitForAlive(1));
  const auto begun = std::chrono::steady_clock::now();
  server_->Stop(100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 30s);
  server_.reset();
  EXPECT_EQ(0, transfers_.alive);
  transfers_.Send({});
  EXPECT_EQ(0, transfers_.alive) << "nobody takes it any more";
}

/// The other side's signatures, written apart from ours (RFC 8945 4.3).
class Signer {
 public:
  Signer() : name_("\10transfer\0", 10), algorithm_("\13hmac-sha256\0", 13) {
    for (int i = 0; i < 32; ++i) secret_.push_back(static_cast<char>(i));
  }

  void Sign(wire::Octets& query) {
    const auto now = static_cast<std::uint32_t>(std::time(nullptr));
    std::string time;
    Put(time, 0, 2);
    Put(time, now, 4);
    const std::string text(query.begin(), query.end());
    mac_ = Mac(text + Variables(time));
    std::string record = name_;
    Put(record, 250, 2);
    Put(record, 255, 2);
    Put(record, 0, 4);
    Put(record, algorithm_.size() + 16 + mac_.size(), 2);
    record += algorithm_ + time;
    Put(record, 300, 2);
    Put(record, mac_.size(), 2);
    record += mac_ + text.substr(0, 2) + std::string(4, '\0');
    query.insert(query.end(), record.begin(), record.end());
    query[11] = 1;
  }
  /// Whether the next message is signed as it must be; takes the signature off.
  bool Check(wire::Octets& message) {
    const std::size_t size = name_.size() + 10 + algorithm_.size() + 16 + 32;
    if (message.size() < size || message[11] != 1) return false;
    const std::string record(message.end() - static_cast<std::ptrdiff_t>(size), message.end());
    message.resize(message.size() - size);
    message[11] = 0;
    const std::string rdata = record.substr(name_.size() + 10), time = rdata.substr(algorithm_.size(), 6);
    std::string covered;
    Put(covered, mac_.size(), 2);
    covered += mac_ + std::string(message.begin(), message.end());
    if (first_) {
      covered += Variables(time);
    } else {
      covered += time;
      Put(covered, 300, 2);
    }
    first_ = false;
    mac_ = rdata.substr(algorithm_.size() + 10, 32);
    return mac_ == Mac(covered);
  }

 private:
  static void Put(std::string& out, std::uint64_t value, int octets) {
    while (octets-- > 0) out.push_back(static_cast<char>(value >> (8 * octets)));
  }
  std::string Variables(const std::string& time) const {
    std::string out = name_;
    Put(out, 255, 2);
    Put(out, 0, 4);
    out += algorithm_ + time;
    Put(out, 300, 2);
    Put(out, 0, 4);
    return out;
  }
  std::string Mac(const std::string& text) const {
    unsigned char mac[32];
    unsigned size = 0;
    HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
    return {reinterpret_cast<const char*>(mac), size};
  }

  const std::string name_, algorithm_;
  std::string secret_, mac_;
  bool first_ = true;
};

TEST_F(Stream, EachMessageIsSigned) {
  const TsigKeyOptions key{.name = "transfer.", .secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="};
  keys_ = std::make_shared<const Keyring>(Keyring::Create({&key, 1}).value());
  TcpClient client(Start());
  Signer signer;
  wire::Octets query = wire::Encode(Axfr());
  signer.Sign(query);
  client.Send(TcpClient::Frame(query));
  ASSERT_TRUE(transfers_.WaitForQuestions(1));
  EXPECT_EQ(std::string("\10transfer\0", 10), transfers_.question(0).key);
  transfers_.Send({.messages = 20, .octets = 70'000});
  for (unsigned i = 0; i < 20; ++i) {
    wire::Octets message = client.Next().value_or(wire::Octets{});
    EXPECT_TRUE(signer.Check(message)) << i;
    EXPECT_EQ(65535U - TsigExchange::kRoomMax, message.size()) << "room was left for the signature";
    EXPECT_EQ(i, Load16(message.data()));
  }
  Signer refused;
  query = wire::Encode(Axfr());
  refused.Sign(query);
  client.Send(TcpClient::Frame(query));
  ASSERT_TRUE(transfers_.WaitForQuestions(2));
  transfers_.Refuse(Rcode::kRefused, ExtendedError::kNone);
  wire::Octets message = client.Next().value_or(wire::Octets{});
  EXPECT_TRUE(refused.Check(message));
  EXPECT_EQ("REFUSED", Text(wire::Message::Decode(message)));
  query.back() ^= 1;
  query[query.size() - 10] ^= 1;
  client.Send(TcpClient::Frame(query));
  EXPECT_TRUE(client.Next()) << "a bad signature is answered, and starts nothing";
  EXPECT_EQ(2u, transfers_.questions());
}

TEST_F(Stream, NeverOnUdpNorByAsk) {
  const std::string address = Start();
  EXPECT_EQ("REFUSED", Text(UdpClient(address).Ask(Axfr())));
  std::promise<wire::Octets> answered;
  server_->Ask(wire::Encode(Axfr()), Asker{Ip("127.0.0.1"), Ip("127.0.0.1"), Transport::kHttps},
               [&](std::vector<std::uint8_t> response) { answered.set_value(std::move(response)); });
  EXPECT_EQ("REFUSED", Text(wire::Message::Decode(answered.get_future().get())));
  EXPECT_EQ(0u, transfers_.questions());
}

}  // namespace
}  // namespace waypost::dns
