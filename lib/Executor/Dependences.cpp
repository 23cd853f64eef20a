//===- Dependences.cpp - In which order segments may run ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Dependences.h"

#include <algorithm>
#include <map>
#include <queue>

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;

namespace {

/// Finds what depends on what among some nodes.
class Graph {
public:
  Graph(const Segments &segments, const std::vector<Node> &nodes, const target::Target &target);

  /// An order in which each node comes behind its predecessors; nodes in cycles, and those behind them, are
  /// left out.
  std::vector<uint32_t> order() const;
  const std::vector<uint32_t> &successors(uint32_t node) const { return edges[node]; }

private:
  const Burst &burstOf(uint32_t node) const { return segments.burstOf(nodes[node].segment); }
  uint64_t firstCycle(uint32_t node) const { return burstOf(node).dispatchOf(nodes[node].first); }
  uint64_t lastCycle(uint32_t node) const {
    return burstOf(node).dispatchOf(nodes[node].first + nodes[node].count - 1);
  }
  void add(uint32_t from, uint32_t to) { edges[from].push_back(to); }
  void orderInTime(uint32_t a, uint32_t b);

  void addFlow();
  void addFlowFrom(const Taken &taken, uint32_t count, uint32_t consumer);
  void addMemory();
  void orderAccesses(uint32_t a, uint32_t b);
  void orderWords(uint32_t a, uint32_t b);
  void addPlanes(const target::Target &target);
  void orderPlane(const std::vector<uint32_t> &installs, const std::vector<uint32_t> &multiplies);

  const Segments &segments;
  const std::vector<Node> &nodes; ///< by segment, then element
  std::vector<std::vector<uint32_t>> edges;
};

} // namespace

Graph::Graph(const Segments &segments, const std::vector<Node> &nodes, const target::Target &target)
    : segments(segments), nodes(nodes), edges(nodes.size()) {
  addFlow();
  addMemory();
  addPlanes(target);
  for (std::vector<uint32_t> &of : edges) {
    std::sort(of.begin(), of.end());
    of.erase(std::unique(of.begin(), of.end()), of.end());
  }
}

std::vector<uint32_t> Graph::order() const {
  std::vector<uint32_t> predecessors(nodes.size());
  for (const std::vector<uint32_t> &of : edges)
    for (uint32_t successor : of)
      ++predecessors[successor];
  using Entry = std::pair<uint64_t, uint32_t>; ///< cycle, node
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  for (uint32_t node = 0; node != nodes.size(); ++node)
    if (predecessors[node] == 0)
      ready.emplace(firstCycle(node), node);
  std::vector<uint32_t> ordered;
  while (!ready.empty()) {
    const uint32_t node = ready.top().second;
    ready.pop();
    ordered.push_back(node);
    for (uint32_t successor : edges[node])
      if (--predecessors[successor] == 0)
        ready.emplace(firstCycle(successor), successor);
  }
  return ordered;
}

/// Of two nodes that share something, the earlier comes first; where they run at the same time, each does.
void Graph::orderInTime(uint32_t a, uint32_t b) {
  if (firstCycle(a) <= lastCycle(b))
    add(a, b);
  if (firstCycle(b) <= lastCycle(a))
    add(b, a);
}

//===----------------------------------------------------------------------===//
// Vectors and chains
//===----------------------------------------------------------------------===//

void Graph::addFlow() {
  for (uint32_t node = 0; node != nodes.size(); ++node) {
    const Node &of = nodes[node];
    const uint32_t burst = segments[of.segment].burst;
    for (const Block &block : segments.blocksOf(burst, of.first, of.count))
      for (const Taken &taken : block.taken)
        addFlowFrom(taken, block.count, node);
    // A held lane map is that of the burst's first element.
    if (node != 0 && segments[nodes[node - 1].segment].burst == burst)
      add(node - 1, node);
  }
}

void Graph::addFlowFrom(const Taken &taken, uint32_t count, uint32_t consumer) {
  if (taken.segment == Taken::nothing || segments[taken.segment].inPlace)
    return;
  const int64_t first = taken.element, last = first + int64_t(count - 1) * taken.step;
  const auto [low, high] = std::minmax(first, last);
  auto producer = std::partition_point(nodes.begin(), nodes.end(), [&, low = low](const Node &node) {
    return std::pair(node.segment, int64_t(node.first) + node.count) <= std::pair(taken.segment, low);
  });
  for (; producer != nodes.end() && producer->segment == taken.segment && producer->first <= high; ++producer)
    add(uint32_t(producer - nodes.begin()), consumer);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

void Graph::addMemory() {
  std::map<std::tuple<uint32_t, target::Hemisphere, uint16_t>, std::vector<uint32_t>> bySlice;
  for (uint32_t node = 0; node != nodes.size(); ++node) {
    const Burst &burst = burstOf(node);
    if (burst.queue->unit == Unit::MemRead || burst.queue->unit == Unit::MemWrite)
      bySlice[{burst.card, burst.queue->hemisphere, burst.queue->index}].push_back(node);
  }
  for (const auto &[slice, accesses] : bySlice)
    for (size_t b = 1; b < accesses.size(); ++b)
      for (size_t a = 0; a != b; ++a)
        if (burstOf(accesses[a]).queue->unit == Unit::MemWrite ||
            burstOf(accesses[b]).queue->unit == Unit::MemWrite)
          orderAccesses(accesses[a], accesses[b]);
}

static bool isIndirect(Opcode opcode) { return opcode == Opcode::Gather || opcode == Opcode::Scatter; }

void Graph::orderAccesses(uint32_t a, uint32_t b) {
  auto wordsOf = [&](uint32_t node) {
    const Burst &burst = burstOf(node);
    if (isIndirect(burst.what->opcode))
      return std::pair(int64_t(burst.what->address), int64_t(burst.what->address) + burst.reach - 1);
    const int64_t first = burst.what->address + int64_t(nodes[node].first) * burst.what->step;
    const int64_t last = first + int64_t(nodes[node].count - 1) * burst.what->step;
    return std::pair(std::min(first, last), std::max(first, last));
  };
  const auto [firstOfA, lastOfA] = wordsOf(a);
  const auto [firstOfB, lastOfB] = wordsOf(b);
  if (firstOfA > lastOfB || firstOfB > lastOfA)
    return;
  if (isIndirect(burstOf(a).what->opcode) || isIndirect(burstOf(b).what->opcode))
    orderInTime(a, b);
  else if (nodes[a].count <= nodes[b].count)
    orderWords(a, b);
  else
    orderWords(b, a);
}

/// Orders two direct accesses by the words that both have.
void Graph::orderWords(uint32_t a, uint32_t b) {
  const Instruction &of = *burstOf(a).what, &other = *burstOf(b).what;
  bool isBefore = false, isBehind = false;
  for (uint32_t element = nodes[a].first; element != nodes[a].first + nodes[a].count; ++element) {
    const int64_t distance = of.address + int64_t(element) * of.step - other.address;
    const uint64_t cycle = burstOf(a).dispatchOf(element);
    if (other.step == 0) {
      isBefore |= distance == 0 && cycle <= lastCycle(b);
      isBehind |= distance == 0 && firstCycle(b) <= cycle;
      continue;
    }
    const int64_t met = distance / other.step;
    if (distance % other.step != 0 || met < nodes[b].first || met >= int64_t(nodes[b].first) + nodes[b].count)
      continue;
    (cycle <= burstOf(b).dispatchOf(uint32_t(met)) ? isBefore : isBehind) = true;
  }
  if (isBefore)
    add(a, b);
  if (isBehind)
    add(b, a);
}

//===----------------------------------------------------------------------===//
// Planes
//===----------------------------------------------------------------------===//

void Graph::addPlanes(const target::Target &target) {
  struct Uses {
    std::vector<uint32_t> installs, multiplies;
  };
  std::map<std::pair<uint32_t, unsigned>, Uses> byPlane; ///< by card, then plane
  for (uint32_t node = 0; node != nodes.size(); ++node) {
    const Burst &burst = burstOf(node);
    const unsigned plane =
        unsigned(burst.queue->hemisphere) * target.planesPerHemisphere + burst.queue->index;
    if (burst.queue->unit == Unit::Installer)
      byPlane[{burst.card, plane}].installs.push_back(node);
    if (burst.queue->unit == Unit::Multiplier)
      byPlane[{burst.card, plane}].multiplies.push_back(node);
    if (burst.what->opcode == Opcode::MultiplyF16)
      byPlane[{burst.card, plane + 1}].multiplies.push_back(node);
  }
  for (const auto &[plane, uses] : byPlane)
    orderPlane(uses.installs, uses.multiplies);
}

/// Multiplies come in their order, as they share weights and accumulators. One that swaps comes behind the
/// Installs of earlier cycles and before the others.
void Graph::orderPlane(const std::vector<uint32_t> &installs, const std::vector<uint32_t> &multiplies) {
  std::vector<uint32_t> sorted = multiplies;
  std::sort(sorted.begin(), sorted.end(), [&](uint32_t a, uint32_t b) {
    return std::pair(firstCycle(a), a) < std::pair(firstCycle(b), b);
  });
  for (size_t index = 1; index < sorted.size(); ++index) {
    add(sorted[index - 1], sorted[index]);
    if (firstCycle(sorted[index]) <= lastCycle(sorted[index - 1]))
      add(sorted[index], sorted[index - 1]);
  }
  for (uint32_t multiply : multiplies) {
    if (!burstOf(multiply).what->swap || nodes[multiply].first != 0)
      continue;
    const uint64_t swap = firstCycle(multiply);
    for (uint32_t install : installs) {
      if (firstCycle(install) < swap)
        add(install, multiply);
      if (lastCycle(install) >= swap)
        add(multiply, install);
    }
  }
}

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

namespace {

class Ordering {
public:
  Ordering(const Segments &segments, const target::Target &target) : segments(segments), target(target) {}

  /// Appends the phases of `nodes`, which are sorted.
  void run(const std::vector<Node> &nodes);

  std::vector<Phase> phases;

private:
  void runHalves(const std::vector<Node> &nodes);

  const Segments &segments;
  const target::Target &target;
};

} // namespace

void Ordering::run(const std::vector<Node> &nodes) {
  const Graph graph(segments, nodes, target);
  const std::vector<uint32_t> order = graph.order();
  constexpr uint32_t none = UINT32_MAX;
  std::vector<uint32_t> places(nodes.size(), none);
  for (uint32_t place = 0; place != order.size(); ++place)
    places[order[place]] = place;
  if (!order.empty()) {
    Phase &phase = phases.emplace_back();
    for (uint32_t node : order) {
      phase.nodes.push_back(nodes[node]);
      std::vector<uint32_t> &successors = phase.successors.emplace_back();
      for (uint32_t successor : graph.successors(node))
        if (places[successor] != none)
          successors.push_back(places[successor]);
    }
  }
  std::vector<Node> rest;
  for (uint32_t node = 0; node != nodes.size(); ++node)
    if (places[node] == none)
      rest.push_back(nodes[node]);
  if (!rest.empty())
    runHalves(rest);
}

/// What is early of all nodes, then the rest of them.
void Ordering::runHalves(const std::vector<Node> &nodes) {
  uint64_t first = UINT64_MAX, last = 0;
  for (const Node &node : nodes) {
    const Burst &burst = segments.burstOf(node.segment);
    first = std::min(first, burst.dispatchOf(node.first));
    last = std::max(last, burst.dispatchOf(node.first + node.count - 1));
  }
  // In a single cycle Installs come last.
  const uint64_t middle = first + (last - first) / 2;
  std::vector<Node> halves[2];
  for (const Node &node : nodes) {
    const Burst &burst = segments.burstOf(node.segment);
    const uint64_t cycle = burst.dispatchOf(node.first);
    if (first == last) {
      halves[burst.queue->unit == Unit::Installer].push_back(node);
      continue;
    }
    const uint64_t early = cycle > middle ? 0 : (middle - cycle) / burst.what->interval + 1;
    const auto count = uint32_t(std::min<uint64_t>(early, node.count));
    if (count != 0)
      halves[0].push_back({node.segment, node.first, count});
    if (count != node.count)
      halves[1].push_back({node.segment, node.first + count, node.count - count});
  }
  for (const std::vector<Node> &half : halves)
    if (!half.empty())
      run(half);
}

std::vector<Phase> executor::orderWindow(const Segments &segments, size_t window,
                                         const target::Target &target) {
  std::vector<Node> nodes;
  for (uint32_t segment : segments.inWindow(window))
    if (!segments[segment].inPlace)
      nodes.push_back({segment, segments[segment].first, segments[segment].count});
  Ordering ordering(segments, target);
  ordering.run(nodes);
  return std::move(ordering.phases);
}
