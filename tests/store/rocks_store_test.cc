#include "waypost/store/rocks_store.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <sys/stat.h>

#include <fstream>

#include "temporary_directory.h"

namespace waypost::store {
namespace {

class RocksStoreTest : public ::testing::Test {
 protected:
  model::Result<std::unique_ptr<Store>> Open() {
    return OpenRocksStore({.directory = directory_ / "data"}, clock_, telemetry::MakeSilentLog());
  }
  static Unit Put(Table table, const std::string& id, const std::string& value) {
    Unit unit;
    unit.writes.push_back({Write::Kind::kPut, {table, id}, value});
    return unit;
  }
  static std::vector<std::string> Ids(const Store& store, Table table, const std::string& from = "",
                                      const std::string& to = "") {
    std::vector<std::string> ids;
    const auto scanned = store.Scan(table, from, to, [&](const Record& record) {
      ids.push_back(std::string(record.id) + "@" + std::to_string(record.revision));
      return Visit::kContinue;
    });
    EXPECT_TRUE(scanned.ok());
    return ids;
  }

  testing::TemporaryDirectory directory_;
  model::SystemClock clock_;
};

struct Recorder final : Feed {
  void Apply(const ChangeSet& set) override {
    std::string line = std::to_string(set.revision) + ":";
    for (const Change& change : set.changes) {
      line += " " + change.key->id + (change.value ? "=" + std::string(*change.value) : "-");
    }
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};

TEST_F(RocksStoreTest, CommitsFeedsAndRemembers) {
  Recorder feed;
  {
    auto store = std::move(Open()).value();
    store->Follow(feed);
    EXPECT_EQ(store->revision(), 0u);
    const Unit units[] = {Put(Table::kInstance, "srv-a/1", "one"), Put(Table::kInstance, "srv-a/2", "two"),
                          Put(Table::kService, "srv-a", "s")};
    EXPECT_EQ(store->Commit(units).value(), 1u);
    Unit change;
    change.expects.push_back({Expect::Kind::kPresent, {Table::kInstance, "srv-a/1"}});
    change.writes.push_back({Write::Kind::kErase, {Table::kInstance, "srv-a/1"}, ""});
    change.writes.push_back({Write::Kind::kTouch, {Table::kBump, "srv-a"}, ""});
    EXPECT_EQ(store->Commit({&change, 1}).value(), 2u);
  }
  EXPECT_EQ(feed.lines, (std::vector<std::string>{"1: srv-a/1=one srv-a/2=two srv-a=s", "2: srv-a/1- srv-a="}));
  auto store = std::move(Open()).value();
  EXPECT_EQ(store->revision(), 2u);
  EXPECT_EQ(Ids(*store, Table::kInstance), std::vector<std::string>{"srv-a/2@1"});
  EXPECT_EQ(Ids(*store, Table::kBump), std::vector<std::string>{"srv-a@2"});
  EXPECT_EQ(Ids(*store, Table::kService), std::vector<std::string>{"srv-a@1"});
  EXPECT_EQ(store->Read({Table::kInstance, "srv-a/2"}).value(), std::optional<std::string>("two"));
  EXPECT_EQ(store->Read({Table::kInstance, "srv-a/1"}).value(), std::nullopt);
}

TEST_F(RocksStoreTest, ScansHalfOpenRanges) {
  auto store = std::move(Open()).value();
  const Unit units[] = {Put(Table::kInstance, "a", ""), Put(Table::kInstance, "b", ""), Put(Table::kInstance, "c", ""),
                        Put(Table::kHealth, "b", "")};
  ASSERT_TRUE(store->Commit(units).ok());
  EXPECT_EQ(Ids(*store, Table::kInstance, "a", "c"), (std::vector<std::string>{"a@1", "b@1"}));
  EXPECT_EQ(Ids(*store, Table::kInstance, "b"), (std::vector<std::string>{"b@1", "c@1"}));
}

TEST_F(RocksStoreTest, ASecondProcessIsTold) {
  auto store = std::move(Open()).value();
  const auto second = Open();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, model::Code::kInUse);
  EXPECT_NE(second.error().message.find("--data-dir"), std::string::npos) << second.error().message;
}

TEST_F(RocksStoreTest, TheDirectoryIsPrivate) {
  ASSERT_TRUE(Open().ok());
  struct stat info {};
  ASSERT_EQ(stat((directory_ / "data").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST_F(RocksStoreTest, ALaterFormatIsRefusedUntouched) {
  ASSERT_TRUE(Open().ok());
  std::ofstream(directory_ / "data/FORMAT") << "99\n";
  const auto opened = Open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, model::Code::kTooNew);
}

TEST_F(RocksStoreTest, AnOlderFormatIsTakenOver) {
  std::filesystem::create_directories(directory_ / "data");
  {
    // As the first format had it: without the family of history.
    rocksdb::DB* database = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> families;
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const char* name : {"default", "instance", "operation"})
      descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions());
    rocksdb::DBOptions options;
    options.create_if_missing = options.create_missing_column_families = true;
    ASSERT_TRUE(rocksdb::DB::Open(options, directory_ / "data", descriptors, &families, &database).ok());
    for (auto* family : families) database->DestroyColumnFamilyHandle(family);
    delete database;
  }
  std::ofstream(directory_ / "data/FORMAT") << "1\n";
  auto opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  const Unit unit = Put(Table::kHistory, "srv-a/i", "row");
  EXPECT_TRUE((*opened)->Commit({&unit, 1}).ok());
  EXPECT_EQ((*opened)->Read({Table::kHistory, "srv-a/i"}).value(), "row");
  std::string format;
  std::ifstream(directory_ / "data/FORMAT") >> format;
  EXPECT_EQ(format, std::to_string(kFormat));
}

TEST_F(RocksStoreTest, TheFormatBeforeViewsIsTakenOver) {
  {
    auto store = std::move(Open()).value();
    const Unit unit = Put(Table::kService, "srv-a", "s");
    ASSERT_TRUE(store->Commit({&unit, 1}).ok());
  }
  // Format 2 is today's without the table of views.
  std::ofstream(directory_ / "data/FORMAT") << "2\n";
  auto store = std::move(Open()).value();
  EXPECT_EQ(Ids(*store, Table::kService), std::vector<std::string>{"srv-a@1"});
  EXPECT_TRUE(Ids(*store, Table::kView).empty());
  const Unit view = Put(Table::kView, "ns-a/beta", "v");
  ASSERT_TRUE(store->Commit({&view, 1}).ok());
  EXPECT_EQ(Ids(*store, Table::kView), std::vector<std::string>{"ns-a/beta@2"});
  std::string format;
  std::ifstream(directory_ / "data/FORMAT") >> format;
  EXPECT_EQ(format, "3");
}

TEST_F(RocksStoreTest, MissingFilesAreNoFreshStart) {
  ASSERT_TRUE(Open().ok());
  std::filesystem::remove(directory_ / "data/CURRENT");
  const auto opened = Open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, model::Code::kCorrupt);
}

TEST_F(RocksStoreTest, AWrittenDatabaseWithoutFormatIsRefused) {
  {
    auto store = std::move(Open()).value();
    const Unit unit = Put(Table::kService, "srv-a", "");
    ASSERT_TRUE(store->Commit({&unit, 1}).ok());
  }
  std::filesystem::remove(directory_ / "data/FORMAT");
  EXPECT_EQ(Open().error().code, model::Code::kCorrupt);
}

TEST_F(RocksStoreTest, AMakingThatWasCutShortGoesOn) {
  ASSERT_TRUE(Open().ok());
  std::filesystem::remove(directory_ / "data/FORMAT");
  EXPECT_TRUE(Open().ok());
}

TEST_F(RocksStoreTest, ADamagedRecordIsNamed) {
  {
    auto store = std::move(Open()).value();
    const Unit unit = Put(Table::kService, "srv-a", "value");
    ASSERT_TRUE(store->Commit({&unit, 1}).ok());
  }
  {
    rocksdb::DB* database = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> families;
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const char* name : {"default", "instance", "operation", "history"})
      descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions());
    ASSERT_TRUE(rocksdb::DB::Open(rocksdb::DBOptions(), directory_ / "data", descriptors, &families, &database).ok());
    ASSERT_TRUE(database->Put(rocksdb::WriteOptions(), families[0], std::string("\x03srv-a"), "garbage").ok());
    for (auto* family : families) database->DestroyColumnFamilyHandle(family);
    delete database;
  }
  auto store = std::move(Open()).value();
  const auto scanned = store->Scan(Table::kService, "", "", [](const Record&) { return Visit::kContinue; });
  ASSERT_FALSE(scanned.ok());
  EXPECT_EQ(scanned.error().code, model::Code::kCorrupt);
  EXPECT_NE(scanned.error().message.find("srv-a"), std::string::npos) << scanned.error().message;
}

/// What a killed process leaves: the files as they are while it runs, with the log's end torn in many ways. Always a
/// prefix of the batches comes back, and with the log untouched all of them.
TEST_F(RocksStoreTest, ATornLogGivesAPrefix) {
  constexpr int kBatches = 40;
  {
    auto store = std::move(Open()).value();
    for (int i = 0; i < kBatches; ++i) {
      const Unit unit = Put(Table::kInstance, "srv-a/" + std::to_string(1000 + i), std::string(300, 'v'));
      ASSERT_TRUE(store->Commit({&unit, 1}).ok());
    }
    std::filesystem::copy(directory_ / "data", directory_ / "killed", std::filesystem::copy_options::recursive);
  }
  std::filesystem::path log;
  for (const auto& entry : std::filesystem::directory_iterator(directory_ / "killed")) {
    if (entry.path().extension() == ".log" && entry.file_size() != 0) log = entry.path().filename();
  }
  ASSERT_FALSE(log.empty());
  const auto reopen = [&](std::optional<std::uint64_t> tear_at, bool zeros) {
    std::filesystem::remove_all(directory_ / "copy");
    std::filesystem::copy(directory_ / "killed", directory_ / "copy", std::filesystem::copy_options::recursive);
    const std::filesystem::path file = std::filesystem::path(directory_ / "copy") / log;
    if (tear_at) {
      const std::uint64_t size = std::filesystem::file_size(file);
      std::filesystem::resize_file(file, *tear_at);
      if (zeros) std::filesystem::resize_file(file, size);
    }
    auto store = OpenRocksStore({.directory = directory_ / "copy"}, clock_, telemetry::MakeSilentLog());
    EXPECT_TRUE(store.ok());
    const std::vector<std::string> ids = store.ok() ? Ids(**store, Table::kInstance) : std::vector<std::string>();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      EXPECT_EQ(ids[i], "srv-a/" + std::to_string(1000 + i) + "@" + std::to_string(i + 1));
    }
    return ids.size();
  };
  EXPECT_EQ(reopen(std::nullopt, false), static_cast<std::size_t>(kBatches));
  std::size_t last = 0;
  for (std::uint64_t at = 500; at < 14'000; at += 1337) {
    const std::size_t cut = reopen(at, false);
    EXPECT_EQ(reopen(at, true), cut) << "zeros behind the tear at " << at;
    EXPECT_GE(cut, last);
    last = cut;
  }
  EXPECT_GT(last, 0u);
  EXPECT_LT(last, static_cast<std::size_t>(kBatches));
}

}  // namespace
}  // namespace waypost::store
