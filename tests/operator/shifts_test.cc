#include "operator/health_world.h"

namespace waypost::oper {
namespace {

class ShiftsTest : public HealthWorld {};

TEST_F(ShiftsTest, AreSetListedAndEnded) {
  world_.clock.now = {1'795'572'000'000};
  EXPECT_EQ(Get("/v1/shifts"), Json::array());
  EXPECT_EQ(Post("/v1/shifts", {{"zone", "eu-west-1b"}, {"for", "10m"}}),
            Json({{"zone", "eu-west-1b"}, {"until", "2026-11-25T02:10:00.000Z"}}));
  EXPECT_EQ(
      Get("/v1/shifts"),
      Json::array(
          {{{"zone", "eu-west-1b"}, {"set", "2026-11-25T02:00:00.000Z"}, {"until", "2026-11-25T02:10:00.000Z"}}}));
  EXPECT_EQ(Delete("/v1/shifts/eu-west-1b"), Json::object());
  EXPECT_EQ(Get("/v1/shifts"), Json::array());
  EXPECT_EQ(CodeOf(Delete("/v1/shifts/eu-west-1b", 404)), "ResourceNotFound");
}

TEST_F(ShiftsTest, AZonesNameIsDecoded) {
  Post("/v1/shifts", {{"zone", "hall 1/rack 2"}, {"for", "1s"}});
  EXPECT_EQ(Delete("/v1/shifts/hall%201%2Frack%202"), Json::object());
}

TEST_F(ShiftsTest, NamesHaveALimit) {
  Post("/v1/shifts", {{"zone", std::string(model::kMaxZoneName, 'z')}, {"for", "1s"}});
  for (const std::string& zone : {std::string(model::kMaxZoneName + 1, 'z'), std::string("a\nb")}) {
    EXPECT_NE(Why(Post("/v1/shifts", {{"zone", zone}, {"for", "1s"}}, 400)).find("AVAILABILITY_ZONE"),
              std::string::npos);
  }
  EXPECT_EQ(CodeOf(Post("/v1/shifts", {{"zone", "a"}, {"for", "forever"}}, 400)), "InvalidInput");
  EXPECT_EQ(CodeOf(Delete("/v1/shifts/", 400)), "InvalidInput");
}

}  // namespace
}  // namespace waypost::oper
