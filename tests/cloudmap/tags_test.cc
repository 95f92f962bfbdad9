#include "cloudmap/api_fixture.h"

namespace waypost::cloudmap {
namespace {

class TagsOfResources : public ApiFixture {};

Json TagList(int count) {
  Json list = Json::array();
  for (int i = 0; i < count; ++i) list.push_back({{"Key", "k" + std::to_string(i)}, {"Value", "v"}});
  return list;
}

TEST_F(TagsOfResources, OnNamespacesAndServices) {
  const std::string in =
      Target(Call("CreateHttpNamespace", {{"Name", "n"}, {"Tags", {{{"Key", "first"}, {"Value", "1"}}}}}), "NAMESPACE");
  const std::string service = NewService(in, "s", {{"Tags", {{{"Key", "first"}, {"Value", "1"}}}}});
  for (const std::string& arn : {NamespaceArn(in), ServiceArn(service)}) {
    const auto tags = [&] { return Call("ListTagsForResource", {{"ResourceARN", arn}}).at("Tags"); };
    EXPECT_EQ(tags(), Json::array({{{"Key", "first"}, {"Value", "1"}}}));
    EXPECT_EQ(Call("TagResource", {{"ResourceARN", arn},
                                   {"Tags", {{{"Key", "first"}, {"Value", ""}}, {{"Key", "b"}, {"Value", "2"}}}}}),
              Json::object());
    EXPECT_EQ(tags(), Json::array({{{"Key", "b"}, {"Value", "2"}}, {{"Key", "first"}, {"Value", ""}}}));
    EXPECT_EQ(Call("UntagResource", {{"ResourceARN", arn}, {"TagKeys", {"b", "none"}}}), Json::object());
    EXPECT_EQ(tags(), Json::array({{{"Key", "first"}, {"Value", ""}}}));
  }
}

TEST_F(TagsOfResources, FiftyAtMost) {
  const std::string arn = NamespaceArn(NewHttpNamespace("n"));
  Call("TagResource", {{"ResourceARN", arn}, {"Tags", TagList(50)}});
  const Json said =
      Fail("TooManyTagsException", "TagResource", {{"ResourceARN", arn}, {"Tags", {{{"Key", "more"}, {"Value", ""}}}}});
  EXPECT_EQ(said.at("ResourceName"), arn);
  EXPECT_EQ(
      Fail("TooManyTagsException", "CreateHttpNamespace", {{"Name", "m"}, {"Tags", TagList(51)}}).at("ResourceName"),
      "m");
}

TEST_F(TagsOfResources, OwnTagsAreChecked) {
  const std::string service = NewService(NewHttpNamespace("n"), "s");
  const Json said = Fail("InvalidInput", "TagResource",
                         {{"ResourceARN", ServiceArn(service)}, {"Tags", {{{"Key", "waypost:none"}, {"Value", ""}}}}});
  EXPECT_NE(said.at("Message").dump().find("waypost:none"), std::string::npos);
}

TEST_F(TagsOfResources, UnknownResources) {
  for (const char* arn : {"arn:aws:servicediscovery:eu-west-1:123456789012:namespace/ns-aaaaaaaaaaaaaaaa",
                          "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-aaaaaaaaaaaaaaaa",
                          "arn:aws:s3:::bucket", "nonsense"}) {
    Fail("ResourceNotFoundException", "ListTagsForResource", {{"ResourceARN", arn}});
    Fail("ResourceNotFoundException", "TagResource", {{"ResourceARN", arn}, {"Tags", TagList(1)}});
    Fail("ResourceNotFoundException", "UntagResource", {{"ResourceARN", arn}, {"TagKeys", {"k"}}});
  }
}

}  // namespace
}  // namespace waypost::cloudmap
