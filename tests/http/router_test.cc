#include "waypost/http/router.h"

#include <gtest/gtest.h>

#include "http/client.h"

namespace waypost::http {
namespace {

class NoLater final : public Later {
 public:
  Deferred Defer() override { return {}; }
  Stream BeginStream() override { return {}; }
};

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router_.Add("POST", "/", root_);
    router_.Add("GET", "/v1/", wide_);
    router_.Add("GET", "/v1/pins/", narrow_);
    router_.Add("POST", "/v1/pins/", narrow_post_);
    router_.Add("GET", "/v1/pins/x", exact_);
    router_.Add("", "/any", any_);
  }
  Response Ask(std::string_view method, std::string_view path) {
    Request request;
    request.method = method;
    request.path = path;
    Response response;
    NoLater later;
    EXPECT_EQ(router_.Serve(request, response, later), Progress::kDone);
    return response;
  }
  static FunctionHandler Named(const char* name) {
    return FunctionHandler([name](const Request&, Response& response, Later&) {
      response.body = name;
      return Progress::kDone;
    });
  }
  FunctionHandler root_ = Named("root");
  FunctionHandler wide_ = Named("wide");
  FunctionHandler narrow_ = Named("narrow");
  FunctionHandler narrow_post_ = Named("narrow-post");
  FunctionHandler exact_ = Named("exact");
  FunctionHandler any_ = Named("any");
  Router router_;
};

TEST_F(RouterTest, Finds) {
  struct Case {
    const char* method;
    const char* path;
    const char* want;
  };
  for (const Case& c :
       {Case{"POST", "/", "root"}, Case{"GET", "/v1/a", "wide"}, Case{"GET", "/v1/", "wide"},
        Case{"GET", "/v1/pins/a/b", "narrow"}, Case{"POST", "/v1/pins/x/y", "narrow-post"},
        Case{"GET", "/v1/pins/x", "exact"}, Case{"HEAD", "/v1/pins/x", "exact"}, Case{"PATCH", "/any", "any"}}) {
    EXPECT_EQ(Ask(c.method, c.path).body, c.want) << c.method << " " << c.path;
  }
}

TEST_F(RouterTest, Refuses) {
  struct Case {
    const char* method;
    const char* path;
    unsigned status;
  };
  for (const Case& c : {Case{"GET", "/", 405}, Case{"POST", "/v1/pins/x", 405}, Case{"GET", "/v1", 404},
                        Case{"POST", "/else", 404}, Case{"GET", "/any/", 404}, Case{"GET", "", 404}}) {
    EXPECT_EQ(Ask(c.method, c.path).status, c.status) << c.method << " " << c.path;
  }
  const Response wrong = Ask("DELETE", "/v1/pins/");
  ASSERT_EQ(wrong.fields.size(), 1U);
  EXPECT_EQ(wrong.fields[0].first, "Allow");
  EXPECT_EQ(wrong.fields[0].second, "GET, HEAD, POST");
}

TEST(WriteError, EscapesJson) {
  Response response;
  response.content_type = "text/plain";
  WriteError(response, 400, "Bad", "a \"b\" \\ \n");
  EXPECT_EQ(response.status, 400U);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"error":{"code":"Bad","message":"a \"b\" \\ \u000a"}})");
}

}  // namespace
}  // namespace waypost::http
