#include "http/listen.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <set>
#include <thread>

#include "http/client.h"

namespace waypost::http {
namespace {

TEST(Listen, AddressesInAndOut) {
  for (const char* good : {"127.0.0.1:5380", "[::1]:0", "0.0.0.0:65535", "[::]:80"}) {
    const auto endpoint = ParseEndpoint(good);
    ASSERT_TRUE(endpoint.ok()) << good;
    EXPECT_EQ(FormatEndpoint(*endpoint), good);
  }
  for (const char* bad : {"", "127.0.0.1", ":80", "::1:80", "[::1]", "[127.0.0.1]:80", "localhost:80", "1.2.3.4:65536",
                          "1.2.3.4:-1", "1.2.3.4:", "1.2.3.4:80x", "[]:80", "[::1:80"}) {
    const auto endpoint = ParseEndpoint(bad);
    ASSERT_FALSE(endpoint.ok()) << bad;
    EXPECT_EQ(endpoint.error().code, model::Code::kConfig);
  }
}

Options Listening(std::vector<std::string> listen, unsigned threads) {
  Options options;
  options.listen = std::move(listen);
  options.threads = threads;
  return options;
}

class ListenWith : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Workers, ListenWith, testing::Values(1U, 2U));

TEST_P(ListenWith, TakenAddressIsSeenThoughPortsAreShared) {
  FunctionHandler handler(Echo);
  Server first(Listening({"127.0.0.1:0"}, GetParam()), handler);
  ASSERT_TRUE(first.Bind().ok());
  for (const unsigned threads : {1U, 2U}) {
    Server second(Listening(first.addresses(), threads), handler);
    const model::Status bound = second.Bind();
    ASSERT_FALSE(bound.ok());
    EXPECT_EQ(bound.error().code, model::Code::kInUse);
    EXPECT_NE(bound.error().message.find(first.addresses().front()), std::string::npos) << bound.error().message;
  }
}

TEST_P(ListenWith, AddressIsFreeAgainAfterStop) {
  std::vector<std::string> addresses;
  {
    Running running(Echo, Listening({"127.0.0.1:0"}, GetParam()));
    addresses = running.server->addresses();
    Client client(running.address);
    EXPECT_TRUE(client.Ask(Post("/", "x")).has_value());
  }
  Running again(Echo, Listening(addresses, GetParam()));
  EXPECT_EQ(again.address, addresses.front());
}

TEST(Listen, ForeignAddress) {
  FunctionHandler handler(Echo);
  Server server(Listening({"192.0.2.1:0"}, 1), handler);  // TEST-NET-1: nobody has it
  const model::Status bound = server.Bind();
  ASSERT_FALSE(bound.ok());
  EXPECT_EQ(bound.error().code, model::Code::kConfig);
}

/// Takes CAP_NET_BIND_SERVICE from the calling thread alone.
bool DropBindCapability() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  data[0].effective &= ~(1U << CAP_NET_BIND_SERVICE);
  return syscall(SYS_capset, &header, data) == 0;
}

TEST(Listen, LowPortWithoutPrivilege) {
  int first_open = 1024;
  std::ifstream("/proc/sys/net/ipv4/ip_unprivileged_port_start") >> first_open;
  if (first_open <= 1) GTEST_SKIP() << "this machine lets everybody bind every port";
  std::thread([] {
    ASSERT_TRUE(DropBindCapability());
    FunctionHandler handler(Echo);
    Server server(Listening({"127.0.0.1:1"}, 1), handler);
    const model::Status bound = server.Bind();
    ASSERT_FALSE(bound.ok());
    EXPECT_EQ(bound.error().code, model::Code::kPermission);
    for (const char* hint : {"127.0.0.1:1", "cap_net_bind_service", "systemd", "ip_unprivileged_port_start"}) {
      EXPECT_NE(bound.error().message.find(hint), std::string::npos) << bound.error().message;
    }
  }).join();
}

TEST_P(ListenWith, BothFamiliesAndEveryWorker) {
  std::atomic<unsigned> seen = 0;
  Running running(
      [&seen](const Request& request, Response& response, Later&) {
        seen.fetch_or(1U << request.worker);
        response.body = request.peer;
        return Progress::kDone;
      },
      Listening({"127.0.0.1:0", "[::1]:0"}, GetParam()));
  ASSERT_EQ(running.server->addresses().size(), 2U);
  Client six(running.server->addresses()[1]);
  const auto over_six = six.Ask(Post("/", ""));
  ASSERT_TRUE(over_six.has_value());
  EXPECT_EQ(over_six->body, "::1");
  // The kernel spreads connections by a hash of their ports: 200 that all fall on one worker are a broken group.
  for (int i = 0; i < 200; ++i) {
    Client client(running.address);
    const auto answer = client.Ask(Post("/", ""));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->body, "127.0.0.1");
  }
  EXPECT_EQ(seen.load(), (1U << GetParam()) - 1);
}

}  // namespace
}  // namespace waypost::http
