#include "waypost/cli/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <mutex>
#include <nlohmann/json.hpp>

#include "http/client.h"
#include "waypost/http/router.h"

namespace waypost::cli {
namespace {

using ::testing::HasSubstr;

/// Runs commands against a server that notes what it is asked and answers what a test says.
class CommandsTest : public ::testing::Test {
 protected:
  struct Outcome {
    int code = 0;
    std::string out;
    std::string err;
  };

  /// What `waypost ARGUMENTS` does.
  Outcome Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "waypost");
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    CLI::App app("test", "waypost");
    app.require_subcommand(1);
    app.failure_message(OneLine);
    Commands commands;
    commands.AddTo(app);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Outcome outcome;
    try {
      app.parse(static_cast<int>(argv.size()), argv.data());
      outcome.code = commands.Run().value_or(-1);
    } catch (const CLI::ParseError& error) {
      outcome.code = app.exit(error) == 0 ? 0 : 2;
    }
    std::fflush(stdout);
    outcome.out = testing::internal::GetCapturedStdout();
    outcome.err = testing::internal::GetCapturedStderr();
    return outcome;
  }
  /// The same, told where the server is.
  Outcome Ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--endpoint", "http://" + server_.address});
    return Run(std::move(arguments));
  }
  std::string Asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  unsigned status_ = 200;
  std::string answer_ = "{}";

 private:
  std::mutex mutex_;
  std::string asked_;
  http::Running server_{[this](const http::Request& request, http::Response& response, http::Later&) {
    const std::lock_guard lock(mutex_);
    asked_ = std::string(request.method) + " " + std::string(request.path);
    if (!request.query.empty()) asked_ += "?" + std::string(request.query);
    if (!request.body.empty()) asked_ += " " + std::string(request.body);
    response.status = status_;
    response.body = answer_;
    return http::Progress::kDone;
  }};
};

TEST_F(CommandsTest, WhatIsAsked) {
  const struct {
    std::vector<std::string> arguments;
    std::string asked;
  } cases[] = {
      {{"explain", "backend.kouzie.com"}, "GET /v1/explain?name=backend.kouzie.com"},
      {{"explain", "b.k", "--attr", "shard=a b", "--client", "10.1.2.3", "--attr", "v="},
       "GET /v1/explain?name=b.k&client=10.1.2.3&attr=shard%3Da%20b&attr=v%3D"},
      {{"health", "history", "b.k"}, "GET /v1/health/history?service=b.k"},
      {{"health", "history", "b.k", "web/1", "--limit", "5"},
       "GET /v1/health/history?service=b.k&instance=web%2F1&limit=5"},
      {{"health", "pin", "b.k", "web-1", "unhealthy", "--for", "30s"},
       R"(POST /v1/health/pins {"for":"30s","instance":"web-1","service":"b.k","state":"unhealthy"})"},
      {{"health", "drain", "b.k", "web-1"},
       R"(POST /v1/health/pins {"for":"10m","instance":"web-1","service":"b.k","state":"drained"})"},
      {{"health", "drain", "b.k", "web-1", "--for", "168h"},
       R"(POST /v1/health/pins {"for":"168h","instance":"web-1","service":"b.k","state":"drained"})"},
      {{"health", "unpin", "b.k", "rack/1"}, "DELETE /v1/health/pins/b.k/rack%2F1"},
      {{"health", "pins"}, "GET /v1/health/pins"},
      {{"health", "recheck", "b.k", "web-1"}, R"(POST /v1/health/recheck {"instance":"web-1","service":"b.k"})"},
      {{"shift", "--zone", "eu-west-1b", "--for", "10m"}, R"(POST /v1/shifts {"for":"10m","zone":"eu-west-1b"})"},
      {{"shift", "--zone", "eu/1", "--end"}, "DELETE /v1/shifts/eu%2F1"},
      {{"shift", "--list"}, "GET /v1/shifts"},
      {{"views", "list"}, "GET /v1/views"},
      {{"views", "put", "beta.b.k", "--service", "b.k", "--attr", "stage=beta", "--attr", "x=a=b"},
       R"(PUT /v1/views {"attributes":{"stage":"beta","x":"a=b"},"name":"beta.b.k","service":"b.k"})"},
      {{"views", "put", "beta", "--namespace", "k", "--service", "b.k", "--attr", "s=", "--fallback", "c.k"},
       R"(PUT /v1/views {"attributes":{"s":""},"fallback":"c.k","name":"beta","namespace":"k","service":"b.k"})"},
      {{"views", "delete", "beta.b.k"}, "DELETE /v1/views/beta.b.k"},
  };
  for (const auto& c : cases) {
    const Outcome outcome = Ask(c.arguments);
    EXPECT_EQ(outcome.code, 0) << c.asked << outcome.err;
    EXPECT_EQ(Asked(), c.asked);
    EXPECT_EQ(outcome.err, "");
  }
}

TEST_F(CommandsTest, JsonIsTheServersOwn) {
  answer_ = "{\"b\": 1,  \"a\": \"\\u00fc\"}\n";
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"explain", "x", "--json"},
                                                    {"health", "pins", "--json"},
                                                    {"shift", "--list", "--json"},
                                                    {"health", "unpin", "a", "b", "--json"}}) {
    EXPECT_EQ(Ask(arguments).out, answer_) << arguments.front();
  }
}

TEST_F(CommandsTest, ExplainForPeople) {
  answer_ =
      R"({"name":"backend.kouzie.com","service":"srv-1","summary":"1 of 2 instances are answered; not: 1 unhealthy",
    "fail_open":false,"instances":[
    {"InstanceId":"a","answered":true,"reasons":["healthy"],"dns":true,"discovery":true,"health":"HEALTHY","zone":"z1"},
    {"InstanceId":"b","answered":false,"reasons":["unhealthy since then","in zone z2"],"dns":false,"discovery":false,
     "health":"UNHEALTHY","zone":"z2"}]})";
  EXPECT_EQ(Ask({"explain", "backend.kouzie.com"}).out,
            "backend.kouzie.com (srv-1)\n"
            "1 of 2 instances are answered; not: 1 unhealthy\n"
            "\n"
            "INSTANCE  ANSWERED  DNS  API  HEALTH     ZONE  WHY\n"
            "a         yes       yes  yes  HEALTHY    z1    healthy\n"
            "b         no        no   no   UNHEALTHY  z2    unhealthy since then\n"
            "                                               in zone z2\n");
}

TEST_F(CommandsTest, TablesForPeople) {
  answer_ = R"([{"time":"T1","service":"srv-1","instance":"a","from":"HEALTHY","to":"UNHEALTHY","cause":"refused",
    "latency_ms":1.2345},{"time":"T2","service":"srv-1","instance":"a","from":"UNHEALTHY","to":"HEALTHY","cause":"ok"}])";
  EXPECT_EQ(Ask({"health", "history", "x"}).out,
            "TIME  INSTANCE  FROM       TO         LATENCY   WHY\n"
            "T1    a         HEALTHY    UNHEALTHY  1.234 ms  refused\n"
            "T2    a         UNHEALTHY  HEALTHY              ok\n");
  answer_ = R"([{"service":"srv-1","name":"x.y","instance":"a","state":"drained","set":"T1","until":"T2"}])";
  EXPECT_EQ(Ask({"health", "pins"}).out,
            "SERVICE  NAME  INSTANCE  STATE    SET  UNTIL\n"
            "srv-1    x.y   a         drained  T1   T2\n");
  answer_ = R"([{"zone":"z1","set":"T1","until":"T2"}])";
  EXPECT_EQ(Ask({"shift", "--list"}).out, "ZONE  SET  UNTIL\nz1    T1   T2\n");
  answer_ = R"([{"name":"beta.b.k","service_name":"b.k","attributes":{"stage":"beta","v":"2"},"instances":3},
    {"name":"prod.b.k","service_name":"b.k","attributes":{"stage":"prod"},"fallback_name":"c.k","instances":0}])";
  EXPECT_EQ(Ask({"views", "list"}).out,
            "NAME      SERVICE  ATTRIBUTES  FALLBACK  INSTANCES\n"
            "beta.b.k  b.k      stage=beta            3\n"
            "                   v=2\n"
            "prod.b.k  b.k      stage=prod  c.k       0\n");
  answer_ = "[]";
  EXPECT_EQ(Ask({"views", "list"}).out, "there are no views\n");
  EXPECT_EQ(Ask({"health", "history", "x"}).out, "no change of health is on record\n");
  EXPECT_EQ(Ask({"health", "pins"}).out, "nothing is pinned or drained\n");
  EXPECT_EQ(Ask({"shift", "--list"}).out, "no zone is shifted away\n");
}

TEST_F(CommandsTest, WhatWasSetIsSaid) {
  answer_ = R"({"service":"srv-1","instance":"a","state":"unhealthy","until":"T2"})";
  EXPECT_EQ(Ask({"health", "pin", "x.y", "a", "unhealthy", "--for", "30s"}).out,
            "a of x.y is pinned unhealthy until T2\nend it sooner with: waypost health unpin x.y a\n");
  answer_ = R"({"service":"srv-1","instance":"a","state":"drained","until":"T2"})";
  EXPECT_THAT(Ask({"health", "drain", "x.y", "a"}).out, HasSubstr("a of x.y is drained until T2\n"));
  answer_ = R"({"zone":"z1","until":"T2"})";
  EXPECT_EQ(Ask({"shift", "--zone", "z1", "--for", "1m"}).out,
            "zone z1 is shifted away until T2\nend it sooner with: waypost shift --zone z1 --end\n");
  answer_ = R"({"name":"beta.b.k","service_name":"b.k"})";
  EXPECT_EQ(Ask({"views", "put", "beta.b.k", "--service", "b.k", "--attr", "a=b"}).out,
            "beta.b.k answers with what matches of b.k\nsee what that is with: waypost explain beta.b.k\n");
  EXPECT_EQ(Ask({"views", "delete", "beta.b.k"}).out, "beta.b.k is no view any more\n");
}

TEST_F(CommandsTest, WhatCannotBeDoneIsOneLineAndOne) {
  status_ = 404;
  answer_ = R"({"error":{"code":"ServiceNotFound","message":"no service is x"}})";
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"explain", "x"},
                                                    {"health", "history", "x"},
                                                    {"health", "recheck", "x", "y"},
                                                    {"health", "unpin", "x", "y", "--json"},
                                                    {"shift", "--list"}}) {
    const Outcome outcome = Ask(arguments);
    EXPECT_EQ(outcome.code, 1);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "waypost: no service is x\n");
  }
  status_ = 200;
  answer_ = "<html>";
  EXPECT_EQ(Ask({"explain", "x"}).code, 1);
  EXPECT_THAT(Ask({"explain", "x", "--json"}).err, HasSubstr("answered no JSON; is it waypost?"));
}

TEST_F(CommandsTest, WrongUsageIsOneLineAndTwo) {
  const struct {
    std::vector<std::string> arguments;
    std::string words;
  } cases[] = {
      {{"explain"}, "waypost explain --help"},
      {{"explain", "x", "--client", "nearby"}, "no IP address"},
      {{"explain", "x", "--attr", "shard"}, "key=value"},
      {{"explain", "x", "--attr", "=a"}, "key=value"},
      {{"explain", "x", "--endpoint", "https://127.0.0.1:1"}, "http://"},
      {{"health"}, "waypost health --help"},
      {{"health", "pin", "x", "a", "unhealthy"}, "--for"},
      {{"health", "pin", "x", "a", "drained", "--for", "1s"}, "healthy"},
      {{"health", "pin", "x", "a", "unhealthy", "--for", "soon"}, "no duration such as 30s"},
      {{"health", "pin", "x", "a", "unhealthy", "--for", "0s"}, "no duration"},
      {{"health", "drain", "x", "a", "--for", "168h1ms"}, "168h at most"},
      {{"health", "drain", "x"}, "waypost health drain --help"},
      {{"health", "history", "x", "--limit", "0"}, "--limit"},
      {{"shift"}, "--zone ZONE --for DURATION"},
      {{"shift", "--zone", "z"}, "--zone ZONE --for DURATION"},
      {{"shift", "--for", "1s"}, "--zone ZONE --for DURATION"},
      {{"shift", "--zone", "z", "--for", "1s", "--end"}, "--zone ZONE --for DURATION"},
      {{"shift", "--zone", "z", "--list"}, "--zone ZONE --for DURATION"},
  };
  for (const auto& c : cases) {
    const Outcome outcome = Run(c.arguments);
    EXPECT_EQ(outcome.code, 2) << c.words << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(c.words));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(CommandsTest, HelpTeachesWithAnExample) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"explain"},
                                                    {"health", "history"},
                                                    {"health", "pin"},
                                                    {"health", "unpin"},
                                                    {"health", "drain"},
                                                    {"health", "pins"},
                                                    {"health", "recheck"},
                                                    {"shift"}}) {
    std::vector<std::string> with_help = arguments;
    with_help.push_back("--help");
    const Outcome outcome = Run(with_help);
    EXPECT_EQ(outcome.code, 0);
    std::string command = "waypost";
    for (const std::string& word : arguments) command += " " + word;
    EXPECT_THAT(outcome.out, HasSubstr("Example"));
    EXPECT_THAT(outcome.out, HasSubstr("\n  " + command)) << command;
    EXPECT_THAT(outcome.out, HasSubstr("--json"));
  }
}

}  // namespace
}  // namespace waypost::cli
