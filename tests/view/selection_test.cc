#include "waypost/view/selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "view/builders.h"
#include "waypost/view/discovery.h"

namespace waypost::view {
namespace {

using model::HealthState;
using model::PinState;

/// One service, its members by short calls, and what is answered as text.
class SelectionTest : public testing::Test {
 protected:
  void MakeService(model::Tags tags, bool custom_health = true) {
    // Made with its tags, as CreateService does; what changes of tags do is tested apart.
    service_.id = model::ServiceId::Draw(world_.random);
    service_.namespace_id = in_.id;
    service_.name = "s";
    service_.custom_health = custom_health;
    service_.dns = model::DnsConfig{model::RoutingPolicy::kMultivalue, {{model::RecordType::kA, 60}}};
    service_.tags = std::move(tags);
    Edit(world_.view).PutService(service_, 2);
  }
  void Add(const std::string& id, model::Attributes attributes = {}) {
    ++last_;
    attributes.Set("AWS_INSTANCE_IPV4", "10.0." + std::to_string(last_ / 256) + "." + std::to_string(last_ % 256));
    world_.Register(service_, id, std::move(attributes), ++revision_);
  }
  void Set(const std::string& id, HealthState state) {
    Edit(world_.view).SetHealth(service_.id, id, state, ++revision_);
  }
  void Pin(const std::string& id, std::optional<PinState> pin) {
    Edit(world_.view).SetPin(service_.id, id, pin, ++revision_);
  }
  void Shift(const std::string& zone, bool shifted = true) { Edit(world_.view).SetShifted(zone, shifted, ++revision_); }
  const ServiceState& State() { return world_.view.FindService(service_.id)->state(); }

  /// Ids that may be drawn for DNS, sorted; checks on the way that Explain says the same as the chunks.
  std::string Served(std::uint32_t zone = 0) {
    const ServiceState& state = State();
    std::set<std::string> served;
    std::set<std::string> explained;
    for (const MemberStanding& standing : Explain(state, zone).members) {
      if (standing.in_dns) explained.insert(std::string(state.answering().member(standing.index).id()));
    }
    std::uint64_t any = 0;
    for (std::uint32_t c = 0; c < state.chunk_count(); ++c) any |= state.chunk(c).served();
    for (std::uint32_t i = 0; i < state.count(); ++i) {
      const Chunk& chunk = state.chunk(i / 64);
      if (((any != 0 ? chunk.served() : chunk.everyone()) >> (i % 64) & 1) != 0) {
        served.insert(std::string(state.member(i).id()));
      }
    }
    if (zone == 0 && state.held() == nullptr) {
      EXPECT_EQ(served, explained);
    }
    std::string text;
    for (const std::string& id : explained) text += (text.empty() ? "" : " ") + id;
    return text;
  }
  std::string Discovered(HealthFilter filter) {
    std::string json;
    DiscoverScratch scratch;
    model::Random random(1);
    Discover(State(), {.health = filter}, random, scratch, json);
    std::set<std::string> ids;
    for (const char* id : {"a", "b", "c", "d"}) {
      if (json.find("\"InstanceId\":\"" + std::string(id) + "\"") != std::string::npos) ids.insert(id);
    }
    std::string text;
    for (const std::string& id : ids) text += (text.empty() ? "" : " ") + id;
    return text;
  }

  World world_;
  model::Namespace in_ = world_.AddNamespace("example.com", model::NamespaceType::kDnsPublic, 1);
  model::Service service_;
  model::Revision revision_ = 10;
  int last_ = 0;
};

TEST_F(SelectionTest, TheLowestTierWithAHealthyInstanceAnswers) {
  MakeService({});
  Add("a");
  Add("b", {{"WAYPOST_PRIORITY", "10"}});
  Add("c", {{"WAYPOST_PRIORITY", "10"}});
  Add("d", {{"WAYPOST_PRIORITY", "20"}});
  EXPECT_EQ("a", Served());
  Set("a", HealthState::kUnhealthy);
  EXPECT_EQ("b c", Served());
  Set("b", HealthState::kUnhealthy);
  Set("c", HealthState::kUnhealthy);
  EXPECT_EQ("d", Served());
  Set("d", HealthState::kUnhealthy);
  EXPECT_EQ("a b c d", Served()) << "none is healthy: all";
  Set("a", HealthState::kHealthy);
  EXPECT_EQ("a", Served());
  EXPECT_EQ("a", Discovered(HealthFilter::kHealthyOrElseAll));
  Edit(world_.view).EraseInstance(service_.id, "a", ++revision_);
  Set("c", HealthState::kHealthy);
  EXPECT_EQ("c", Served());
}

TEST_F(SelectionTest, ProtectAnswersAllBelowItsShare) {
  MakeService({{"waypost:protect", "0.5"}});
  for (const char* id : {"a", "b", "c", "d"}) Add(id);
  Set("a", HealthState::kUnhealthy);
  Set("b", HealthState::kUnhealthy);
  EXPECT_EQ("c d", Served()) << "half is not less than half";
  Set("c", HealthState::kUnhealthy);
  EXPECT_EQ("a b c d", Served());
  EXPECT_EQ("a b c d", Discovered(HealthFilter::kHealthyOrElseAll));
  EXPECT_EQ("d", Discovered(HealthFilter::kHealthy));
  EXPECT_EQ("a b c", Discovered(HealthFilter::kUnhealthy));
  Set("a", HealthState::kHealthy);
  EXPECT_EQ("a d", Served());
  service_.tags.Erase("waypost:protect");
  Set("a", HealthState::kUnhealthy);
  Edit(world_.view).PutService(service_, ++revision_);
  EXPECT_EQ("d", Served());
}

TEST_F(SelectionTest, AShiftedZoneLeavesWhileOthersAreHealthy) {
  MakeService({});
  Add("a", {{"AVAILABILITY_ZONE", "z1"}});
  Add("b", {{"AVAILABILITY_ZONE", "z2"}});
  Shift("z1");
  EXPECT_EQ("b", Served());
  EXPECT_EQ("b", Discovered(HealthFilter::kHealthyOrElseAll));
  EXPECT_EQ("b", Discovered(HealthFilter::kHealthy));
  EXPECT_EQ("a b", Discovered(HealthFilter::kAll));
  Add("c", {{"AVAILABILITY_ZONE", "z1"}});
  EXPECT_EQ("b", Served()) << "who comes later is shifted too";
  Set("b", HealthState::kUnhealthy);
  EXPECT_EQ("a c", Served()) << "no other zone is healthy";
  Set("b", HealthState::kHealthy);
  EXPECT_TRUE(State().ranked());
  Shift("z1", false);
  EXPECT_EQ("a b c", Served());
  EXPECT_FALSE(State().ranked()) << "flips are cheap again";
}

TEST_F(SelectionTest, PinsHoldWhateverIsReportedAndOutliveARegistration) {
  MakeService({});
  Add("a");
  Add("b");
  Pin("a", PinState::kUnhealthy);
  EXPECT_EQ("b", Served());
  EXPECT_EQ(HealthState::kUnhealthy, State().chunk(0).health(0));
  Set("a", HealthState::kHealthy);
  Add("a");
  EXPECT_EQ("b", Served());
  Pin("a", std::nullopt);
  EXPECT_EQ("a b", Served());
  Pin("b", PinState::kDrained);
  EXPECT_EQ("a", Served());
  Set("a", HealthState::kUnhealthy);
  Pin("a", PinState::kHealthy);
  EXPECT_EQ("a", Served());
  EXPECT_EQ("a", Discovered(HealthFilter::kHealthy));
  Pin("a", std::nullopt);
  EXPECT_EQ("a b", Served()) << "none is healthy";
}

TEST_F(SelectionTest, ADrainedInstanceLeavesAServiceWithoutHealthChecksToo) {
  MakeService({}, false);
  Add("a");
  Add("b");
  Pin("a", PinState::kDrained);
  EXPECT_EQ("b", Served());
  EXPECT_EQ("b", Discovered(HealthFilter::kHealthyOrElseAll));
}

TEST_F(SelectionTest, InitiallyUnhealthyIsInNoAnswerUntilTheFirstGoodCheck) {
  MakeService({{"waypost:check-kind", "tcp"}, {"waypost:initial-health", "unhealthy"}}, false);
  Add("a");
  const model::Revision first = revision_;
  EXPECT_EQ("", Served());
  EXPECT_EQ("", Discovered(HealthFilter::kHealthyOrElseAll));
  EXPECT_EQ("a", Discovered(HealthFilter::kAll));
  EXPECT_TRUE(Edit(world_.view).SetChecked(service_.id, "a", first, HealthState::kUnhealthy));
  EXPECT_EQ("", Served()) << "a bad check is no good one";
  EXPECT_TRUE(Edit(world_.view).SetChecked(service_.id, "a", first, HealthState::kHealthy));
  EXPECT_EQ("a", Served());
  EXPECT_TRUE(Edit(world_.view).SetChecked(service_.id, "a", first, HealthState::kUnhealthy));
  EXPECT_EQ("a", Served()) << "none is healthy: all that were once";
}

TEST_F(SelectionTest, ACheckOfAnOlderRegistrationIsRefused) {
  MakeService({{"waypost:check-kind", "tcp"}}, false);
  Add("a");
  const model::Revision first = revision_;
  Add("a");
  EXPECT_FALSE(Edit(world_.view).SetChecked(service_.id, "a", first, HealthState::kUnhealthy));
  EXPECT_FALSE(Edit(world_.view).SetChecked(service_.id, "x", first, HealthState::kUnhealthy));
  EXPECT_EQ(HealthState::kUnknown, State().chunk(0).health(0));
  EXPECT_TRUE(Edit(world_.view).SetChecked(service_.id, "a", revision_, HealthState::kUnhealthy));
  EXPECT_EQ(HealthState::kUnhealthy, State().chunk(0).health(0));
}

TEST_F(SelectionTest, TheClientsZoneIsPreferredWhileItHasSomebody) {
  MakeService({{"waypost:zone-affinity", "prefer"}});
  Add("a", {{"AVAILABILITY_ZONE", "z1"}});
  Add("b", {{"AVAILABILITY_ZONE", "z2"}});
  EXPECT_EQ("a b", Served());
  EXPECT_EQ("a", Served(ZoneHash("z1")));
  EXPECT_EQ("a b", Served(ZoneHash("z3")));
  Set("a", HealthState::kUnhealthy);
  EXPECT_EQ("b", Served(ZoneHash("z1")));
}

TEST_F(SelectionTest, TheLastOneThatLeftIsHeldUntilAnotherComes) {
  MakeService({{"waypost:hold-last", "1m"}});
  Add("a");
  model::Hold hold;
  hold.instance = World::MakeInstance(service_.id, "a", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
  Edit(world_.view).SetHold(service_.id, &hold, ++revision_);
  EXPECT_EQ(nullptr, State().held()) << "it has not left";
  Edit(world_.view).EraseInstance(service_.id, "a", ++revision_);
  Edit(world_.view).SetHold(service_.id, &hold, ++revision_);
  EXPECT_EQ("a", Served());
  EXPECT_EQ("a", Discovered(HealthFilter::kHealthyOrElseAll));
  EXPECT_TRUE(Explain(State(), 0).service.held);
  Edit(world_.view).PutService(service_, ++revision_);
  EXPECT_EQ("a", Served()) << "a change of the service does not end it";
  Add("b");
  EXPECT_EQ("b", Served());
  Edit(world_.view).EraseInstance(service_.id, "b", ++revision_);
  EXPECT_EQ("", Served());
  Edit(world_.view).SetHold(service_.id, &hold, ++revision_);
  Edit(world_.view).SetHold(service_.id, nullptr, ++revision_);
  EXPECT_EQ("", Served());
}

/// What is worked out step by step is what is worked out from scratch, whatever happens in whatever order.
TEST_F(SelectionTest, StepsAndScratchAgree) {
  MakeService({{"waypost:protect", "0.3"}});
  model::Random random(99);
  std::vector<std::string> ids;
  for (int step = 0; step < 3000; ++step) {
    const std::uint32_t what = random.Below(10U);
    const std::string id = "i" + std::to_string(random.Below(90U));
    const bool there = std::find(ids.begin(), ids.end(), id) != ids.end();
    if (what < 4 || ids.empty()) {
      model::Attributes attributes{{"AVAILABILITY_ZONE", "z" + std::to_string(random.Below(3U))}};
      if (random.Below(3U) == 0) attributes.Set("WAYPOST_PRIORITY", std::to_string(random.Below(3U)));
      Add(id, std::move(attributes));
      if (!there) ids.push_back(id);
    } else if (what == 4 && there) {
      Edit(world_.view).EraseInstance(service_.id, id, ++revision_);
      std::erase(ids, id);
    } else if (what < 8 && there) {
      Set(id, random.Below(2U) == 0 ? HealthState::kHealthy : HealthState::kUnhealthy);
    } else if (what == 8 && there) {
      Pin(id, random.Below(2U) == 0 ? std::nullopt : std::optional(static_cast<PinState>(random.Below(3U))));
    } else {
      Shift("z" + std::to_string(random.Below(3U)), random.Below(2U) == 0);
    }
    Served();  // compares
    std::uint32_t served = 0;
    for (std::uint32_t c = 0; c < State().chunk_count(); ++c) {
      served += static_cast<std::uint32_t>(std::popcount(State().chunk(c).served()));
    }
    ASSERT_EQ(served, State().served_count()) << step;
    ASSERT_FALSE(HasFailure()) << step;
  }
}

TEST_F(SelectionTest, EveryChangeRaisesTheServicesOwnRevision) {
  MakeService({});
  const auto last = [&] { return world_.view.FindService(service_.id)->last_change(); };
  Add("a", {{"AVAILABILITY_ZONE", "z1"}});
  EXPECT_EQ(revision_, last());
  Set("a", HealthState::kUnhealthy);
  EXPECT_EQ(revision_, last());
  EXPECT_GT(last(), State().instances_revision());
  Pin("a", PinState::kHealthy);
  EXPECT_EQ(revision_, last());
  Shift("z1");
  EXPECT_EQ(revision_, last());
  Shift("z9");
  EXPECT_EQ(revision_ - 1, last()) << "nobody is there";
  Edit(world_.view).NoteChange(service_.id, ++revision_);
  EXPECT_EQ(revision_, last());
}

TEST_F(SelectionTest, ServicesAreFoundAsPeopleNameThem) {
  MakeService({});
  const auto* node = world_.view.FindService(service_.id);
  EXPECT_EQ(node, world_.view.FindServiceByText("s.example.com"));
  EXPECT_EQ(node, world_.view.FindServiceByText("S.example.com."));
  EXPECT_EQ(node, world_.view.FindServiceByText(service_.id.str()));
  EXPECT_EQ(nullptr, world_.view.FindServiceByText("t.example.com"));
  EXPECT_EQ(nullptr, world_.view.FindServiceByText(""));
}

}  // namespace
}  // namespace waypost::view
