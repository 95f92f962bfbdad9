// Static zones, alone and as one with a namespace.
#include <gtest/gtest.h>

#include "transfer/world.h"
#include "waypost/zone/folder.h"

namespace waypost::transfer {
namespace {

using Set = std::set<std::string>;
constexpr std::uint64_t kSeed = 11;

std::string File(std::uint32_t serial, const std::string& records) {
  return "$TTL 300\n@ 3600 SOA ns.z.test. h.z.test. " + std::to_string(serial) + " 1 2 3 77\n@ NS ns.z.test.\n" +
         records;
}

class FixedZones : public testing::Test {
 protected:
  FixedZones() {
    Options options;
    options.secondaries = {{.address = {Ip("127.0.0.1"), 9}, .zones = {"*"}}};
    options.notify_tries = 0;
    transfers =
        ZoneTransfers::Create(std::move(options), world.view, nullptr, clock_, telemetry::MakeSilentLog()).value();
    EXPECT_TRUE(transfers->Start().ok());
    transfers->Loaded(world.view);
    world.listener = transfers.get();
  }
  ~FixedZones() override { transfers->Stop(); }

  void Serve(const std::string& text) {
    auto read = zone::ReadZoneText(text, "z.test.zone", "z.test", kSeed);
    for (const auto& complaint : read.complaints) EXPECT_FALSE(complaint.fatal) << complaint.str();
    ASSERT_NE(nullptr, read.zone);
    transfers->SetZones(std::make_shared<zone::ZoneSet>(std::vector{read.zone}, kSeed));
  }
  Received Whole() { return Asking(*transfers).Whole("z.test"); }
  Received Since(std::uint32_t serial) { return Asking(*transfers).Since("z.test", serial); }

  FixedClock clock_;
  World world;
  std::unique_ptr<ZoneTransfers> transfers;
};

const Set kServers = {"z.test. 300 NS ns.z.test."};

Set With(Set set, const Set& more) {
  set.insert(more.begin(), more.end());
  return set;
}

TEST_F(FixedZones, AFileIsSentAsItIsWithGlueAndWhatIsHidden) {
  Serve(File(7, "ns A 192.0.2.1\nsub NS ns.sub\nns.sub A 192.0.2.2\nhidden.sub A 192.0.2.3\n*.w A 192.0.2.4\n"));
  const Received received = Whole();
  ASSERT_FALSE(received.records.empty());
  EXPECT_EQ("z.test. 3600 SOA ns.z.test. h.z.test. # 1 2 3 77", received.records[0].text);
  EXPECT_EQ(7U, received.records[0].serial);
  Copy copy;
  copy.Apply(received);
  EXPECT_EQ(With(kServers,
                 {"ns.z.test. 300 A 192.0.2.1", "sub.z.test. 300 NS ns.sub.z.test.", "ns.sub.z.test. 300 A 192.0.2.2",
                  "hidden.sub.z.test. 300 A 192.0.2.3", "*.w.z.test. 300 A 192.0.2.4"}),
            copy.records);
}

TEST_F(FixedZones, WhatChangedInAFileIsAnIncrement) {
  std::string many;
  for (int i = 0; i < 20; ++i) many += "h" + std::to_string(i) + " A 192.0.2." + std::to_string(i) + "\n";
  Serve(File(7, many + "a A 192.0.2.1\na A 192.0.2.2\nb A 192.0.2.3\n"));
  Copy copy;
  copy.Apply(Whole());
  Serve(File(9, many + "a A 192.0.2.1\na A 192.0.2.9\nc A 192.0.2.3\n"));
  const Received changes = Since(7);
  EXPECT_EQ(4U + 4U, changes.records.size());
  copy.Apply(changes);
  EXPECT_TRUE(copy.was_incremental);
  Copy whole;
  whole.Apply(Whole());
  EXPECT_EQ(9U, copy.serial);
  EXPECT_EQ(whole.records, copy.records);
}

TEST_F(FixedZones, WithoutANewSerialNothingIsNew) {
  Serve(File(7, "a A 192.0.2.1\n"));
  Copy copy;
  copy.Apply(Whole());
  Serve(File(7, "a A 192.0.2.2\n"));
  Copy again;
  again.Apply(Whole());
  EXPECT_EQ(copy.records, again.records);
  Serve(File(8, "a A 192.0.2.2\n"));
  again.Apply(Since(7));
  EXPECT_EQ(With(kServers, {"a.z.test. 300 A 192.0.2.2"}), again.records);
}

TEST_F(FixedZones, ASerialThatFallsIsANewBeginning) {
  Serve(File(7, "a A 192.0.2.1\n"));
  Whole();
  Serve(File(3, "a A 192.0.2.2\n"));
  Copy copy;
  copy.Apply(Whole());
  EXPECT_EQ(3U, copy.serial);
  EXPECT_EQ(With(kServers, {"a.z.test. 300 A 192.0.2.2"}), copy.records);
}

TEST_F(FixedZones, AFileAndANamespaceAreOneZone) {
  Serve(File(1000, "www A 192.0.2.1\n"));
  const auto zone = world.AddZone("z.test");
  const auto web = world.AddService(zone, "web", {{model::RecordType::kA, 60}});
  world.Register(web, "i", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  const Received received = Whole();
  ASSERT_FALSE(received.records.empty());
  EXPECT_EQ("z.test. 15 SOA ns.z.test. h.z.test. # 1 2 3 15", received.records[0].text);
  Copy copy;
  copy.Apply(received);
  EXPECT_EQ(1000 + world.revision(), copy.serial);
  EXPECT_EQ(With(kServers, {"www.z.test. 300 A 192.0.2.1", "web.z.test. 60 A 10.0.0.1"}), copy.records);

  world.Deregister(web, "i");
  copy.Apply(Since(copy.serial));
  EXPECT_EQ(With(kServers, {"www.z.test. 300 A 192.0.2.1"}), copy.records);
  Serve(File(1001, "www A 192.0.2.2\n"));
  copy.Apply(Since(copy.serial));
  EXPECT_EQ(With(kServers, {"www.z.test. 300 A 192.0.2.2"}), copy.records);
  EXPECT_EQ(1001 + world.revision(), copy.serial);
}

TEST_F(FixedZones, AliasesMayLeadIntoAFile) {
  Serve(File(7, "www CNAME host\nhost 33 A 192.0.2.1\n"));
  const auto zone = world.AddZone("y.test");
  const auto alias = world.AddService(zone, "al", {{model::RecordType::kA, 60}}, model::RoutingPolicy::kWeighted);
  world.Register(alias, "x", {{"AWS_ALIAS_DNS_NAME", "www.z.test"}});
  Whole();  // so that the file has been taken
  Copy copy;
  copy.Apply(Asking(*transfers).Whole("y.test"));
  EXPECT_EQ((Set{"y.test. 3600 NS ns1.y.test.", "al.y.test. 33 A 192.0.2.1"}), copy.records);
}

}  // namespace
}  // namespace waypost::transfer
