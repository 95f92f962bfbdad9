// DNS over TLS (RFC 7858), with OpenSSL as the client.
#include <gmock/gmock.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <filesystem>
#include <set>
#include <thread>

#include "dns/client.h"
#include "dns/held_outside.h"
#include "dns/zones.h"
#include "health/probes/certificate.h"
#include "waypost/dns/server.h"

namespace waypost::dns {
namespace {

using namespace std::chrono_literals;
using health::Certificate;
using health::MakeCertificate;

const std::string kWeb = "NOERROR aa\nweb.z.test. 60 A 10.0.0.0";

void WriteFile(const std::string& path, const std::string& text) {
  FILE* file = std::fopen(path.c_str(), "w");
  ASSERT_NE(nullptr, file);
  std::fwrite(text.data(), 1, text.size(), file);
  std::fclose(file);
}

void WriteKey(const std::string& path, const Certificate& certificate) {
  FILE* file = std::fopen(path.c_str(), "w");
  ASSERT_NE(nullptr, file);
  PEM_write_PrivateKey(file, certificate.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
}

struct TlsClientOptions {
  std::string alpn = std::string("\3dot", 4);
  int version_max = 0;  ///< 0: the newest
};

/// A TcpClient's octets inside TLS.
class TlsClient : public TcpClient {
 public:
  explicit TlsClient(const std::string& server, const TlsClientOptions& options = {})
      : TcpClient(server), context_(SSL_CTX_new(TLS_client_method())) {
    const timeval patience{10, 0};
    setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    SSL_CTX_set_security_level(context_, 0);
    if (options.version_max != 0) SSL_CTX_set_max_proto_version(context_, options.version_max);
    ssl_ = SSL_new(context_);
    const auto* offered = reinterpret_cast<const unsigned char*>(options.alpn.data());
    if (!options.alpn.empty()) SSL_set_alpn_protos(ssl_, offered, static_cast<unsigned>(options.alpn.size()));
    SSL_set_fd(ssl_, fd());
    established_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;

  bool established() const { return established_; }
  std::string alpn() const {
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &chosen, &size);
    return {reinterpret_cast<const char*>(chosen), size};
  }
  std::string version() const { return SSL_get_version(ssl_); }
  std::string certificate() const {
    Certificate got;
    got.x509.reset(SSL_get1_peer_certificate(ssl_));
    return got.Pem();
  }
  void SendSecret(const wire::Octets& octets) { SSL_write(ssl_, octets.data(), static_cast<int>(octets.size())); }
  void SendFramed(const wire::Ask& ask) { SendSecret(Frame(ask)); }
  /// Says that nothing follows (close_notify).
  void SayEnd() { SSL_shutdown(ssl_); }
  std::optional<wire::Message> NextSecret() {
    last_.clear();
    std::size_t wanted = 2;
    while (last_.size() < wanted) {
      std::uint8_t piece[16384];
      const int got = SSL_read(ssl_, piece, static_cast<int>(std::min(sizeof piece, wanted - last_.size())));
      if (got <= 0) return std::nullopt;
      last_.insert(last_.end(), piece, piece + got);
      if (last_.size() == 2) wanted = 2U + (static_cast<unsigned>(last_[0]) << 8 | last_[1]);
    }
    last_.erase(last_.begin(), last_.begin() + 2);
    return wire::Message::Decode(last_);
  }
  std::optional<wire::Message> AskSecret(const wire::Ask& ask) {
    SendFramed(ask);
    return NextSecret();
  }
  /// The server said that nothing follows.
  bool EndSaid() {
    std::uint8_t octet;
    const int got = SSL_read(ssl_, &octet, 1);
    return got <= 0 && SSL_get_error(ssl_, got) == SSL_ERROR_ZERO_RETURN;
  }

 private:
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  bool established_ = false;
  wire::Octets last_;
};

class Tls : public testing::Test {
 protected:
  Tls() : certificate_(MakeCertificate({})) {
    const auto zone = zones_.AddZone("z.test");
    zones_.RegisterMany(zones_.AddService(zone, "web", kA60), 0, 1);
    zones_.RegisterMany(zones_.AddService(zone, "many", kA60, {.tags = {{"waypost:answer-limit", "all"}}}), 1, 4000);
    zones_.Ready();
    folder_ =
        std::filesystem::path(testing::TempDir()) / ("waypost-tls-" + std::to_string(getpid()) + "-" +
                                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
    options_.listen = {"127.0.0.1:0"};
    options_.tls = {.listen = {"127.0.0.1:0"}, .certificate = folder_ / "cert.pem", .key = folder_ / "key.pem"};
    Install(certificate_);
  }
  ~Tls() override { std::filesystem::remove_all(folder_); }

  void Install(const Certificate& certificate) {
    WriteFile(options_.tls.certificate, certificate.Pem());
    WriteKey(options_.tls.key, certificate);
  }
  std::string Start() {
    server_ = std::make_unique<Server>(zones_.view, options_, telemetry::MakeSilentLog(),
                                       ServerSources{.outside = &outside_});
    const auto bound = server_->Bind();
    EXPECT_TRUE(bound.ok()) << bound.error().message;
    server_->Start();
    return server_->tls_addresses().at(0);
  }
  std::string BindError() {
    Server server(zones_.view, options_, telemetry::MakeSilentLog());
    const auto bound = server.Bind();
    if (bound.ok()) return "bound";
    EXPECT_EQ(model::Code::kConfig, bound.error().code);
    return bound.error().message;
  }
  bool WaitForFailed(std::uint64_t count) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (server_->totals().tls_failed < count && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    return server_->totals().tls_failed == count;
  }

  Zones zones_;
  HeldOutside outside_;
  ServerOptions options_;
  std::filesystem::path folder_;
  Certificate certificate_;
  std::unique_ptr<Server> server_;
};

TEST_F(Tls, AnswersOverBothVersions) {
  options_.threads = 2;
  const std::string address = Start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (int i = 0; i < 5; ++i) {
      TlsClient client(address, {.version_max = version});
      ASSERT_TRUE(client.established());
      EXPECT_EQ(version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3", client.version());
      EXPECT_EQ("dot", client.alpn());
      EXPECT_EQ(kWeb, Text(client.AskSecret({"web.z.test"})));
      EXPECT_EQ(kWeb, Text(client.AskSecret({"web.z.test"})));
      EXPECT_EQ(4000u, client.AskSecret({"many.z.test"})->answer.size());
    }
  }
  EXPECT_EQ(10u, server_->totals().tcp_accepted);
  EXPECT_EQ(0u, server_->totals().tls_failed);
}

TEST_F(Tls, WhoIsNotServed) {
  const std::string address = Start();
  EXPECT_FALSE(TlsClient(address, {.version_max = TLS1_1_VERSION}).established());
  EXPECT_FALSE(TlsClient(address, {.alpn = std::string("\2h2", 3)}).established());
  EXPECT_TRUE(TlsClient(address, {.alpn = std::string("\2h2\3dot", 7)}).established());
  TlsClient silent(address, {.alpn = ""});
  EXPECT_TRUE(silent.established()) << "ALPN is not needed";
  EXPECT_EQ("", silent.alpn());
  TcpClient plain(address);
  plain.Send(TcpClient::Frame({"web.z.test"}));
  while (!plain.Receive().empty()) {
  }
  EXPECT_TRUE(WaitForFailed(3));
  EXPECT_EQ(kWeb, Text(silent.AskSecret({"web.z.test"})));
}

TEST_F(Tls, AHandshakeHasADeadline) {
  options_.tcp_query_timeout = 100ms;
  const std::string address = Start();
  TcpClient silent(address), begun(address);
  begun.Send({22, 3, 1, 64, 0});
  const auto since = std::chrono::steady_clock::now();
  // Octets of a handshake that comes to nothing do not prolong it.
  while (!begun.Readable(10) && std::chrono::steady_clock::now() - since < 10s) begun.Send({0});
  EXPECT_TRUE(begun.Ended());
  EXPECT_TRUE(silent.Ended());
  EXPECT_TRUE(WaitForFailed(2));
}

TEST_F(Tls, OctetsThatCarryNothingDoNotKeepAConnection) {
  options_.tcp_idle_timeout = 200ms;
  TlsClient client(Start());
  ASSERT_TRUE(client.established());
  EXPECT_EQ(kWeb, Text(client.AskSecret({"web.z.test"})));
  client.Send({23, 3, 3, 64, 0});  // a record begins, and goes on for minutes
  const auto since = std::chrono::steady_clock::now();
  while (!client.Readable(10) && std::chrono::steady_clock::now() - since < 10s) client.Send({0});
  EXPECT_TRUE(client.Ended());
}

TEST_F(Tls, AnySegmentation) {
  TlsClient client(Start());
  ASSERT_TRUE(client.established());
  for (const std::uint8_t octet : TcpClient::Frame({"web.z.test"})) client.SendSecret({octet});
  EXPECT_EQ(kWeb, Text(client.NextSecret()));
}

TEST_F(Tls, ManyQueriesThenTheEnd) {
  TlsClient client(Start());
  wire::Octets all;
  for (unsigned id = 0; id < 2000; ++id) {
    const wire::Octets framed = TcpClient::Frame({.name = "web.z.test", .id = id});
    all.insert(all.end(), framed.begin(), framed.end());
  }
  const wire::Octets away = TcpClient::Frame({.name = "away.example.net", .flags = 0x0100, .id = 2000});
  all.insert(all.end(), away.begin(), away.end());
  client.SendSecret(all);
  client.SayEnd();
  std::set<unsigned> ids;
  for (unsigned i = 0; i < 2000; ++i) {
    const auto message = client.NextSecret();
    ASSERT_TRUE(message) << i;
    ids.insert(message->id);
  }
  EXPECT_EQ(2000u, ids.size());
  ASSERT_TRUE(outside_.WaitForFetches(1));
  outside_.Learn("away.example.net", "192.0.2.1");
  outside_.Release("away.example.net");
  EXPECT_EQ("NOERROR\naway.example.net. 100 A 192.0.2.1", Text(client.NextSecret())) << "late, and after the end";
  EXPECT_TRUE(client.EndSaid());
}

TEST_F(Tls, LargeAnswersToAClientThatReadsLate) {
  TlsClient client(Start());
  constexpr unsigned kQueries = 60;
  for (unsigned id = 0; id < kQueries; ++id) client.SendFramed({.name = "many.z.test", .id = id});
  EXPECT_EQ(kWeb, Text(TlsClient(server_->tls_addresses()[0]).AskSecret({"web.z.test"})));
  for (unsigned id = 0; id < kQueries; ++id) {
    const auto message = client.NextSecret();
    ASSERT_TRUE(message);
    EXPECT_EQ(id, message->id);
    EXPECT_EQ(4000u, message->answer.size());
  }
}

TEST_F(Tls, PaddingAsOnEncryptedTransport) {
  TlsClient client(Start());
  client.SendFramed({.name = "web.z.test", .edns = wire::Edns{.options = std::string("\0\14\0\2\0\0", 6)}});
  const auto message = client.NextSecret();
  ASSERT_TRUE(message && message->edns);
  EXPECT_EQ(std::string("\0\14", 2), message->edns->options.substr(0, 2));
}

TEST_F(Tls, ReloadedCertificates) {
  const std::string address = Start();
  TlsClient before(address);
  EXPECT_EQ(certificate_.Pem(), before.certificate());
  const Certificate next = MakeCertificate({});
  Install(next);
  EXPECT_EQ(certificate_.Pem(), TlsClient(address).certificate()) << "not before it is told";
  EXPECT_TRUE(server_->ReloadCertificate().ok());
  EXPECT_EQ(next.Pem(), TlsClient(address).certificate());
  EXPECT_EQ(kWeb, Text(before.AskSecret({"web.z.test"}))) << "older connections live on";

  const Certificate third = MakeCertificate({});
  WriteFile(options_.tls.certificate, third.Pem());
  auto status = server_->ReloadCertificate();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(model::Code::kConfig, status.error().code);
  EXPECT_THAT(status.error().message, testing::HasSubstr(options_.tls.key));
  EXPECT_THAT(status.error().message, testing::HasSubstr("mismatch"));
  EXPECT_EQ(next.Pem(), TlsClient(address).certificate());
  EXPECT_EQ(kWeb, Text(TlsClient(address).AskSecret({"web.z.test"})));
  WriteKey(options_.tls.key, third);
  EXPECT_TRUE(server_->ReloadCertificate().ok());
  EXPECT_EQ(third.Pem(), TlsClient(address).certificate());
}

TEST_F(Tls, WrongFiles) {
  std::filesystem::remove(options_.tls.key);
  EXPECT_THAT(BindError(), testing::HasSubstr(options_.tls.key));
  std::filesystem::remove(options_.tls.certificate);
  EXPECT_THAT(BindError(), testing::HasSubstr(options_.tls.certificate));
  WriteFile(options_.tls.certificate, "no certificate");
  EXPECT_THAT(BindError(), testing::HasSubstr(options_.tls.certificate));
  options_.tls.listen = {"127.0.0.1"};
  Install(certificate_);
  EXPECT_THAT(BindError(), testing::HasSubstr("ADDRESS:PORT"));
}

TEST_F(Tls, AddressInUse) {
  const std::string address = Start();
  options_.tls.listen = {address};
  Server second(zones_.view, options_, telemetry::MakeSilentLog());
  const auto bound = second.Bind();
  ASSERT_FALSE(bound.ok());
  EXPECT_EQ(model::Code::kInUse, bound.error().code);
  EXPECT_THAT(bound.error().message, testing::HasSubstr("`dot` in [tls]"));
}

TEST_F(Tls, WithoutItThereIsNothingToReload) {
  options_.tls = {};
  server_ = std::make_unique<Server>(zones_.view, options_, telemetry::MakeSilentLog());
  EXPECT_TRUE(server_->ReloadCertificate().ok());
  ASSERT_TRUE(server_->Bind().ok());
  EXPECT_TRUE(server_->tls_addresses().empty());
  EXPECT_TRUE(server_->ReloadCertificate().ok());
}

}  // namespace
}  // namespace waypost::dns
