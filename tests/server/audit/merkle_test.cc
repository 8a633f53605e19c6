#include "server/audit/merkle.h"

#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

std::string Hex(const Hash& hash) {
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(hash.data()), hash.size()));
}

Hash Leaf(uint64_t i) { return LeafHash(absl::StrCat("record ", i)); }

// RFC 6962, 2.1, as it is written.
Hash SlowRoot(uint64_t begin, uint64_t end) {
  if (begin == end) return EmptyRoot();
  if (end - begin == 1) return Leaf(begin);
  uint64_t k = 1;
  while (2 * k < end - begin) k *= 2;
  return NodeHash(SlowRoot(begin, begin + k), SlowRoot(begin + k, end));
}

// All tiles of a tree that has grown to `size`.
struct Tree {
  explicit Tree(uint64_t size) {
    std::vector<TreeEdge::FullTile> full;
    for (uint64_t i = 0; i < size; ++i) edge.Append(Leaf(i), &full);
    for (auto& tile : full) {
      tiles[TileId{tile.level, tile.number}.Path()] = tile.hashes;
    }
    for (size_t level = 0; level < edge.partial().size(); ++level) {
      const auto& row = edge.partial()[level];
      if (row.empty()) continue;
      const int l = static_cast<int>(level);
      tiles[TileId{l, FullTiles(l, size), row.size()}.Path()] = row;
    }
    source = [this](const TileId& id) -> absl::StatusOr<std::vector<Hash>> {
      const auto found = tiles.find(id.Path());
      if (found == tiles.end()) return absl::NotFoundError(id.Path());
      return found->second;
    };
  }
  TreeEdge edge;
  std::map<std::string, std::vector<Hash>> tiles;
  TileSource source;
};

// The test vectors of RFC 6962's reference implementation.
TEST(Merkle, ReferenceVectors) {
  EXPECT_EQ(Hex(EmptyRoot()),
            "e3b0c44298fc1c149afbf4c8996fb924"
            "27ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(LeafHash("")),
            "6e340b9cffb37a989ca544e6bb780a2c"
            "78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(Hex(NodeHash(LeafHash(""), LeafHash(absl::string_view("\0", 1)))),
            "fac54203e7cc696cf0dfcb42c92a1d9d"
            "baf70ad9e621f4bd8d98662f00e3c125");
}

TEST(Merkle, TilePaths) {
  EXPECT_EQ((TileId{0, 1234067}).Path(), "tile/0/x001/x234/067");
  EXPECT_EQ((TileId{1, 0, 3}).Path(), "tile/1/000.p/3");
  EXPECT_EQ((TileId{TileId::kEntries, 1000, 255}).Path(),
            "tile/entries/x001/000.p/255");
  EXPECT_EQ((TileId{TileId::kEntries, 999}).Path(), "tile/entries/999");
}

TEST(Merkle, RootsAgreeWithTheDefinition) {
  TreeEdge edge;
  std::vector<TreeEdge::FullTile> full;
  for (uint64_t size = 0; size <= 600; ++size) {
    ASSERT_EQ(edge.Root(), SlowRoot(0, size)) << size;
    edge.Append(Leaf(size), &full);
  }
  EXPECT_EQ(full.size(), 2u);
}

TEST(Merkle, InclusionOfEveryRecord) {
  for (const uint64_t size : {1, 2, 3, 7, 8, 13, 255, 256, 257, 700}) {
    Tree tree(size);
    const Hash root = tree.edge.Root();
    ASSERT_EQ(*RootFromTiles(tree.source, size), root);
    for (uint64_t i = 0; i < size; ++i) {
      const auto proof = InclusionProof(tree.source, i, size);
      ASSERT_TRUE(proof.ok()) << proof.status();
      ASSERT_TRUE(VerifyInclusion(Leaf(i), i, size, root, *proof).ok());
      EXPECT_FALSE(VerifyInclusion(Leaf(i + 1), i, size, root, *proof).ok());
      EXPECT_FALSE(
          VerifyInclusion(Leaf(i), (i + 1) % (size + 1), size, root, *proof)
              .ok());
      std::vector<Hash> longer = *proof;
      longer.push_back(root);
      EXPECT_FALSE(VerifyInclusion(Leaf(i), i, size, root, longer).ok());
      if (!proof->empty()) {
        longer = *proof;
        longer.pop_back();
        EXPECT_FALSE(VerifyInclusion(Leaf(i), i, size, root, longer).ok());
        longer = *proof;
        longer[i % longer.size()][i % 32] ^= 1;
        EXPECT_FALSE(VerifyInclusion(Leaf(i), i, size, root, longer).ok());
      }
    }
  }
}

TEST(Merkle, ConsistencyOfEveryPair) {
  std::vector<Hash> roots;
  for (uint64_t size = 0; size <= 40; ++size) {
    roots.push_back(SlowRoot(0, size));
  }
  for (uint64_t size = 0; size <= 40; ++size) {
    Tree tree(size);
    for (uint64_t old_size = 0; old_size <= size; ++old_size) {
      const auto proof = ConsistencyProof(tree.source, old_size, size);
      ASSERT_TRUE(proof.ok()) << proof.status();
      ASSERT_TRUE(VerifyConsistency(old_size, roots[old_size], size,
                                    roots[size], *proof)
                      .ok())
          << old_size << " in " << size;
      if (old_size == 0 || old_size == size) continue;
      EXPECT_FALSE(VerifyConsistency(old_size, roots[old_size - 1], size,
                                     roots[size], *proof)
                       .ok());
      EXPECT_FALSE(VerifyConsistency(old_size, roots[old_size], size,
                                     roots[size - 1], *proof)
                       .ok());
      EXPECT_FALSE(
          VerifyConsistency(old_size, roots[old_size], size, roots[size], {})
              .ok());
    }
    EXPECT_FALSE(ConsistencyProof(tree.source, size + 1, size).ok());
  }
}

TEST(Merkle, ThreeLevelsOfTiles) {
  const uint64_t size = 65536 + 300;
  Tree tree(size);
  const Hash root = tree.edge.Root();
  EXPECT_EQ(*RootFromTiles(tree.source, size), root);
  for (const uint64_t i :
       {uint64_t{0}, uint64_t{65535}, uint64_t{65536}, size - 1}) {
    const auto proof = InclusionProof(tree.source, i, size);
    ASSERT_TRUE(proof.ok()) << proof.status();
    EXPECT_TRUE(VerifyInclusion(Leaf(i), i, size, root, *proof).ok());
  }
  Tree old_tree(65000);
  const auto proof = ConsistencyProof(tree.source, 65000, size);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_TRUE(
      VerifyConsistency(65000, old_tree.edge.Root(), size, root, *proof).ok());
}

}  // namespace
}  // namespace tarazy
