#include "cli/failover_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace waypost::cli {
namespace {

using std::chrono::milliseconds;
using Figure = std::optional<int>;

constexpr auto kDns = Door::kDns;
constexpr auto kApi = Door::kApi;

Figure Count(const std::optional<milliseconds>& value) {
  return value ? Figure(static_cast<int>(value->count())) : std::nullopt;
}

/// An answer that took 1 ms.
FailoverAnswer Seen(Door door, int at, Said said, std::uint32_t ttl_s = 0) {
  return {door, milliseconds(at - 1), milliseconds(at), said, ttl_s};
}

/// Broken at 1000, known at 1300, healthy again at 9000, both doors answering it shortly after.
FailoverRecord Usual() {
  FailoverRecord record;
  record.broken = milliseconds(1000);
  record.detected = milliseconds(1290);
  record.known = milliseconds(1300);
  record.recovery = milliseconds(9000);
  record.bad_until = milliseconds(9010);
  record.answers = {Seen(kDns, 900, Said::kNamed, 60),  Seen(kApi, 905, Said::kNamed),
                    Seen(kDns, 1250, Said::kNamed, 60), Seen(kApi, 1280, Said::kNamed),
                    Seen(kDns, 1350, Said::kOthers),    Seen(kApi, 1355, Said::kOthers),
                    Seen(kDns, 8990, Said::kOthers),    Seen(kApi, 8995, Said::kOthers),
                    Seen(kDns, 9060, Said::kNamed, 60), Seen(kApi, 9040, Said::kNamed)};
  return record;
}

TEST(FailoverReport, TellsAllFiguresOfAUsualRun) {
  const FailoverReport report = Analyse(Usual());
  EXPECT_EQ(Figure(290), Count(report.detected));
  EXPECT_EQ(Figure(250), Count(report.dns_clean));
  EXPECT_EQ(Figure(280), Count(report.api_clean));
  EXPECT_EQ(Figure(250 + 60'000), Count(report.caches_clean));
  EXPECT_EQ(Figure(60), Count(report.recovered));
  EXPECT_EQ(0U, report.wrong.total());
  EXPECT_EQ(60U, report.ttl_s);
}

TEST(FailoverReport, NothingIsReachedWithoutABreaking) {
  const FailoverReport report = Analyse({});
  EXPECT_EQ(std::nullopt, report.detected);
  EXPECT_EQ(std::nullopt, report.dns_clean);
  EXPECT_EQ(std::nullopt, report.api_clean);
  EXPECT_EQ(std::nullopt, report.caches_clean);
  EXPECT_EQ(std::nullopt, report.recovered);
}

TEST(FailoverReport, ADoorWhoseLastAnswerNamesItIsNotClean) {
  FailoverRecord record = Usual();
  record.recovery.reset();
  record.bad_until.reset();
  record.answers.push_back(Seen(kApi, 9100, Said::kOthers));
  const FailoverReport report = Analyse(record);
  EXPECT_EQ(std::nullopt, report.dns_clean);
  EXPECT_EQ(std::nullopt, report.caches_clean);
  EXPECT_EQ(Figure(8040), Count(report.api_clean)) << "it flapped: the last time counts";
}

TEST(FailoverReport, OneOfManyDrawnIsCleanOnlyAfterManyAnswers) {
  FailoverRecord record = Usual();
  record.decisive[Index(kDns)] = 3;
  EXPECT_EQ(std::nullopt, Analyse(record).dns_clean) << "only two answers without it";
  EXPECT_TRUE(Analyse(record).api_clean);
  record.decisive[Index(kDns)] = 2;
  EXPECT_TRUE(Analyse(record).dns_clean);
}

TEST(FailoverReport, FailedAnswersShowNothingClean) {
  FailoverRecord record = Usual();
  for (FailoverAnswer& answer : record.answers) {
    if (answer.said == Said::kOthers && answer.door == kDns) answer.said = Said::kFailed;
  }
  EXPECT_EQ(std::nullopt, Analyse(record).dns_clean);
}

TEST(FailoverReport, CleanFromTheFirstAnswerOn) {
  FailoverRecord record = Usual();
  record.answers = {Seen(kDns, 990, Said::kNamed, 5), Seen(kApi, 995, Said::kNamed), Seen(kDns, 1010, Said::kOthers),
                    Seen(kApi, 1011, Said::kOthers)};
  const FailoverReport report = Analyse(record);
  EXPECT_EQ(Figure(0), Count(report.dns_clean));
  EXPECT_EQ(Figure(0), Count(report.api_clean));
  EXPECT_EQ(Figure(4990), Count(report.caches_clean)) << "caches may have asked just before";
  EXPECT_EQ(std::nullopt, report.recovered);
}

TEST(FailoverReport, WithoutDnsOnlyTheApiCounts) {
  FailoverRecord record = Usual();
  record.asks_dns = false;
  std::erase_if(record.answers, [](const FailoverAnswer& answer) { return answer.door == kDns; });
  const FailoverReport report = Analyse(record);
  EXPECT_EQ(std::nullopt, report.dns_clean);
  EXPECT_EQ(std::nullopt, report.caches_clean);
  EXPECT_EQ(Figure(280), Count(report.api_clean));
  EXPECT_EQ(Figure(40), Count(report.recovered));
}

TEST(FailoverReport, TheDeadAddressIsWrongOnlyBetweenDetectionAndRecovery) {
  struct Case {
    const char* name;
    FailoverAnswer answer;
    std::uint64_t dns;
    std::uint64_t api;
  };
  const Case cases[] = {
      {"before it is known", {kDns, milliseconds(1200), milliseconds(1299), Said::kNamed}, 0, 0},
      {"asked before, answered after", {kDns, milliseconds(1299), milliseconds(1310), Said::kNamed}, 0, 0},
      {"asked in the very millisecond", {kDns, milliseconds(1300), milliseconds(1310), Said::kNamed}, 0, 0},
      {"asked after", {kDns, milliseconds(1301), milliseconds(1302), Said::kNamed}, 1, 0},
      {"asked after, by the API", {kApi, milliseconds(5000), milliseconds(5001), Said::kNamed}, 0, 1},
      {"while it recovers", {kApi, milliseconds(8999), milliseconds(9001), Said::kNamed}, 0, 0},
      {"once it is back", {kApi, milliseconds(9500), milliseconds(9501), Said::kNamed}, 0, 0},
      {"others", {kApi, milliseconds(5000), milliseconds(5001), Said::kOthers}, 0, 0},
  };
  for (const Case& each : cases) {
    FailoverRecord record = Usual();
    record.answers.push_back(each.answer);
    EXPECT_EQ(each.dns, Analyse(record).wrong.dns_named) << each.name;
    EXPECT_EQ(each.api, Analyse(record).wrong.api_named) << each.name;
    record.fails_open = true;
    EXPECT_EQ(0U, Analyse(record).wrong.total()) << each.name << ": failing open is right";
    record.fails_open = false;
    record.known.reset();
    EXPECT_EQ(0U, Analyse(record).wrong.total()) << each.name << ": nobody knew";
  }
}

TEST(FailoverReport, GoodAgainEndsTheOutageBeforeTheRecoverCommand) {
  FailoverRecord record = Usual();
  record.bad_until = milliseconds(8000);
  record.answers.push_back(Seen(kDns, 8500, Said::kNamed, 60));
  EXPECT_EQ(0U, Analyse(record).wrong.total());
}

TEST(FailoverReport, EmptyNegativeAndFailedAnswersAreWrongAtAnyTime) {
  FailoverRecord record = Usual();
  record.answers.push_back(Seen(kDns, 500, Said::kEmpty));
  record.answers.push_back(Seen(kApi, 2000, Said::kEmpty));
  record.answers.push_back(Seen(kDns, 9900, Said::kNegative));
  record.answers.push_back(Seen(kDns, 9901, Said::kFailed));
  const WrongAnswers wrong = Analyse(record).wrong;
  EXPECT_EQ(2U, wrong.empty);
  EXPECT_EQ(1U, wrong.negative);
  EXPECT_EQ(1U, wrong.failed);
  EXPECT_EQ(4U, wrong.total());
}

TEST(FailoverReport, NotDetectedIsNotReached) {
  FailoverRecord record = Usual();
  record.detected.reset();
  record.known.reset();
  EXPECT_EQ(std::nullopt, Analyse(record).detected);
}

std::vector<std::string> Failed(const std::vector<FailoverCheck>& checks) {
  std::vector<std::string> names;
  for (const FailoverCheck& check : checks) {
    if (check.failed) names.push_back(check.name + (check.bound_broken ? ":" + check.bound : ""));
  }
  return names;
}

TEST(FailoverVerdict, BoundsAreBrokenBeyondThemNotAtThem) {
  const FailoverReport report = Analyse(Usual());
  struct Case {
    const char* name;
    FailoverBounds bounds;
    std::vector<std::string> want;
  };
  FailoverBounds at;
  at.detect = milliseconds(290);
  at.dns = milliseconds(250);
  at.api = milliseconds(280);
  at.caches = milliseconds(60'250);
  at.recovery = milliseconds(60);
  at.wrong = 0;
  FailoverBounds below;
  below.detect = milliseconds(289);
  below.dns = milliseconds(249);
  below.api = milliseconds(279);
  below.caches = milliseconds(60'249);
  below.recovery = milliseconds(59);
  const Case cases[] = {{"none", {}, {}},
                        {"at", at, {}},
                        {"below",
                         below,
                         {"detected:max-detect", "dns_clean:max-dns", "api_clean:max-api", "caches_clean:max-caches",
                          "recovered:max-recovery"}}};
  for (const Case& each : cases) EXPECT_EQ(each.want, Failed(Judge(report, each.bounds, {}))) << each.name;
}

TEST(FailoverVerdict, WrongAnswersCountAgainstTheirBoundOnly) {
  FailoverRecord record = Usual();
  record.answers.push_back(Seen(kDns, 500, Said::kEmpty));
  FailoverBounds bounds;
  EXPECT_THAT(Failed(Judge(Analyse(record), bounds, {})), testing::IsEmpty());
  bounds.wrong = 1;
  EXPECT_THAT(Failed(Judge(Analyse(record), bounds, {})), testing::IsEmpty());
  bounds.wrong = 0;
  EXPECT_THAT(Failed(Judge(Analyse(record), bounds, {})), testing::ElementsAre("wrong_answers:max-wrong"));
}

TEST(FailoverVerdict, WhatWasNotReachedFailsWithAndWithoutABound) {
  FailoverBounds bounds;
  bounds.dns = std::chrono::hours(1);
  EXPECT_THAT(Failed(Judge({}, bounds, {})),
              testing::ElementsAre("detected", "dns_clean:max-dns", "api_clean", "caches_clean", "recovered"));
}

TEST(FailoverVerdict, WhatWasNotLookedForIsSkipped) {
  EXPECT_THAT(Failed(Judge({}, {}, {false, true, false})), testing::ElementsAre("detected", "api_clean"));
  EXPECT_THAT(Failed(Judge({}, {}, {true, false, true})), testing::ElementsAre("detected", "recovered"));
}

}  // namespace
}  // namespace waypost::cli
