#include "waypost/view/hash_index.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace waypost::view {
namespace {

struct Node {
  int key;
};

TEST(HashIndexTest, FindsWhatWasInsertedThroughGrowthAndErasure) {
  EpochDomain domain;
  HashIndex<Node> index(domain);
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < 5000; ++i) {
    nodes.push_back(std::make_unique<Node>(Node{i}));
    index.Insert(static_cast<std::uint64_t>(i % 1000), nodes.back().get());  // five nodes share a hash
  }
  for (int i = 0; i < 5000; i += 3)
    index.Erase(static_cast<std::uint64_t>(i % 1000), nodes[static_cast<std::size_t>(i)].get());
  for (int i = 0; i < 5000; ++i) {
    const Node* found =
        index.Find(static_cast<std::uint64_t>(i % 1000), [&](const Node& node) { return node.key == i; });
    EXPECT_EQ(found != nullptr, i % 3 != 0) << i;
  }
  EXPECT_EQ(index.size(), 5000u - 1667u);
}

TEST(HashIndexTest, ErasedSlotsAreUsedAgain) {
  EpochDomain domain;
  HashIndex<Node> index(domain);
  Node node{1};
  for (int i = 0; i < 100'000; ++i) {
    index.Insert(static_cast<std::uint64_t>(i) * 0x9e3779b97f4a7c15ULL, &node);
    index.Erase(static_cast<std::uint64_t>(i) * 0x9e3779b97f4a7c15ULL, &node);
    domain.Collect();
  }
  EXPECT_EQ(index.size(), 0u);
  EXPECT_EQ(index.Candidate(12345), nullptr);
}

TEST(HashIndexTest, OneNodeTakesAnothersPlace) {
  EpochDomain domain;
  HashIndex<Node> index(domain);
  Node old{1};
  Node neighbour{2};
  Node fresh{3};
  index.Insert(7, &old);
  index.Insert(7, &neighbour);
  const std::size_t size = index.size();
  index.Replace(7, &old, &fresh);
  EXPECT_EQ(index.size(), size);
  EXPECT_EQ(index.Candidate(7), &fresh) << "in the same place";
  std::vector<const Node*> found;
  index.ForEach(7, [&](const Node& node) { found.push_back(&node); });
  EXPECT_EQ(found, (std::vector<const Node*>{&fresh, &neighbour}));
  index.Replace(8, &old, &fresh);
  EXPECT_EQ(index.Candidate(8), nullptr) << "who is not there is not replaced";
}

TEST(HashIndexTest, HashZeroIsAKeyLikeOthers) {
  EpochDomain domain;
  HashIndex<Node> index(domain);
  Node node{1};
  EXPECT_EQ(index.Candidate(0), nullptr);
  index.Insert(0, &node);
  EXPECT_EQ(index.Candidate(0), &node);
  index.Erase(0, &node);
  EXPECT_EQ(index.Candidate(0), nullptr);
}

}  // namespace
}  // namespace waypost::view
