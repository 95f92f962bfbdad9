#include "cloudmap/operation_filter.h"

#include <gtest/gtest.h>

namespace waypost::cloudmap {
namespace {

OperationFilter Filter(std::string_view filters) {
  auto parsed = ParseJson("{\"Filters\":" + std::string(filters) + "}");
  EXPECT_TRUE(parsed.ok());
  auto filter = ReadOperationFilter(parsed.value());
  EXPECT_TRUE(filter.ok()) << filter.error().message;
  return std::move(filter).value();
}

model::Operation Registered() {
  return {"op", model::OperationType::kRegisterInstance, {1'600'000'000'500}, "ns-1", "srv-1", "i"};
}

TEST(OperationFilter, Accepts) {
  struct Case {
    const char* filters;
    bool want;
  };
  for (const Case& c : {
           Case{"[]", true},
           Case{R"([{"Name":"SERVICE_ID","Values":["srv-1"]}])", true},
           Case{R"([{"Name":"SERVICE_ID","Values":["arn:aws:servicediscovery:r:0:service/srv-1"]}])", true},
           Case{R"([{"Name":"SERVICE_ID","Values":["srv-2"]}])", false},
           Case{R"([{"Name":"NAMESPACE_ID","Values":["ns-1"]},{"Name":"SERVICE_ID","Values":["srv-1"]}])", true},
           Case{R"([{"Name":"NAMESPACE_ID","Values":["ns-2"]},{"Name":"SERVICE_ID","Values":["srv-1"]}])", false},
           Case{R"([{"Name":"TYPE","Values":["REGISTER_INSTANCE"]}])", true},
           Case{R"([{"Name":"TYPE","Values":["DELETE_NAMESPACE","REGISTER_INSTANCE"],"Condition":"IN"}])", true},
           Case{R"([{"Name":"TYPE","Values":["DELETE_NAMESPACE"]}])", false},
           Case{R"([{"Name":"STATUS","Values":["SUCCESS"]}])", true},
           Case{R"([{"Name":"STATUS","Values":["PENDING","FAIL"],"Condition":"IN"}])", false},
           Case{R"([{"Name":"UPDATE_DATE","Values":["1600000000","1600000000"],"Condition":"BETWEEN"}])", true},
           Case{R"([{"Name":"UPDATE_DATE","Values":["1600000001","1600000002"],"Condition":"BETWEEN"}])", false},
           Case{R"([{"Name":"UPDATE_DATE","Values":["1600000000500","1600000000500"],"Condition":"BETWEEN"}])", true},
           Case{R"([{"Name":"UPDATE_DATE","Values":["1600000000501","1600000000600"],"Condition":"BETWEEN"}])", false},
           Case{R"([{"Name":"UPDATE_DATE","Values":["0","1600000000.499"],"Condition":"BETWEEN"}])", false},
           Case{R"([{"Name":"UPDATE_DATE","Values":["0","1600000000.5"],"Condition":"BETWEEN"}])", true},
       }) {
    EXPECT_EQ(Filter(c.filters).Accepts(Registered()), c.want) << c.filters;
  }
}

TEST(OperationFilter, RefusesWhatTheApiDoesNotAllow) {
  for (const char* filters : {
           R"([{"Name":"SERVICE_ID","Values":["a","b"]}])",
           R"([{"Name":"SERVICE_ID","Values":[]}])",
           R"([{"Name":"SERVICE_ID","Values":["a"],"Condition":"IN"}])",
           R"([{"Name":"NAMESPACE_ID","Values":["a"],"Condition":"BEGINS_WITH"}])",
           R"([{"Name":"STATUS","Values":["DONE"]}])",
           R"([{"Name":"STATUS","Values":[],"Condition":"IN"}])",
           R"([{"Name":"TYPE","Values":["MAKE_COFFEE"]}])",
           R"([{"Name":"UPDATE_DATE","Values":["1","2"]}])",
           R"([{"Name":"UPDATE_DATE","Values":["1"],"Condition":"BETWEEN"}])",
           R"([{"Name":"UPDATE_DATE","Values":["2","1"],"Condition":"BETWEEN"}])",
           R"([{"Name":"UPDATE_DATE","Values":["x","2"],"Condition":"BETWEEN"}])",
       }) {
    auto parsed = ParseJson("{\"Filters\":" + std::string(filters) + "}");
    const auto filter = ReadOperationFilter(parsed.value());
    ASSERT_FALSE(filter.ok()) << filters;
    EXPECT_EQ(filter.error().code, model::Code::kInvalidInput);
  }
}

TEST(OperationFilter, Dates) {
  struct Case {
    const char* text;
    std::int64_t start;
    std::int64_t end;
  };
  for (const Case& c : {Case{"0", 0, 999}, Case{"1600000000", 1'600'000'000'000, 1'600'000'000'999},
                        Case{"99999999999", 99'999'999'999'000, 99'999'999'999'999},
                        Case{"100000000000", 100'000'000'000, 100'000'000'000},
                        Case{"1600000000.25", 1'600'000'000'250, 1'600'000'000'250}, Case{"1.0009", 1000, 1000}}) {
    EXPECT_EQ(ReadDate(c.text, DateBound::kStart).value(), c.start) << c.text;
    EXPECT_EQ(ReadDate(c.text, DateBound::kEnd).value(), c.end) << c.text;
  }
  for (const char* bad :
       {"-1", "-0", "1.", ".5", "1.x", "1e3", "1600000000500.5", "99999999999999999999", " 1", "1 "}) {
    EXPECT_FALSE(ReadDate(bad, DateBound::kStart).ok()) << bad;
  }
}

}  // namespace
}  // namespace waypost::cloudmap
