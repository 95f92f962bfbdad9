#include "cli/failover_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace waypost::cli {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

FailoverResult Usual() {
  FailoverResult result{"backend.kouzie.com", "web-1", "10.0.0.7", "connect to 10.0.0.7:80: connection refused"};
  result.rate = 20;
  result.report.detected = milliseconds(312);
  result.report.dns_clean = milliseconds(340);
  result.report.api_clean = milliseconds(345);
  result.report.caches_clean = milliseconds(60'340);
  result.report.recovered = milliseconds(51);
  result.report.ttl_s = 60;
  result.checks = Judge(result.report, {}, {});
  return result;
}

FailoverResult Broken() {
  FailoverResult result = Usual();
  result.report.recovered.reset();
  result.report.wrong = {1, 2, 3, 4, 5};
  FailoverBounds bounds;
  bounds.detect = milliseconds(300);
  bounds.wrong = 0;
  result.checks = Judge(result.report, bounds, {});
  return result;
}

TEST(FailoverOutput, JsonHasTheNamesThatScriptsCountOn) {
  const auto json = nlohmann::ordered_json::parse(FailoverJson(Usual()));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys,
              testing::ElementsAre("service", "instance", "address", "detected_ms", "dns_clean_ms", "api_clean_ms",
                                   "caches_clean_ms", "wrong_answers", "recovered_ms", "passed", "broken_bounds"));
  EXPECT_EQ(312, json["detected_ms"]);
  EXPECT_EQ(60'340, json["caches_clean_ms"]);
  EXPECT_EQ(0, json["wrong_answers"]);
  EXPECT_EQ(true, json["passed"]);
  EXPECT_TRUE(json["broken_bounds"].empty());
}

TEST(FailoverOutput, JsonOfAFailure) {
  const auto json = nlohmann::json::parse(FailoverJson(Broken()));
  EXPECT_TRUE(json["recovered_ms"].is_null());
  EXPECT_EQ(15, json["wrong_answers"]);
  EXPECT_EQ(false, json["passed"]);
  EXPECT_EQ(nlohmann::json({"max-detect", "max-wrong"}), json["broken_bounds"]);
}

TEST(FailoverOutput, ARunThatWasCutShortHasNotPassed) {
  FailoverResult result = Usual();
  ASSERT_TRUE(result.passed());
  result.ended = "interrupted";
  EXPECT_FALSE(result.passed());
  EXPECT_EQ(false, nlohmann::json::parse(FailoverJson(result))["passed"]);
  EXPECT_THAT(FailoverText(result), HasSubstr("interrupted\nfailed\n"));
  EXPECT_THAT(FailoverJunit(result), HasSubstr("<error message=\"interrupted\"/>"));
  EXPECT_THAT(FailoverJunit(result), HasSubstr("tests=\"7\" failures=\"0\" errors=\"1\""));
}

TEST(FailoverOutput, TextOfAPass) {
  EXPECT_EQ(
      "failover of web-1 (10.0.0.7) in backend.kouzie.com, each door asked 20 times a second\n"
      "  detected        312 ms      connect to 10.0.0.7:80: connection refused\n"
      "  DNS clean       340 ms      last DNS answer with it\n"
      "  API clean       345 ms      last DiscoverInstances with it\n"
      "  caches clean    60340 ms    last DNS answer with it, and its TTL of 60s\n"
      "  wrong answers   0           dead address after detection: DNS 0, API 0; empty 0, negative 0, failed 0\n"
      "  recovered       51 ms       both doors answer it again\n"
      "passed\n",
      FailoverText(Usual()));
}

TEST(FailoverOutput, TextOfAFailureNamesBoundsAndKindsOfWrongAnswers) {
  const std::string text = FailoverText(Broken());
  EXPECT_THAT(text, HasSubstr("connection refused  BROKEN: --max-detect 300ms\n"));
  EXPECT_THAT(text, HasSubstr("  wrong answers   15          dead address after detection: DNS 1, API 2; empty 3, "
                              "negative 4, failed 5  BROKEN: --max-wrong 0\n"));
  EXPECT_THAT(text, HasSubstr("  recovered       not reached\nfailed\n"));
}

TEST(FailoverOutput, TextOfWhatWasNotLookedFor) {
  FailoverResult result = Usual();
  result.report.dns_clean.reset();
  result.report.caches_clean.reset();
  result.checks = Judge(result.report, {}, {false, true, true});
  EXPECT_THAT(FailoverText(result), HasSubstr("  DNS clean       -\n"));
  EXPECT_THAT(FailoverText(result), HasSubstr("passed\n"));
  EXPECT_THAT(FailoverJunit(result), HasSubstr("name=\"dns_clean\" time=\"0.000\"><skipped/></testcase>"));
  EXPECT_THAT(FailoverJunit(result), HasSubstr("skipped=\"2\""));
}

TEST(FailoverOutput, JunitOfAPass) {
  const std::string xml = FailoverJunit(Usual());
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"failover of web-1 in backend.kouzie.com\" tests=\"6\" failures=\"0\" "
                             "errors=\"0\" skipped=\"0\" time=\"60.340\">"));
  EXPECT_THAT(xml, HasSubstr("<testcase classname=\"failover.backend.kouzie.com\" name=\"detected\" time=\"0.312\"/>"));
  EXPECT_THAT(xml, Not(HasSubstr("<failure")));
}

TEST(FailoverOutput, JunitOfAFailure) {
  const std::string xml = FailoverJunit(Broken());
  EXPECT_THAT(xml, HasSubstr("failures=\"3\""));
  EXPECT_THAT(xml, HasSubstr("name=\"detected\" time=\"0.312\"><failure message=\"312 ms, --max-detect 300ms\"/>"));
  EXPECT_THAT(xml, HasSubstr("name=\"recovered\" time=\"0.000\"><failure message=\"not reached\"/>"));
  EXPECT_THAT(xml, HasSubstr("<failure message=\"15, --max-wrong 0\"/>"));
}

TEST(FailoverOutput, XmlHoldsAnyText) {
  EXPECT_EQ("&lt;a b=&quot;c&quot;&gt; &amp;amp; 'd'", XmlEscape("<a b=\"c\"> &amp; 'd'"));
  EXPECT_EQ("a&#9;b&#10;c&#13;d?e?", XmlEscape(std::string_view("a\tb\nc\rd\x01"
                                                                "e\0",
                                                                10)));
  EXPECT_EQ("grün", XmlEscape("grün"));
  FailoverResult result = Usual();
  result.service = "<\"&\">";
  EXPECT_THAT(FailoverJunit(result), HasSubstr("classname=\"failover.&lt;&quot;&amp;&quot;&gt;\""));
}

}  // namespace
}  // namespace waypost::cli
