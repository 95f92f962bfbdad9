#include "cli/http_client.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "http/client.h"
#include "waypost/http/router.h"

namespace waypost::cli {
namespace {

using http::Request;
using http::Response;
using model::Code;

model::Result<HttpClient> ClientOf(const http::Running& server) {
  return HttpClient::Create("http://" + server.address);
}

TEST(HttpClient, SendsMethodPathAndBody) {
  http::Running server(http::Echo);
  const auto client = ClientOf(server);
  ASSERT_TRUE(client.ok());
  EXPECT_EQ(*client->Get("/v1/x?a=%20b"), "GET|/v1/x|a=%20b|" + server.address + "|||");
  EXPECT_EQ(*client->Post("/v1/y", "{\"a\":1}"), "POST|/v1/y||" + server.address + "||application/json|{\"a\":1}");
  EXPECT_EQ(*client->Delete("/v1/z"), "DELETE|/v1/z||" + server.address + "|||");
}

TEST(HttpClient, AnErrorIsToldInTheServersWords) {
  http::Running server([](const Request& request, Response& response, http::Later&) {
    if (request.path == "/words") {
      http::WriteError(response, 404, "ServiceNotFound", "no service is x");
    } else {
      response.status = 502;
      response.body = "<html>";
    }
    return http::Progress::kDone;
  });
  const auto client = ClientOf(server);
  const auto words = client->Get("/words");
  ASSERT_FALSE(words.ok());
  EXPECT_EQ(words.error().message, "no service is x");
  EXPECT_EQ(words.error().code, Code::kIo);
  const auto other = client->Post("/other?secret=1", "{}");
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().message,
            "the server at http://" + server.address + " answered 502 to POST /other; is it waypost?");
  const auto answer = client->Send("GET", "/words");
  ASSERT_TRUE(answer.ok()) << "any status is an answer";
  EXPECT_EQ(answer->status, 404u);
}

TEST(HttpClient, NobodyThere) {
  std::string address;
  {
    http::Running gone(http::Echo);
    address = gone.address;
  }
  const auto refused = HttpClient::Create("http://" + address)->Get("/");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kIo);
  EXPECT_NE(refused.error().message.find("start one with waypost serve, or give --endpoint"), std::string::npos);
}

TEST(HttpClient, Endpoints) {
  for (const char* good : {"http://127.0.0.1:1", "http://x@127.0.0.1:1/", "http://[::1]:1", "http://localhost"}) {
    EXPECT_TRUE(HttpClient::Create(good).ok()) << good;
  }
  for (const char* bad : {"127.0.0.1:1", "https://127.0.0.1:1", "http://", "http://:80", "http://host:"}) {
    const auto client = HttpClient::Create(bad);
    ASSERT_FALSE(client.ok()) << bad;
    EXPECT_EQ(client.error().code, Code::kConfig);
  }
}

TEST(HttpClient, TheEndpointIsChosen) {
  unsetenv("WAYPOST_ENDPOINT");
  EXPECT_EQ(ChooseEndpoint(""), "http://127.0.0.1:5380");
  setenv("WAYPOST_ENDPOINT", "http://there:1", 1);
  EXPECT_EQ(ChooseEndpoint(""), "http://there:1");
  EXPECT_EQ(ChooseEndpoint("http://here:2"), "http://here:2");
  unsetenv("WAYPOST_ENDPOINT");
}

}  // namespace
}  // namespace waypost::cli
