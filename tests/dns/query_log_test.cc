#include "waypost/dns/query_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "dns/zones.h"
#include "temporary_directory.h"

namespace waypost::dns {
namespace {

class StillClock final : public model::Clock {
 public:
  model::Timestamp Now() const override { return {1'700'000'000'123}; }
};

std::vector<std::string> Lines(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

class QueryLogTest : public ::testing::Test {
 protected:
  QueryLogTest() {
    const auto kouzie = zones_.AddZone("kouzie.com");
    zones_.Register(zones_.AddService(kouzie, "backend", kA60), "b1", {{"AWS_INSTANCE_IPV4", "10.0.0.1"}});
    zones_.Ready();
  }
  std::unique_ptr<QueryLog> Open(std::uint32_t one_in) { return QueryLog::Open(path_, one_in, clock_).value(); }
  Asking Make(QueryLog& log) {
    return Asking(AnswerSources{.view = zones_.view, .policy = AnswerPolicy::Create({}).value(), .query_log = &log});
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_ / "queries.log";
  StillClock clock_;
  Zones zones_;
};

TEST_F(QueryLogTest, OneLineAQuery) {
  const auto log = Open(1);
  Asking asking = Make(*log);
  asking.Message({"Backend.kouzie.com"});
  asking.asker.transport = Transport::kTcp;
  asking.Message({"no\"such name.kouzie.com", "TYPE1000"});
  log->Flush();
  EXPECT_EQ((std::vector<std::string>{
                "{\"time\":\"2023-11-14T22:13:20.123Z\",\"client\":\"127.0.0.1\",\"transport\":\"udp\",\"name\":"
                "\"backend.kouzie.com.\","
                "\"type\":\"A\",\"rcode\":\"NOERROR\",\"aa\":true,\"tc\":false,\"size\":52}",
                "{\"time\":\"2023-11-14T22:13:20.123Z\",\"client\":\"127.0.0.1\",\"transport\":\"tcp\",\"name\":"
                "\"no\\\\034such\\\\032name.kouzie.com.\",\"type\":\"TYPE1000\",\"rcode\":\"NXDOMAIN\",\"aa\":true,"
                "\"tc\":false,\"size\":92}"}),
            Lines(path_));
}

TEST_F(QueryLogTest, Sampled) {
  const auto log = Open(10);
  Asking asking = Make(*log);
  for (int i = 0; i < 35; ++i) asking.Message({"backend.kouzie.com"});
  log->Flush();
  EXPECT_EQ(3U, Lines(path_).size());
}

TEST_F(QueryLogTest, WhoAnswersNeverWaits) {
  QueryLog::Ring ring(1);
  for (std::size_t i = 0; i < QueryLog::Ring::kNotesMax; ++i) {
    ASSERT_NE(nullptr, ring.Begin());
    ring.Commit();
  }
  EXPECT_EQ(nullptr, ring.Begin()) << "nobody has written them yet";
}

TEST_F(QueryLogTest, Rotated) {
  const auto log = Open(1);
  Asking asking = Make(*log);
  asking.Message({"backend.kouzie.com"});
  log->Flush();
  std::filesystem::rename(path_, path_ + ".1");
  ASSERT_TRUE(log->Reopen().ok());
  asking.Message({"backend.kouzie.com"});
  asking.Message({"backend.kouzie.com"});
  log->Flush();
  EXPECT_EQ(1U, Lines(path_ + ".1").size());
  EXPECT_EQ(2U, Lines(path_).size());
}

TEST(QueryLogFile, MustBeWritable) {
  const StillClock clock;
  EXPECT_EQ(model::Code::kIo, QueryLog::Open("/nowhere/at/all", 1, clock).error().code);
}

}  // namespace
}  // namespace waypost::dns
