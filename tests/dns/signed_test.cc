// Signed queries for ordinary records, as secondaries ask for the SOA.
#include <gtest/gtest.h>

#include "dns/zones.h"
#include "waypost/dns/wire.h"

namespace waypost::dns {
namespace {

class StillClock final : public model::Clock {
 public:
  model::Timestamp Now() const override { return {1'700'000'000'000}; }
};

class Signed : public ::testing::Test {
 protected:
  Signed() {
    const auto kouzie = zones_.AddZone("kouzie.com");
    zones_.RegisterMany(zones_.AddService(kouzie, "many", kA60, {.tags = {{"waypost:answer-limit", "all"}}}), 1, 100);
    zones_.Ready();
    const TsigKeyOptions key{.name = "transfer.", .secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0ISE="};
    keys_ = std::make_shared<const Keyring>(Keyring::Create({&key, 1}).value());
    asking_.emplace(AnswerSources{
        .view = zones_.view, .policy = AnswerPolicy::Create({}).value(), .keys = keys_, .clock = &clock_});
  }
  /// The response to a question signed with `key`.
  wire::Octets Ask(const std::string& name, const std::string& type, const TsigKey& key) {
    wire::Octets query = wire::Encode({name, type});
    const std::size_t size = query.size();
    query.resize(size + TsigExchange::kRoomMax);
    query.resize(SignQuery(key, query.data(), size, 1'700'000'000));
    return asking_->Raw(query);
  }
  static unsigned Rcode(const wire::Octets& response) { return response[3] & 15; }
  static unsigned Count(const wire::Octets& response, std::size_t section) {
    return Load16(response.data() + 4 + 2 * section);
  }

  Zones zones_;
  StillClock clock_;
  std::shared_ptr<const Keyring> keys_;
  std::optional<Asking> asking_;
};

TEST_F(Signed, ASoaFitsIntoASmallDatagramWithItsSignature) {
  const TsigKey& key = *keys_->Find(model::OwnerName::Parse("transfer").value().wire());
  const wire::Octets response = Ask("kouzie.com", "SOA", key);
  ASSERT_GE(512U, response.size());
  EXPECT_EQ(0U, Rcode(response));
  EXPECT_EQ(0U, response[2] & 2U) << "TC";
  EXPECT_EQ(1U, Count(response, 1));
  EXPECT_EQ(1U, Count(response, 3)) << "the signature";
}

TEST_F(Signed, RecordsMakeRoomForTheSignature) {
  const TsigKey& key = *keys_->Find(model::OwnerName::Parse("transfer").value().wire());
  const wire::Octets response = Ask("many.kouzie.com", "A", key);
  EXPECT_GE(512U, response.size());
  EXPECT_LT(400U, response.size());
  EXPECT_EQ(2U, response[2] & 2U) << "TC";
  EXPECT_EQ(1U, Count(response, 3)) << "the signature";
}

TEST_F(Signed, AnUnknownKeyIsNotAuthAndAnsweredUnsigned) {
  TsigKey stranger = *keys_->Find(model::OwnerName::Parse("transfer").value().wire());
  stranger.name = std::string(model::OwnerName::Parse("stranger").value().wire());
  const wire::Octets response = Ask("kouzie.com", "SOA", stranger);
  EXPECT_EQ(9U, Rcode(response));
  EXPECT_EQ(0U, Count(response, 1));
  EXPECT_EQ(1U, Count(response, 3));
}

}  // namespace
}  // namespace waypost::dns
