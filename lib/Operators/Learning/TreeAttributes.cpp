//===- TreeAttributes.cpp - Decision trees as attributes hold them --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Trees.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>
#include <map>
#include <set>

using namespace mlir;

namespace sluice::conversion {

namespace {
/// Where a side of a branch leads.
struct Child {
  int64_t index = 0;
  bool isLeaf = false;
};

/// Trees as a graph of branches and leaves, both by index.
struct TreeGraph {
  llvm::SmallVector<Branch> branches;
  llvm::SmallVector<std::pair<Child, Child>> sides; ///< of each branch, the true one first
  llvm::SmallVector<llvm::SmallVector<std::pair<int64_t, double>>> leaves;
  llvm::SmallVector<Child> roots;
};
} // namespace

llvm::SmallVector<double> readReals(Node &node, llvm::StringRef name) {
  std::optional<llvm::SmallVector<double>> list = node.realsAttr(name);
  ElementsAttr tensor = node.tensorAttr((name + "_as_tensor").str());
  if (tensor && llvm::isa<FloatType>(tensor.getElementType()))
    return readFloats(tensor);
  return list.value_or(llvm::SmallVector<double>());
}

/// The tree below a root, every leaf with the path that leads there. None for what is no tree.
static std::optional<Tree> walk(const TreeGraph &graph, Child root) {
  constexpr size_t mostLeaves = 1 << 20, mostSteps = 1 << 24; // on all paths
  Tree tree;
  size_t steps = 0;
  llvm::DenseMap<int64_t, int64_t> places; // in the tree, of the graph's branches
  using Path = decltype(Leaf::path);
  llvm::SmallVector<std::pair<Child, Path>> open = {{root, {}}};
  while (!open.empty()) {
    auto [at, path] = open.pop_back_val();
    size_t limit = at.isLeaf ? graph.leaves.size() : graph.branches.size();
    bool isThere = at.index >= 0 && at.index < static_cast<int64_t>(limit);
    // A path longer than the tree has branches goes in a circle.
    if (!isThere || path.size() > graph.branches.size() || tree.leaves.size() >= mostLeaves ||
        (steps += path.size()) > mostSteps)
      return std::nullopt;
    if (at.isLeaf) {
      tree.leaves.push_back({path, graph.leaves[at.index]});
      continue;
    }
    auto [place, isNew] = places.try_emplace(at.index, tree.branches.size());
    if (isNew)
      tree.branches.push_back(graph.branches[at.index]);
    auto [ifTrue, ifFalse] = graph.sides[at.index];
    for (auto [child, side] : {std::pair(ifFalse, false), std::pair(ifTrue, true)}) {
      open.push_back({child, path});
      open.back().second.push_back({place->second, side});
    }
  }
  return tree;
}

/// None, refused, if the graph does not consist of trees whose leaves add to one of the targets.
static std::optional<Forest> plantForest(Node &node, const TreeGraph &graph, int64_t targets) {
  Forest forest;
  forest.targets = targets;
  for (const Child &root : graph.roots) {
    std::optional<Tree> tree = walk(graph, root);
    if (!tree) {
      (void)node.refuse("tree " + llvm::Twine(forest.trees.size()) + " is no tree, or too large a one");
      return std::nullopt;
    }
    forest.trees.push_back(std::move(*tree));
  }
  bool fits = llvm::all_of(graph.leaves, [&](const auto &weights) {
    return llvm::all_of(weights, [&](auto entry) { return entry.first >= 0 && entry.first < targets; });
  });
  if (forest.trees.empty() || !fits) {
    (void)node.refuse(fits ? "there are no trees" : "a leaf adds to a target that there is not");
    return std::nullopt;
  }
  return forest;
}

/// Gives branches of mode member their sets, which end with a NaN each.
static bool readMembers(Node &node, TreeGraph &graph) {
  ElementsAttr tensor = node.tensorAttr("membership_values");
  llvm::SmallVector<double> values;
  if (tensor && llvm::isa<FloatType>(tensor.getElementType()))
    values = readFloats(tensor);
  auto next = values.begin();
  for (Branch &branch : graph.branches) {
    if (branch.mode != BranchMode::member)
      continue;
    auto end = std::find_if(next, values.end(), [](double value) { return std::isnan(value); });
    if (end == values.end())
      return false;
    branch.members.assign(next, end);
    next = end + 1;
  }
  return true;
}

std::optional<Forest> readForest(Node &node) {
  auto integers = [&](llvm::StringRef name) { return node.integersAttr(name).value_or(Shape()); };
  auto reals = [&](llvm::StringRef name) {
    ElementsAttr tensor = node.tensorAttr(name);
    bool isReal = tensor && llvm::isa<FloatType>(tensor.getElementType());
    return isReal ? readFloats(tensor) : llvm::SmallVector<double>();
  };
  node.ignoreAttr("nodes_hitrates"); // how often training came by
  Shape features = integers("nodes_featureids"), trueIds = integers("nodes_truenodeids"),
        falseIds = integers("nodes_falsenodeids"), trueLeafs = integers("nodes_trueleafs"),
        falseLeafs = integers("nodes_falseleafs"), roots = integers("tree_roots"),
        missing = integers("nodes_missing_value_tracks_true"), leafTargets = integers("leaf_targetids");
  llvm::SmallVector<double> splits = reals("nodes_splits"), leafWeights = reals("leaf_weights");
  ElementsAttr modeTensor = node.tensorAttr("nodes_modes");
  int64_t targets = node.integerAttr("n_targets", 1);
  llvm::SmallVector<int64_t> modes;
  if (modeTensor && llvm::isa<IntegerType>(modeTensor.getElementType()))
    modes = readIntegers(modeTensor);
  TreeGraph graph;
  size_t count = features.size();
  bool valid = trueIds.size() == count && falseIds.size() == count && trueLeafs.size() == count &&
               falseLeafs.size() == count && splits.size() == count && modes.size() == count &&
               leafTargets.size() == leafWeights.size() && (missing.empty() || missing.size() == count);
  for (size_t i = 0; valid && i < count; ++i) {
    int64_t mode = modes[i] & 0xff;
    valid = mode <= static_cast<int64_t>(BranchMode::member);
    graph.branches.push_back(
        {features[i], static_cast<BranchMode>(mode), splits[i], {}, !missing.empty() && missing[i] != 0});
    graph.sides.push_back({{trueIds[i], trueLeafs[i] != 0}, {falseIds[i], falseLeafs[i] != 0}});
  }
  valid = valid && readMembers(node, graph);
  for (auto [target, weight] : llvm::zip(leafTargets, leafWeights))
    graph.leaves.push_back({{target, weight}});
  for (int64_t root : roots) {
    valid &= root >= 0 && root < static_cast<int64_t>(count);
    if (!valid)
      break;
    // A tree that is one leaf has both sides of its root lead there.
    auto [ifTrue, ifFalse] = graph.sides[root];
    bool isLeaf = ifTrue.isLeaf && ifFalse.isLeaf && ifTrue.index == ifFalse.index;
    graph.roots.push_back(isLeaf ? ifTrue : Child{root, false});
  }
  if (!valid) {
    (void)node.refuse("the attributes that describe the trees do not fit one another");
    return std::nullopt;
  }
  return plantForest(node, graph, targets);
}

/// The mode that a name stands for; none for leaves and, with `valid` cleared, for others.
static std::optional<BranchMode> modeOf(llvm::StringRef name, bool &valid) {
  if (name == "LEAF")
    return std::nullopt;
  auto mode = llvm::StringSwitch<std::optional<BranchMode>>(name)
                  .Case("BRANCH_LEQ", BranchMode::lessOrEqual)
                  .Case("BRANCH_LT", BranchMode::less)
                  .Case("BRANCH_GTE", BranchMode::greaterOrEqual)
                  .Case("BRANCH_GT", BranchMode::greater)
                  .Case("BRANCH_EQ", BranchMode::equal)
                  .Case("BRANCH_NEQ", BranchMode::notEqual)
                  .Default(std::nullopt);
  valid &= mode.has_value();
  return mode;
}

std::optional<Forest> readNamedForest(Node &node, llvm::StringRef what, int64_t targets) {
  auto integers = [&](llvm::StringRef name) { return node.integersAttr(name).value_or(Shape()); };
  auto ofWhat = [&](llvm::StringRef rest) { return (what + rest).str(); };
  node.ignoreAttr("nodes_hitrates");
  node.ignoreAttr("nodes_hitrates_as_tensor");
  Shape trees = integers("nodes_treeids"), ids = integers("nodes_nodeids"),
        features = integers("nodes_featureids"), trueIds = integers("nodes_truenodeids"),
        falseIds = integers("nodes_falsenodeids"), missing = integers("nodes_missing_value_tracks_true"),
        leafTrees = integers(ofWhat("_treeids")), leafNodes = integers(ofWhat("_nodeids")),
        leafTargets = integers(ofWhat("_ids"));
  llvm::SmallVector<double> splits = readReals(node, "nodes_values"),
                            weights = readReals(node, ofWhat("_weights"));
  auto modes = node.stringsAttr("nodes_modes").value_or(llvm::SmallVector<llvm::StringRef>());
  size_t count = trees.size();
  bool valid = ids.size() == count && features.size() == count && trueIds.size() == count &&
               falseIds.size() == count && splits.size() == count && modes.size() == count &&
               (missing.empty() || missing.size() == count) && leafNodes.size() == leafTrees.size() &&
               leafTargets.size() == leafTrees.size() && weights.size() == leafTrees.size();
  TreeGraph graph;
  using Name = std::pair<int64_t, int64_t>;
  std::map<Name, Child> places;
  llvm::SmallVector<size_t> branchOf;
  std::set<int64_t> seen;
  for (size_t i = 0; valid && i < count; ++i) {
    std::optional<BranchMode> mode = modeOf(modes[i], valid);
    Child place = {static_cast<int64_t>(mode ? graph.branches.size() : graph.leaves.size()), !mode};
    places.try_emplace({trees[i], ids[i]}, place);
    if (seen.insert(trees[i]).second)
      graph.roots.push_back(place);
    if (mode) {
      branchOf.push_back(i);
      graph.branches.push_back({features[i], *mode, splits[i], {}, !missing.empty() && missing[i] != 0});
    } else {
      graph.leaves.emplace_back();
    }
  }
  auto find = [&](int64_t tree, int64_t id) {
    auto place = places.find(Name{tree, id});
    return place == places.end() ? Child{-1, false} : place->second;
  };
  for (size_t i : branchOf)
    graph.sides.push_back({find(trees[i], trueIds[i]), find(trees[i], falseIds[i])});
  for (size_t i = 0; valid && i < leafTrees.size(); ++i) {
    Child leaf = find(leafTrees[i], leafNodes[i]);
    valid = leaf.isLeaf;
    if (valid)
      graph.leaves[leaf.index].push_back({leafTargets[i], weights[i]});
  }
  if (!valid) {
    (void)node.refuse("the attributes that describe the trees do not fit one another");
    return std::nullopt;
  }
  return plantForest(node, graph, targets);
}

} // namespace sluice::conversion
