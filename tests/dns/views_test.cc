// Views: named queries as DNS names.
#include <gtest/gtest.h>

#include "dns/zones.h"

namespace waypost::dns {
namespace {

class Views : public ::testing::Test {
 protected:
  Views() : asking_(zones_) {
    const auto kouzie = zones_.AddZone("kouzie.com");
    const Records both = {{model::RecordType::kA, 60}, {model::RecordType::kSrv, 20}};
    backend_ = zones_.AddService(kouzie, "backend", both, {.custom_health = true});
    zones_.Register(backend_, "new", Attributes("10.0.0.1", "beta"));
    zones_.Register(backend_, "old", Attributes("10.0.0.2", "prod"));
    const auto spare = zones_.AddService(kouzie, "spare", both);
    zones_.Register(spare, "s", Attributes("10.0.9.9", "prod"));
    zones_.AddView(kouzie, "beta.backend", backend_, {{"stage", "beta"}}, spare);
    zones_.AddView(kouzie, "nobody", backend_, {{"stage", "alpha"}});
    zones_.Ready();
    asking_.asker.transport = Transport::kTcp;
  }
  static model::Attributes Attributes(const char* address, const char* stage) {
    return {{"AWS_INSTANCE_IPV4", address}, {"AWS_INSTANCE_PORT", "80"}, {"stage", stage}};
  }
  std::string Ask(const std::string& name, const std::string& type = "A") {
    return Text(asking_.Message({name, type}));
  }

  Zones zones_;
  model::ServiceId backend_;
  Asking asking_;
};

TEST_F(Views, AnswerWithWhatMatches) {
  EXPECT_EQ("NOERROR aa\nbeta.backend.kouzie.com. 60 A 10.0.0.1", Ask("beta.backend.kouzie.com"));
  EXPECT_EQ(
      "NOERROR aa\nbeta.backend.kouzie.com. 20 SRV 1 1 80 new.beta.backend.kouzie.com.\n"
      "+ new.beta.backend.kouzie.com. 20 A 10.0.0.1",
      Ask("beta.backend.kouzie.com", "SRV"));
  EXPECT_TRUE(Ask("nobody.kouzie.com").starts_with("NOERROR aa\n> kouzie.com.")) << Ask("nobody.kouzie.com");
}

TEST_F(Views, FallBackWhileNoneIsHealthy) {
  zones_.SetHealth(backend_, "new", model::HealthState::kUnhealthy);
  EXPECT_EQ("NOERROR aa\nbeta.backend.kouzie.com. 60 A 10.0.9.9", Ask("beta.backend.kouzie.com"));
  EXPECT_EQ("NOERROR aa\ns.beta.backend.kouzie.com. 20 A 10.0.9.9", Ask("s.beta.backend.kouzie.com"));
  EXPECT_EQ("NOERROR aa\nnew.beta.backend.kouzie.com. 20 A 10.0.0.1", Ask("new.beta.backend.kouzie.com"))
      << "who was told of it a moment ago still finds it";
  zones_.SetHealth(backend_, "new", model::HealthState::kHealthy);
  EXPECT_EQ("NOERROR aa\nbeta.backend.kouzie.com. 60 A 10.0.0.1", Ask("beta.backend.kouzie.com"));
  EXPECT_EQ("NOERROR aa\ns.beta.backend.kouzie.com. 20 A 10.0.9.9", Ask("s.beta.backend.kouzie.com"));
}

}  // namespace
}  // namespace waypost::dns
