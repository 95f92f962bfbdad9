// Names outside our zones: what is known is answered, what is not is deferred.
#include <gtest/gtest.h>

#include <map>

#include "dns/zones.h"
#include "waypost/model/owner_name.h"

namespace waypost::dns {
namespace {

std::string Wire(const std::string& name) { return std::string(model::OwnerName::Parse(name).value().wire()); }

/// Knows what it was told.
class FakeOutside final : public Outside {
 public:
  void Add(const std::string& name, Type type, OutsideAnswer answer, std::uint32_t age_s = 0, bool stale = false) {
    known_[{Wire(name), type}] = {std::make_shared<OutsideAnswer>(std::move(answer)), age_s, stale};
  }
  bool Serves(const Address& client) const override { return client == Ip("127.0.0.1"); }
  std::optional<OutsideFound> Find(std::string_view name, Type type, Accept) override {
    const auto found = known_.find({std::string(name), type});
    return found == known_.end() ? std::nullopt : std::optional(found->second);
  }
  void Fetch(std::string, Type, std::function<void()>) override {}

 private:
  std::map<std::pair<std::string, Type>, OutsideFound> known_;
};

OutsideRecord A(const std::string& owner, std::uint32_t ttl, const char* address) {
  const Address parsed = Ip(address);
  return {Wire(owner), Type::kA, ttl, std::string(parsed.octets.begin(), parsed.octets.begin() + 4)};
}
OutsideRecord Cname(const std::string& owner, std::uint32_t ttl, const std::string& target) {
  return {Wire(owner), Type::kCname, ttl, Wire(target)};
}
OutsideRecord Soa(const std::string& zone, std::uint32_t ttl) {
  return {Wire(zone), Type::kSoa, ttl, Wire("ns." + zone) + Wire("root." + zone) + std::string(20, '\1')};
}

constexpr unsigned kRecursionDesired = 0x0100;

class OutsideRecords : public ::testing::Test {
 protected:
  OutsideRecords() : asking_(Sources()) {
    const auto kouzie = zones_.AddZone("kouzie.com");
    zones_.Register(zones_.AddWeighted(kouzie, "away", kCname25), "i", {{"AWS_INSTANCE_CNAME", "www.example.net"}});
    zones_.Register(zones_.AddWeighted(kouzie, "alias", kA60), "i", {{"AWS_ALIAS_DNS_NAME", "www.example.net"}});
    zones_.Ready();
    outside_.Add("www.example.net", Type::kA,
                 {.answers = {Cname("www.example.net", 300, "cdn.example.org"), A("cdn.example.org", 200, "192.0.2.1"),
                              A("cdn.example.org", 200, "192.0.2.2")}},
                 50);
    outside_.Add("no.example.net", Type::kA, {.rcode = Rcode::kNxDomain, .soa = Soa("example.net", 60)}, 10);
    outside_.Add("old.example.net", Type::kA, {.answers = {A("old.example.net", 5, "192.0.2.9")}}, 100, true);
    outside_.Add("broken.example.net", Type::kA,
                 {.rcode = Rcode::kServFail, .extended_error = ExtendedError::kNoUpstreamReached});
  }
  AnswerSources Sources() {
    return {.view = zones_.view, .policy = AnswerPolicy::Create({}).value(), .outside = &outside_};
  }
  std::optional<wire::Message> Message(const std::string& name, const std::string& type = "A",
                                       unsigned flags = kRecursionDesired) {
    return asking_.Message({.name = name, .type = type, .edns = wire::Edns{}, .flags = flags});
  }
  std::string Ask(const std::string& name, const std::string& type = "A", unsigned flags = kRecursionDesired) {
    return Text(Message(name, type, flags));
  }

  Zones zones_;
  FakeOutside outside_;
  Asking asking_;
};

TEST_F(OutsideRecords, WhatIsKnownIsAnsweredWithItsAge) {
  EXPECT_EQ(
      "NOERROR\ncdn.example.org. 150 A 192.0.2.1\ncdn.example.org. 150 A 192.0.2.2\n"
      "www.example.net. 250 CNAME cdn.example.org.",
      Ask("www.example.net"));
  const auto message = Message("WWW.example.NET");
  EXPECT_EQ(0x80U, message->flags & 0x80U) << "RA";
  EXPECT_EQ("NXDOMAIN\n> example.net. 50 SOA ns.example.net. root.example.net. # 16843009 16843009 16843009 16843009",
            Ask("no.example.net"));
}

TEST_F(OutsideRecords, StaleAnswersSaySo) {
  EXPECT_EQ("NOERROR\nold.example.net. 30 A 192.0.2.9", Ask("old.example.net"));
  EXPECT_EQ(std::string("\0\17\0\2\0\3", 6), Message("old.example.net")->edns->options);
}

TEST_F(OutsideRecords, FailuresAreServFailWithTheirReason) {
  EXPECT_EQ("SERVFAIL", Ask("broken.example.net"));
  EXPECT_EQ(std::string("\0\17\0\2\0\15", 6), Message("broken.example.net")->edns->options) << "remembered";
  asking_.asker.again = true;
  EXPECT_EQ(std::string("\0\17\0\2\0\26", 6), Message("broken.example.net")->edns->options) << "found out just now";
}

TEST_F(OutsideRecords, WhatIsNotKnownIsDeferred) {
  EXPECT_EQ("malformed", Ask("new.example.net", "AAAA")) << "no response";
  EXPECT_EQ(Fate::kDeferred, asking_.fate);
  EXPECT_EQ(Wire("new.example.net"), asking_.answerer().wanted(0).name);
  EXPECT_EQ(Type::kAaaa, asking_.answerer().wanted(0).type);
}

TEST_F(OutsideRecords, OnlyForThoseWhoMayAndWant) {
  EXPECT_EQ("REFUSED", Ask("www.example.net", "A", 0)) << "no recursion desired";
  EXPECT_EQ(0x80U, Message("www.example.net", "A", 0)->flags & 0x80U);
  asking_.asker.client = Ip("192.0.2.77");
  EXPECT_EQ("REFUSED", Ask("www.example.net"));
  EXPECT_EQ(0U, Message("www.example.net")->flags & 0x80U);
  EXPECT_EQ("NOERROR aa\naway.kouzie.com. 25 CNAME www.example.net.", Ask("away.kouzie.com"));
}

TEST_F(OutsideRecords, CnamesAndAliasesOutOfOurZonesEndInAddresses) {
  EXPECT_EQ(
      "NOERROR aa\naway.kouzie.com. 25 CNAME www.example.net.\ncdn.example.org. 150 A 192.0.2.1\n"
      "cdn.example.org. 150 A 192.0.2.2\nwww.example.net. 250 CNAME cdn.example.org.",
      Ask("away.kouzie.com"));
  const std::string alias = "NOERROR aa\nalias.kouzie.com. 60 A 192.0.2.1\nalias.kouzie.com. 60 A 192.0.2.2";
  EXPECT_EQ(alias, Ask("alias.kouzie.com"));
  asking_.asker.client = Ip("192.0.2.77");
  EXPECT_EQ(alias, Ask("alias.kouzie.com", "A", 0)) << "an alias is our own data, whoever asks";
}

}  // namespace
}  // namespace waypost::dns
