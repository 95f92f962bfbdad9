#include "waypost/view/epoch.h"

#include <gtest/gtest.h>

namespace waypost::view {
namespace {

struct Counted {
  int* freed;
  static void Destroy(Counted* counted) {
    ++*counted->freed;
    delete counted;
  }
};

TEST(EpochTest, FreesAtOnceWithoutReaders) {
  int freed = 0;
  EpochDomain domain;
  domain.Retire(static_cast<const Counted*>(new Counted{&freed}));
  EXPECT_EQ(freed, 0);
  domain.Collect();
  EXPECT_EQ(freed, 1);
}

TEST(EpochTest, WaitsForASectionThatBeganBefore) {
  int freed = 0;
  EpochDomain domain;
  Reader reader(domain);
  {
    const ReadSection section(reader);
    domain.Retire(static_cast<const Counted*>(new Counted{&freed}));
    domain.Collect();
    EXPECT_EQ(freed, 0);
  }
  domain.Collect();
  EXPECT_EQ(freed, 1);
}

TEST(EpochTest, ALaterSectionHoldsNothingUp) {
  int freed = 0;
  EpochDomain domain;
  Reader early(domain);
  Reader late(domain);
  auto* held = new ReadSection(early);
  domain.Retire(static_cast<const Counted*>(new Counted{&freed}));
  domain.Collect();
  const ReadSection later(late);
  delete held;
  domain.Collect();
  EXPECT_EQ(freed, 1);
}

TEST(EpochTest, DestructionFreesTheRest) {
  int freed = 0;
  {
    EpochDomain domain;
    domain.Retire(static_cast<const Counted*>(new Counted{&freed}));
  }
  EXPECT_EQ(freed, 1);
}

TEST(EpochTest, SlotsAreReused) {
  EpochDomain domain;
  for (unsigned i = 0; i < EpochDomain::kReadersMax * 2; ++i) Reader reader(domain);
}

}  // namespace
}  // namespace waypost::view
