// Transfers from a real view to a copy that applies them as a secondary does.
#include <gtest/gtest.h>

#include "transfer/world.h"

namespace waypost::transfer {
namespace {

using model::RecordType;
using model::RoutingPolicy;

const DnsRecords kA60 = {{RecordType::kA, 60}};
const DnsRecords kBoth = {{RecordType::kA, 30}, {RecordType::kAaaa, 40}};
const DnsRecords kSrv20 = {{RecordType::kSrv, 20}};
const DnsRecords kCname25 = {{RecordType::kCname, 25}};

/// One secondary at 127.0.0.1, listed for `zones`.
class Transfers : public testing::Test {
 protected:
  void Begin(Options options = {}) {
    if (options.secondaries.empty()) {
      options.secondaries = {{.address = {Ip("127.0.0.1"), 9}, .zones = {"z.test", "s.test", "gone.test"}}};
    }
    options.notify_tries = 0;  // nobody is there
    auto made = ZoneTransfers::Create(std::move(options), world.view, keys, clock_, telemetry::MakeSilentLog());
    ASSERT_TRUE(made.ok()) << made.error().message;
    transfers = std::move(made).value();
    ASSERT_TRUE(transfers->Start().ok());
    transfers->Loaded(world.view);
    world.listener = transfers.get();
    asking.emplace(*transfers);
  }
  ~Transfers() override {
    if (transfers != nullptr) transfers->Stop();
  }

  /// The zone as it is now, without SOA.
  std::set<std::string> Contents(const std::string& zone = "z.test") {
    Copy copy;
    copy.Apply(asking->Whole(zone));
    return copy.records;
  }
  using Set = std::set<std::string>;

  FixedClock clock_;
  World world;
  std::shared_ptr<const dns::Keyring> keys = [] {
    const dns::TsigKeyOptions options[] = {{.name = "k.test", .secret = "c2VjcmV0"}};
    return std::make_shared<const dns::Keyring>(dns::Keyring::Create(options).value());
  }();
  std::unique_ptr<ZoneTransfers> transfers;
  std::optional<Asking> asking;
};

const std::string kNs = "z.test. 3600 NS ns1.z.test.";

TEST_F(Transfers, AnEmptyNamespaceHasSoaAndNs) {
  world.AddZone("z.test");
  Begin();
  const Received received = asking->Whole("z.test");
  ASSERT_EQ(3U, received.records.size());
  EXPECT_EQ("z.test. 15 SOA ns1.z.test. hostmaster.z.test. # 7200 900 1209600 15", received.records[0].text);
  EXPECT_EQ(kNs, received.records[1].text);
  EXPECT_EQ(received.records[0].text, received.records[2].text);
  EXPECT_EQ(world.revision(), received.records[0].serial);
}

TEST_F(Transfers, AllHealthyAddressesAndServersGo) {
  const auto zone = world.AddZone("z.test");
  const auto web = world.AddService(zone, "web", kBoth);
  for (int i = 0; i < 12; ++i) {
    world.Register(web, "i" + std::to_string(i), {{"AWS_INSTANCE_IPV4", "10.0.0." + std::to_string(i)}});
  }
  world.Register(web, "v6", {{"AWS_INSTANCE_IPV6", "2001:db8::1"}});
  const auto srv = world.AddService(zone, "_s._tcp", kSrv20);
  world.Register(srv, "Host",
                 {{"AWS_INSTANCE_IPV4", "10.0.1.1"}, {"AWS_INSTANCE_PORT", "80"}, {"WAYPOST_WEIGHT", "7"}});
  Begin();
  Set want = {kNs, "web.z.test. 40 AAAA 2001:db8::1", "_s._tcp.z.test. 20 SRV 1 7 80 Host._s._tcp.z.test.",
              "host._s._tcp.z.test. 20 A 10.0.1.1"};
  for (int i = 0; i < 12; ++i) want.insert("web.z.test. 30 A 10.0.0." + std::to_string(i));
  EXPECT_EQ(want, Contents());

  world.SetHealth(web, "i3", false);
  want.erase("web.z.test. 30 A 10.0.0.3");
  EXPECT_EQ(want, Contents());

  world.SetHealth(srv, "Host", false);  // the only one: then it is answered all the same
  EXPECT_EQ(want, Contents());
}

TEST_F(Transfers, OneCnameStandsForAllAndStays) {
  const auto zone = world.AddZone("z.test");
  const auto service = world.AddService(zone, "c", kCname25, RoutingPolicy::kWeighted);
  world.Register(service, "b", {{"AWS_INSTANCE_CNAME", "b.example"}});
  world.Register(service, "c", {{"AWS_INSTANCE_CNAME", "c.example"}});
  Begin();
  const auto cname = [](const std::string& target) { return Set{kNs, "c.z.test. 25 CNAME " + target}; };
  EXPECT_EQ(cname("b.example."), Contents());
  world.Register(service, "a", {{"AWS_INSTANCE_CNAME", "a.example"}, {"WAYPOST_WEIGHT", "9"}});
  EXPECT_EQ(cname("b.example."), Contents()) << "while it is served, it stays";
  world.SetHealth(service, "b", false);
  EXPECT_EQ(cname("a.example."), Contents()) << "the heaviest";
  world.SetHealth(service, "b", true);
  EXPECT_EQ(cname("a.example."), Contents());
}

TEST_F(Transfers, WeightedAddressesAllGoButThoseOfWeightNone) {
  const auto zone = world.AddZone("z.test");
  const auto service = world.AddService(zone, "w", kA60, RoutingPolicy::kWeighted);
  world.Register(service, "a", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"WAYPOST_WEIGHT", "0"}});
  Begin();
  EXPECT_EQ((Set{kNs, "w.z.test. 60 A 10.0.0.1"}), Contents());
  world.Register(service, "b", {{"AWS_INSTANCE_IPV4", "10.0.0.2"}});
  EXPECT_EQ((Set{kNs, "w.z.test. 60 A 10.0.0.2"}), Contents());
}

TEST_F(Transfers, AliasesHaveTheirTargetsAddresses) {
  const auto zone = world.AddZone("z.test");
  const auto alias = world.AddService(zone, "al", kBoth, RoutingPolicy::kWeighted);
  const auto target = world.AddService(zone, "t", kA60);
  world.Register(target, "i", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  world.Register(alias, "x", {{"AWS_ALIAS_DNS_NAME", "t.z.test"}});
  Begin();
  EXPECT_EQ((Set{kNs, "t.z.test. 60 A 10.0.0.1", "al.z.test. 60 A 10.0.0.1"}), Contents());
  // It follows, though nothing happened to the alias itself.
  world.Register(target, "j", {{"AWS_INSTANCE_IPV4", "10.0.0.2"}});
  world.Deregister(target, "i");
  EXPECT_EQ((Set{kNs, "t.z.test. 60 A 10.0.0.2", "al.z.test. 60 A 10.0.0.2"}), Contents());
  world.Register(alias, "x", {{"AWS_ALIAS_DNS_NAME", "elsewhere.example"}});
  EXPECT_EQ((Set{kNs, "t.z.test. 60 A 10.0.0.2"}), Contents());
}

TEST_F(Transfers, AServicesNameComesBeforeATargetsOfTheSameName) {
  const auto zone = world.AddZone("z.test");
  const auto srv = world.AddService(zone, "s", kSrv20);
  world.Register(srv, "i", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}, {"AWS_INSTANCE_PORT", "80"}});
  Begin();
  const std::string server = "s.z.test. 20 SRV 1 1 80 i.s.z.test.";
  EXPECT_EQ((Set{kNs, server, "i.s.z.test. 20 A 10.0.0.1"}), Contents());
  const auto same = world.AddService(zone, "i.s", kA60);
  EXPECT_EQ((Set{kNs, server}), Contents());
  world.EraseService(same);
  EXPECT_EQ((Set{kNs, server, "i.s.z.test. 20 A 10.0.0.1"}), Contents());
}

TEST_F(Transfers, OneSerialIsOneContent) {
  const auto zone = world.AddZone("z.test");
  const auto web = world.AddService(zone, "web", kA60);
  world.Register(web, "i", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  world.Register(web, "j", {{"AWS_INSTANCE_IPV4", "10.0.0.2"}});
  Begin();
  Copy copy;
  copy.Apply(asking->Whole("z.test"));
  const auto at_first = copy.records;
  // Found out by a check and in the view, but not written yet.
  const model::Revision registration = world.revision();
  { view::Edit(world.view).SetHealth(web, "j", model::HealthState::kUnhealthy, registration); }
  EXPECT_EQ(at_first, Contents());
  world.Commit(model::Transition{web, "j"}, [&](view::Edit& edit, model::Revision at) { edit.NoteChange(web, at); });
  copy.Apply(asking->Since("z.test", copy.serial));
  EXPECT_EQ((Set{kNs, "web.z.test. 60 A 10.0.0.1"}), copy.records);
}

TEST_F(Transfers, AHalfAppliedBatchIsNotSent) {
  const auto zone = world.AddZone("z.test");
  const auto web = world.AddService(zone, "web", kA60);
  Begin();
  Copy copy;
  copy.Apply(asking->Whole("z.test"));
  model::Instance value;
  value.service_id = web;
  value.id = "i";
  value.attributes = {{"AWS_INSTANCE_IPV4", "10.0.0.1"}};
  const model::Revision next = world.revision() + 1;
  view::Edit(world.view).PutInstance(value, std::nullopt, next);
  const Received before = asking->Since("z.test", copy.serial);  // waits for the rest, then does without
  ASSERT_EQ(1U, before.records.size());
  EXPECT_EQ(copy.serial, before.records[0].serial);
  view::Edit(world.view).SetApplied(next);
  copy.Apply(asking->Since("z.test", copy.serial));
  EXPECT_EQ(next, copy.serial);
  EXPECT_EQ((Set{kNs, "web.z.test. 60 A 10.0.0.1"}), copy.records);
}

TEST_F(Transfers, WhatNobodyTellsIsFoundAllTheSame) {
  const auto zone = world.AddZone("z.test");
  const auto web = world.AddService(zone, "web", kA60);
  const auto other = world.AddService(zone, "other", kA60);
  Begin();
  EXPECT_EQ(Set{kNs}, Contents());
  world.listener = nullptr;
  world.Register(web, "i", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  EXPECT_EQ((Set{kNs, "web.z.test. 60 A 10.0.0.1"}), Contents());
  world.listener = transfers.get();
  // Told, but about something else.
  world.Commit(model::Transition{other, "x"},
               [&](view::Edit& edit, model::Revision at) { edit.EraseInstance(web, "i", at); });
  EXPECT_EQ(Set{kNs}, Contents());
}

TEST_F(Transfers, NewZonesComeAndOldOnesGo) {
  Begin();
  EXPECT_EQ(dns::Rcode::kNotAuth, asking->Whole("z.test").refused);
  const auto zone = world.AddZone("z.test");
  EXPECT_EQ(Set{kNs}, Contents());
  EXPECT_EQ(1U, transfers->totals().zones);
  world.AddZone("unlisted.test");
  EXPECT_EQ(Set{kNs}, Contents());
  EXPECT_EQ(1U, transfers->totals().zones) << "nothing is kept of zones that nobody is listed for";
  world.Commit(registry::NamespaceErased{zone}, [&](view::Edit& edit, model::Revision) { edit.EraseNamespace(zone); });
  EXPECT_EQ(dns::Rcode::kNotAuth, asking->Whole("z.test").refused);
  EXPECT_EQ(0U, transfers->totals().zones);
}

TEST_F(Transfers, OnlyWhoIsListedGetsAnything) {
  world.AddZone("z.test");
  world.AddZone("p.test");
  Begin({.secondaries = {{.address = {Ip("127.0.0.1"), 9}, .zones = {"z.test"}},
                         {.address = {Ip("127.0.0.2"), 9}, .zones = {"*"}, .key = "k.test"}}});
  struct Case {
    const char* client;
    const char* key;
    const char* zone;
    dns::Rcode want;
    dns::ExtendedError why;
  };
  using dns::ExtendedError;
  using dns::Rcode;
  const Case cases[] = {
      {"127.0.0.1", "", "z.test", Rcode::kNoError, ExtendedError::kNone},
      {"127.0.0.1", "k.test", "z.test", Rcode::kNoError, ExtendedError::kNone},
      {"127.0.0.1", "", "p.test", Rcode::kRefused, ExtendedError::kProhibited},
      {"127.0.0.1", "", "none.test", Rcode::kNotAuth, ExtendedError::kNotAuthoritative},
      {"127.0.0.1", "", "www.z.test", Rcode::kNotAuth, ExtendedError::kNotAuthoritative},
      {"127.0.0.2", "", "p.test", Rcode::kRefused, ExtendedError::kProhibited},
      {"127.0.0.2", "k.test", "p.test", Rcode::kNoError, ExtendedError::kNone},
      {"127.0.0.2", "k.test", "none.test", Rcode::kNotAuth, ExtendedError::kNotAuthoritative},
      {"127.0.0.3", "k.test", "z.test", Rcode::kRefused, ExtendedError::kProhibited},
      {"127.0.0.3", "k.test", "none.test", Rcode::kRefused, ExtendedError::kProhibited},
  };
  for (const Case& c : cases) {
    asking->client = Ip(c.client);
    asking->key = c.key[0] == 0 ? "" : Wire(c.key);
    const Received received = asking->Whole(c.zone);
    EXPECT_EQ(c.want, received.refused) << c.client << ' ' << c.key << ' ' << c.zone;
    EXPECT_EQ(c.why, received.why) << c.client << ' ' << c.key << ' ' << c.zone;
  }
  EXPECT_EQ(3U, transfers->totals().full);
  EXPECT_EQ(7U, transfers->totals().refused);
}

TEST_F(Transfers, BeforeItIsLoadedAndAfterItsEndThereIsServFail) {
  world.AddZone("z.test");
  auto made = ZoneTransfers::Create({.secondaries = {{.address = {Ip("127.0.0.1"), 9}, .zones = {"*"}}}}, world.view,
                                    nullptr, clock_, telemetry::MakeSilentLog());
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(made.value()->Start().ok());
  Asking early(*made.value());
  EXPECT_EQ(dns::Rcode::kServFail, early.Whole("z.test").refused);
  EXPECT_EQ(dns::ExtendedError::kNotReady, early.Whole("z.test").why);
  made.value()->Stop();
  made.value()->Stop();
  EXPECT_EQ(dns::Rcode::kServFail, early.Whole("z.test").refused);
}

TEST_F(Transfers, BadConfigurationIsSaidInOneLine) {
  const auto create = [&](Secondary secondary) {
    return ZoneTransfers::Create({.secondaries = {std::move(secondary)}}, world.view, keys, clock_,
                                 telemetry::MakeSilentLog());
  };
  const dns::Endpoint there{Ip("127.0.0.1"), 5401};
  for (const Secondary& bad : {Secondary{there, {"a..b"}, ""}, Secondary{there, {"*"}, "unknown."},
                               Secondary{{Ip("127.0.0.1"), 0}, {"*"}, ""}}) {
    const auto made = create(bad);
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(model::Code::kConfig, made.error().code);
    EXPECT_NE(std::string::npos, made.error().message.find("127.0.0.1"));
  }
}

TEST_F(Transfers, PrivateAndPublicZonesOfOneNameAreToldApart) {
  world.AddZone("z.test", model::NamespaceType::kDnsPrivate);
  const auto open = world.AddZone("z.test", model::NamespaceType::kDnsPublic);
  const auto web = world.AddService(open, "web", kA60);
  world.Register(web, "i", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  Begin({.secondaries = {{.address = {Ip("127.0.0.1"), 9}, .zones = {"*"}},
                         {.address = {Ip("192.0.2.1"), 9}, .zones = {"*"}}}});
  EXPECT_EQ(Set{kNs}, Contents());
  asking->client = Ip("192.0.2.1");
  EXPECT_EQ((Set{kNs, "web.z.test. 60 A 10.0.0.1"}), Contents());
}

TEST_F(Transfers, ATransferIsOneVersionFromStartToEnd) {
  const auto zone = world.AddZone("z.test");
  const auto web = world.AddService(zone, "web", kA60);
  for (int i = 0; i < 3000; ++i) {
    world.Register(web, "i" + std::to_string(i),
                   {{"AWS_INSTANCE_IPV4", "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256)}});
  }
  Begin();
  dns::TransferQuestion question = Asking::Question("z.test", std::nullopt);
  dns::Transfer under_way = asking->Begin(question);
  ASSERT_NE(nullptr, under_way.messages);
  const std::uint32_t serial = static_cast<std::uint32_t>(world.revision());
  for (int i = 0; i < 3000; ++i) world.Deregister(web, "i" + std::to_string(i));
  EXPECT_EQ(Set{kNs}, Contents());
  Received received;
  asking->Read(*under_way.messages, received);
  Copy copy;
  copy.Apply(received);
  EXPECT_EQ(serial, copy.serial);
  EXPECT_EQ(3001U, copy.records.size());
  EXPECT_GT(received.sizes.size(), 1U);
}

TEST_F(Transfers, IncrementalOnesSayOnlyWhatChanged) {
  const auto zone = world.AddZone("z.test");
  const auto web = world.AddService(zone, "web", kA60);
  for (int i = 0; i < 40; ++i) {
    world.Register(web, "i" + std::to_string(i), {{"AWS_INSTANCE_IPV4", "10.0.0." + std::to_string(i)}});
  }
  Begin();
  Copy copy;
  copy.Apply(asking->Whole("z.test"));
  const Received nothing = asking->Since("z.test", copy.serial);
  EXPECT_EQ(1U, nothing.records.size());
  EXPECT_EQ(1U, asking->Since("z.test", copy.serial + 5).records.size()) << "the client is ahead";
  world.Deregister(web, "i3");
  Contents();  // a version of its own
  world.Register(web, "new", {{"AWS_INSTANCE_IPV4", "10.0.1.1"}});
  Contents();
  world.Register(web, "i3", {{"AWS_INSTANCE_IPV4", "10.0.0.3"}});
  const Received changes = asking->Since("z.test", copy.serial);
  EXPECT_EQ(5U, changes.records.size()) << "i3 came and went: only `new` is left";
  copy.Apply(changes);
  EXPECT_TRUE(copy.was_incremental);
  EXPECT_EQ(Contents(), copy.records);
  EXPECT_EQ(asking->Whole("z.test").records.size(), asking->Since("z.test", copy.serial - 40).records.size())
      << "a version that is not known: the whole zone";
}

TEST_F(Transfers, ChangesThatAreLongerThanTheZoneAreSentAsTheZone) {
  const auto zone = world.AddZone("z.test");
  const auto web = world.AddService(zone, "web", kA60);
  for (int i = 0; i < 40; ++i) {
    world.Register(web, "i" + std::to_string(i), {{"AWS_INSTANCE_IPV4", "10.0.0." + std::to_string(i)}});
  }
  Begin();
  Copy copy;
  copy.Apply(asking->Whole("z.test"));
  for (int i = 0; i < 40; ++i) world.Deregister(web, "i" + std::to_string(i));
  copy.Apply(asking->Since("z.test", copy.serial));
  EXPECT_FALSE(copy.was_incremental);
  EXPECT_EQ(Set{kNs}, copy.records);
}

TEST_F(Transfers, TheJournalIsBounded) {
  const auto zone = world.AddZone("z.test");
  const auto web = world.AddService(zone, "web", kA60);
  for (int i = 0; i < 40; ++i)
    world.Register(web, "k" + std::to_string(i), {{"AWS_INSTANCE_IPV4", "10.1.0." + std::to_string(i)}});
  constexpr std::size_t kMax = 4096;
  Options options{.secondaries = {{.address = {Ip("127.0.0.1"), 9}, .zones = {"*"}}}};
  options.journal_octets_max = kMax;
  Begin(std::move(options));
  Copy old;
  old.Apply(asking->Whole("z.test"));
  Copy late;
  for (int i = 0; i < 50; ++i) {
    world.Register(web, "i", {{"AWS_INSTANCE_IPV4", "10.0.0." + std::to_string(i)}});
    late.Apply(asking->Whole("z.test"));
    EXPECT_LE(transfers->totals().journal_octets, kMax);
  }
  EXPECT_GT(transfers->totals().journal_steps, 2U);
  EXPECT_LT(transfers->totals().journal_steps, 50U);
  old.Apply(asking->Since("z.test", old.serial));
  EXPECT_FALSE(old.was_incremental) << "forgotten";
  world.Register(web, "i", {{"AWS_INSTANCE_IPV4", "10.0.1.1"}});
  late.Apply(asking->Since("z.test", late.serial));
  EXPECT_TRUE(late.was_incremental);
  EXPECT_EQ(Contents(), late.records);
}

/// Random edits; from any earlier version the changes lead exactly to the zone as it is.
class AnyVersion : public Transfers, public testing::WithParamInterface<std::uint64_t> {
 protected:
  struct Live {
    model::ServiceId id;
    int kind;
    std::set<std::string> instances = {};
  };

  void AddRandomService() {
    const DnsRecords* const kinds[] = {&kBoth, &kSrv20, &kCname25, &kBoth};
    const int kind = static_cast<int>(world.random.Below(4U));
    const auto routing = kind >= 2 ? RoutingPolicy::kWeighted : RoutingPolicy::kMultivalue;
    const std::string name = (world.random.Below(3U) == 0 ? "sub.s" : "s") + std::to_string(next_++);
    live_.push_back({world.AddService(zone_, name, *kinds[kind], routing), kind});
    names_.push_back(name + ".z.test");
  }

  model::Attributes RandomAttributes(int kind) {
    const std::string address = "10.0.0." + std::to_string(world.random.Below(30U));
    if (kind == 2) return {{"AWS_INSTANCE_CNAME", "n" + std::to_string(world.random.Below(4U)) + ".example"}};
    if (kind == 3) return {{"AWS_ALIAS_DNS_NAME", names_[world.random.Below(names_.size())]}};
    if (kind == 1) return {{"AWS_INSTANCE_IPV4", address}, {"AWS_INSTANCE_PORT", "80"}};
    return {{"AWS_INSTANCE_IPV4", address},
            {"AWS_INSTANCE_IPV6", "2001:db8::" + std::to_string(world.random.Below(9U))}};
  }

  void EditOnce() {
    if (live_.empty() || world.random.Below(12U) == 0) return AddRandomService();
    const std::size_t at = world.random.Below(live_.size());
    Live& service = live_[at];
    const std::string id = (world.random.Below(2U) == 0 ? "i" : "sub.i") + std::to_string(world.random.Below(6U));
    switch (world.random.Below(5U)) {
      case 0:
      case 1:
        world.Register(service.id, id, RandomAttributes(service.kind));
        service.instances.insert(id);
        break;
      case 2:
        if (service.instances.erase(id) != 0) world.Deregister(service.id, id);
        break;
      case 3:
        if (service.instances.contains(id)) world.SetHealth(service.id, id, world.random.Below(2U) == 0);
        break;
      default:
        if (!service.instances.empty()) break;
        world.EraseService(service.id);
        live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }

  model::NamespaceId zone_;
  std::vector<Live> live_;
  std::vector<std::string> names_;
  int next_ = 0;
};

TEST_P(AnyVersion, LeadsToTheZoneAsItIs) {
  world.random = model::Random(GetParam());
  zone_ = world.AddZone("z.test");
  Begin();
  std::vector<Copy> copies;
  for (int round = 0; round < 60; ++round) {
    Copy copy;
    copy.Apply(asking->Whole("z.test"));
    copies.push_back(std::move(copy));
    for (std::uint32_t edits = world.random.Below(8U); edits > 0; --edits) EditOnce();
  }
  Copy now;
  now.Apply(asking->Whole("z.test"));
  unsigned incremental = 0;
  for (Copy& copy : copies) {
    const std::uint32_t from = copy.serial;
    copy.Apply(asking->Since("z.test", from));
    ASSERT_EQ(now.serial, copy.serial);
    ASSERT_EQ(now.records, copy.records) << "from " << from << ", seed " << GetParam();
    incremental += copy.was_incremental ? 1 : 0;
  }
  EXPECT_GT(incremental, 10U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnyVersion, testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace waypost::transfer
