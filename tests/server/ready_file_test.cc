#include "server/ready_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "temporary_directory.h"

namespace waypost::server {
namespace {

TEST(ReadyFileTest, IsThereWhileItLivesAndSaysWhere) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory / "ready.json";
  {
    ReadyFile file(path);
    EXPECT_FALSE(std::filesystem::exists(path));
    ASSERT_TRUE(file.Write({{"http", {"127.0.0.1:1", "[::1]:2"}}, {"dns", {"127.0.0.1:3"}}, {"dot", {}}}).ok());
    std::ifstream in(path);
    const auto json = nlohmann::json::parse(in);
    EXPECT_EQ(json["pid"], getpid());
    EXPECT_EQ(json["http"], (std::vector<std::string>{"127.0.0.1:1", "[::1]:2"}));
    EXPECT_EQ(json["dns"], std::vector<std::string>{"127.0.0.1:3"});
    EXPECT_FALSE(json.contains("dot"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ReadyFileTest, AFolderThatIsNotThereIsAnError) {
  const testing::TemporaryDirectory directory;
  ReadyFile file(directory / "no/such/folder/ready.json");
  EXPECT_EQ(file.Write({}).error().code, model::Code::kIo);
}

TEST(ReadyFileTest, NoPathNoFile) { EXPECT_TRUE(ReadyFile("").Write({}).ok()); }

}  // namespace
}  // namespace waypost::server
