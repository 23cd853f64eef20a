//===- PassGraph.cpp - Which pass follows which, and what lives meanwhile -===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/PassGraph.h"

#include "dialects/slice/SliceDialect.h"
#include "dialects/tile/TileDialect.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <queue>

using namespace sluice;
using namespace sluice::scheduling;

/// A pass's own share of a path: its burst and the way there and back.
static int64_t lengthOf(tile::PassOpInterface pass, const target::Target &target) {
  const int64_t count = pass.getCount(), transit = 2 * int64_t(target.mxmStop);
  switch (pass.getUnit()) {
  case tile::PassUnit::Planes:
    return pass.getBursts() * std::max<int64_t>(count, target.columnGroups()) + target.multiplyLatency +
           transit;
  case tile::PassUnit::Links:
    return count * target.linkInterval + target.linkLatency + transit;
  case tile::PassUnit::Vxm:
  case tile::PassUnit::Permutor:
  case tile::PassUnit::Memory:
    return count + transit;
  }
  llvm_unreachable("no such unit");
}

PassGraph::PassGraph(mlir::Block &body, const target::Target &target) {
  llvm::DenseMap<mlir::Value, llvm::SmallVector<unsigned>> writers;
  for (mlir::Operation &op : body) {
    auto pass = llvm::dyn_cast<tile::PassOpInterface>(op);
    if (!pass)
      continue;
    unsigned index = nodes.size();
    PassNode &node = nodes.emplace_back(PassNode{&op, {}, {}});
    mlir::ValueRange outputs = pass.getWritten();
    for (mlir::Value operand : op.getOperands())
      if (auto found = writers.find(operand); found != writers.end() && !llvm::is_contained(outputs, operand))
        node.needs.insert(node.needs.end(), found->second.begin(), found->second.end());
    llvm::sort(node.needs);
    node.needs.erase(std::unique(node.needs.begin(), node.needs.end()), node.needs.end());
    for (unsigned need : node.needs)
      nodes[need].dependents.push_back(index);
    for (mlir::Value output : outputs)
      if (llvm::SmallVector<unsigned> &of = writers[output]; of.empty() || of.back() != index)
        of.push_back(index);
  }
  for (PassNode &node : llvm::reverse(nodes)) {
    for (unsigned dependent : node.dependents)
      node.path = std::max(node.path, nodes[dependent].path);
    node.path += lengthOf(llvm::cast<tile::PassOpInterface>(node.op), target);
  }
}

std::vector<unsigned> PassGraph::longestPathFirst(Freedom &freedom) const {
  std::vector<int64_t> priority;
  std::vector<size_t> missing;
  for (const PassNode &node : nodes) {
    priority.push_back(freedom.isRandom() ? int64_t(freedom.draw(nodes.size())) : node.path);
    missing.push_back(node.needs.size());
  }
  auto later = [&](unsigned a, unsigned b) { return std::pair(priority[a], b) < std::pair(priority[b], a); };
  std::priority_queue<unsigned, std::vector<unsigned>, decltype(later)> ready(later);
  for (unsigned pass = 0; pass < size(); ++pass)
    if (missing[pass] == 0)
      ready.push(pass);
  std::vector<unsigned> order;
  while (!ready.empty()) {
    order.push_back(ready.top());
    ready.pop();
    for (unsigned dependent : nodes[order.back()].dependents)
      if (--missing[dependent] == 0)
        ready.push(dependent);
  }
  return order;
}

std::vector<unsigned> PassGraph::resultByResult() const {
  std::vector<unsigned> order;
  std::vector<bool> isVisited(size(), false);
  for (unsigned result = 0; result < size(); ++result) {
    if (!nodes[result].dependents.empty())
      continue;
    // Passes on the way from the result, and which of their needs comes next.
    std::vector<std::pair<unsigned, size_t>> way = {{result, 0}};
    isVisited[result] = true;
    while (!way.empty()) {
      auto &[pass, next] = way.back();
      if (next == nodes[pass].needs.size()) {
        order.push_back(pass);
        way.pop_back();
      } else if (unsigned need = nodes[pass].needs[next++]; !isVisited[need]) {
        isVisited[need] = true;
        way.push_back({need, 0});
      }
    }
  }
  return order;
}

/// Whether the host writes the buffer before the program starts.
static bool isInitial(mlir::Value buffer) {
  auto made = buffer.getDefiningOp<tile::BufferOpInterface>();
  return made && made.isInitial();
}

bool scheduling::livesToTheEnd(mlir::Value buffer) {
  return llvm::isa<tile::ConstantOp, slice::ConstantOp>(buffer.getDefiningOp()) ||
         llvm::any_of(buffer.getUsers(), llvm::IsaPred<tile::OutputOp, slice::OutputOp>);
}

namespace {
/// What is alive of each store, and whether that is within bounds.
class AliveShares {
public:
  explicit AliveShares(size_t stores) : alive(stores, 0) {}

  void setBudgets(std::vector<int64_t> of) { budgets = std::move(of); }
  void add(llvm::ArrayRef<Share> shares) {
    for (const Share &share : shares) {
      const bool wasFull = isFull(share.store);
      alive[share.store] += share.amount;
      full += isFull(share.store) - wasFull;
    }
  }
  void remove(llvm::ArrayRef<Share> shares) {
    for (const Share &share : shares) {
      const bool wasFull = isFull(share.store);
      alive[share.store] -= share.amount;
      full += isFull(share.store) - wasFull;
    }
  }
  bool isAnyFull() const { return full > 0; }
  int64_t operator[](unsigned store) const { return alive[store]; }

private:
  bool isFull(unsigned store) const { return !budgets.empty() && alive[store] > budgets[store]; }

  std::vector<int64_t> alive, budgets;
  int64_t full = 0;
};
} // namespace

MemoryPlan scheduling::planForMemory(const PassGraph &graph, llvm::ArrayRef<int64_t> stores,
                                     llvm::function_ref<llvm::SmallVector<Share>(mlir::Value)> sharesOf,
                                     int64_t headroom) {
  MemoryPlan plan;
  plan.most.assign(stores.size(), 0);
  plan.order = graph.resultByResult();
  if (plan.order.empty())
    return plan;
  const unsigned end = plan.order.size() - 1;
  for (auto [place, pass] : llvm::enumerate(plan.order))
    for (mlir::Value buffer : graph[pass].op->getOperands()) {
      auto [entry, isNew] =
          plan.lives.try_emplace(buffer, MemoryPlan::Life{unsigned(place), unsigned(place)});
      MemoryPlan::Life &life = entry->second;
      life.last = std::max(life.last, unsigned(place));
      // Asked once a buffer: it goes through all users.
      if (isNew && isInitial(buffer))
        life.first = 0;
      if (isNew && livesToTheEnd(buffer))
        life.last = end;
    }
  // What becomes alive with the pass in a place, and what is over after it.
  std::vector<llvm::SmallVector<Share>> allocated(plan.order.size()), freed(plan.order.size());
  for (auto [buffer, life] : plan.lives) {
    const llvm::SmallVector<Share> shares = sharesOf(buffer);
    llvm::append_range(allocated[life.first], shares);
    llvm::append_range(freed[life.last], shares);
  }
  AliveShares alive(stores.size());
  for (auto [more, less] : llvm::zip_equal(allocated, freed)) {
    alive.add(more);
    for (const Share &share : more)
      plan.most[share.store] = std::max(plan.most[share.store], alive[share.store]);
    alive.remove(less);
  }
  std::vector<int64_t> budgets;
  for (auto [memory, most] : llvm::zip_equal(stores, plan.most))
    budgets.push_back(std::max(memory * (headroom + 1) / 4, most + (memory - most) * headroom / 4));

  alive = AliveShares(stores.size());
  alive.setBudgets(std::move(budgets));
  unsigned wait = 0;
  for (unsigned place = 0; place <= end; ++place) {
    alive.add(allocated[place]);
    while (wait < place && alive.isAnyFull())
      alive.remove(freed[wait++]);
    plan.waits.push_back(wait);
  }
  // A pass may run with all those that it does not wait for.
  for (auto &[buffer, life] : plan.lives)
    life.first = plan.waits[life.first];
  return plan;
}

MemoryPlan scheduling::planForMemory(const PassGraph &graph, int64_t memory,
                                     llvm::function_ref<int64_t(mlir::Value)> bytesOf, int64_t headroom) {
  auto sharesOf = [&](mlir::Value buffer) { return llvm::SmallVector<Share>{{0, bytesOf(buffer)}}; };
  return planForMemory(graph, memory, sharesOf, headroom);
}
