#include "waypost/model/arn.h"

#include <gtest/gtest.h>

#include "waypost/model/id.h"

namespace waypost::model {
namespace {

TEST(ArnTest, IdsComeOutOfArnsOfTheirKind) {
  const Identity identity{"eu-west-1", "123456789012"};
  const std::string arn = ServiceArn(identity, "srv-aaaaaaaaaaaaaaaa");
  EXPECT_EQ(arn, "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-aaaaaaaaaaaaaaaa");
  EXPECT_EQ(IdFromArn(arn, "service"), "srv-aaaaaaaaaaaaaaaa");
  EXPECT_EQ(IdFromArn("srv-aaaaaaaaaaaaaaaa", "service"), "srv-aaaaaaaaaaaaaaaa");
  EXPECT_EQ(IdFromArn(arn, "namespace"), arn);
  EXPECT_EQ(IdFromArn("arn:aws:s3:::bucket", "service"), "arn:aws:s3:::bucket");
  EXPECT_EQ(IdFromArn("arn:", "service"), "arn:");
  EXPECT_EQ(IdFromArn("arn:aws:servicediscovery:r:a:service/", "service"), "arn:aws:servicediscovery:r:a:service/");
}

TEST(IdTest, ParsesItsOwnFormOnly) {
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    const ServiceId id = ServiceId::Draw(random);
    EXPECT_EQ(ServiceId::Parse(id.str()), id);
    EXPECT_FALSE(NamespaceId::Parse(id.str()).has_value());
  }
  EXPECT_FALSE(ServiceId::Parse("srv-aaaaaaaaaaaaaaa").has_value());
  EXPECT_FALSE(ServiceId::Parse("srv-aaaaaaaaaaaaaaa1").has_value());
  EXPECT_FALSE(ServiceId::Parse("srv-AAAAAAAAAAAAAAAA").has_value());
}

TEST(OperationIdTest, DerivedIdsDependOnEachPart) {
  EXPECT_EQ(DeriveOperationId({"a", "b"}), DeriveOperationId({"a", "b"}));
  EXPECT_NE(DeriveOperationId({"a", "b"}), DeriveOperationId({"ab", ""}));
  EXPECT_NE(DeriveOperationId({"a", "b"}), DeriveOperationId({"a", "c"}));
  Random random(1);
  for (const std::string& id : {DeriveOperationId({"x"}), DrawOperationId(random)}) {
    ASSERT_EQ(id.size(), kOperationIdLength);
    EXPECT_EQ(id[32], '-');
    EXPECT_EQ(id.substr(0, 32).find_first_not_of(kBase32), std::string::npos);
    EXPECT_EQ(id.substr(33).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos);
  }
}

}  // namespace
}  // namespace waypost::model
