#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>

#include "health/probes/backend.h"
#include "health/probes/certificate.h"
#include "health/probes/probing.h"
#include "temporary_directory.h"

namespace waypost::health {
namespace {

using model::CheckKind;
using ::testing::EndsWith;
using ::testing::HasSubstr;

/// Answers 200 over TLS with this certificate; `name` gets what SNI asks for.
Backend::Serve ServeTls(const Certificate& certificate, std::string* name = nullptr) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_use_certificate(context.get(), certificate.x509.get());
  SSL_CTX_use_PrivateKey(context.get(), certificate.key.get());
  return [context, name](Connection& connection) {
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
    SSL_set_fd(ssl.get(), connection.socket());
    if (SSL_accept(ssl.get()) != 1) return;
    const char* asked = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
    if (name != nullptr) *name = asked == nullptr ? "" : asked;
    char request[1024];
    if (SSL_read(ssl.get(), request, sizeof request) <= 0) return;
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
    connection.AwaitEnd();
  };
}

std::shared_ptr<model::CheckPlan> Https(const std::string& body = "") {
  auto plan = PlanFor(CheckKind::kHttps);
  plan->good_body = body;
  return plan;
}

std::shared_ptr<model::CheckPlan> Valid() {
  auto plan = Https();
  plan->valid_certificate = true;
  return plan;
}

std::string Cause(Backend::Serve serve, const std::shared_ptr<model::CheckPlan>& plan,
                  const std::string& host = "127.0.0.1") {
  Backend backend(std::move(serve));
  Probing probing;
  return probing.Run(plan, host, backend.port()).cause;
}

/// An authority that this process trusts, as a system's trust store would.
class TrustedAuthority : public ::testing::Test {
 protected:
  TrustedAuthority() {
    std::ofstream(directory_ / "trust.pem") << authority_.Pem();
    ::setenv("SSL_CERT_FILE", (directory_ / "trust.pem").c_str(), 1);
  }
  ~TrustedAuthority() override { ::unsetenv("SSL_CERT_FILE"); }

  Certificate Issue(CertificateOptions options = {}) const {
    options.issuer = &authority_;
    return MakeCertificate(options);
  }

 private:
  waypost::testing::TemporaryDirectory directory_;
  Certificate authority_ = MakeCertificate({.alt_names = ""});
};

TEST(HttpsProbe, AnyCertificateWillDo) {
  EXPECT_EQ(Cause(ServeTls(MakeCertificate({})), Https("ok")), "");
  EXPECT_EQ(Cause(ServeTls(MakeCertificate({.from_seconds = -7200, .to_seconds = -3600})), Https()), "");
}

TEST(HttpsProbe, AnswerIsJudgedAsWithoutTls) {
  EXPECT_THAT(Cause(ServeTls(MakeCertificate({})), Https("up")), EndsWith(": no \"up\" in its body"));
  EXPECT_THAT(Cause(ServeTls(MakeCertificate({})), Https("up")), ::testing::StartsWith("GET https://127.0.0.1:"));
}

TEST(HttpsProbe, NoTls) {
  const auto plain = [](Connection& connection) {
    connection.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
    connection.AwaitEnd();
  };
  EXPECT_THAT(Cause(plain, Https()), HasSubstr("TLS handshake with 127.0.0.1:"));
  EXPECT_THAT(Cause([](Connection&) {}, Https()), ::testing::AnyOf(EndsWith(": closed by peer"), EndsWith("by peer")));
  const auto late = Https();
  late->timeout = kShort;
  EXPECT_THAT(Cause([](Connection& connection) { connection.AwaitEnd(); }, late),
              ::testing::AllOf(HasSubstr("TLS handshake with"), EndsWith(": no answer within 150ms")));
}

TEST(HttpsProbe, SelfSignedIsNotValid) {
  EXPECT_THAT(Cause(ServeTls(MakeCertificate({})), Valid()),
              ::testing::AllOf(HasSubstr("TLS handshake with 127.0.0.1:"), HasSubstr("self-signed certificate")));
}

TEST_F(TrustedAuthority, ValidForAddressOrName) {
  EXPECT_EQ(Cause(ServeTls(Issue()), Valid()), "");
  EXPECT_EQ(Cause(ServeTls(Issue()), Valid(), "localhost"), "");
}

TEST_F(TrustedAuthority, ExpiredOrAnothersIsNotValid) {
  EXPECT_THAT(Cause(ServeTls(Issue({.from_seconds = -7200, .to_seconds = -3600})), Valid()),
              EndsWith(": certificate has expired"));
  EXPECT_THAT(Cause(ServeTls(Issue({.alt_names = "IP:127.0.0.9"})), Valid()), EndsWith(": IP address mismatch"));
  EXPECT_THAT(Cause(ServeTls(Issue({.alt_names = "DNS:example.com"})), Valid(), "localhost"),
              EndsWith(": hostname mismatch"));
}

TEST(HttpsProbe, SaysTheServersNameButNoAddress) {
  std::string name = "nothing";
  EXPECT_EQ(Cause(ServeTls(MakeCertificate({}), &name), Https(), "localhost"), "");
  EXPECT_EQ(name, "localhost");
  EXPECT_EQ(Cause(ServeTls(MakeCertificate({}), &name), Https()), "");
  EXPECT_EQ(name, "");
}

}  // namespace
}  // namespace waypost::health
