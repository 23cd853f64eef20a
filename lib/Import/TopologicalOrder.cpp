//===- TopologicalOrder.cpp - Nodes in the order of their values ----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TopologicalOrder.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <set>
#include <vector>

namespace sluice::import {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<pb::NodeProto>;

void addReadNames(const pb::NodeProto &node, llvm::StringSet<> &names);

/// Adds the names that a graph reads from around it.
void addCapturedNames(const pb::GraphProto &graph, llvm::StringSet<> &names) {
  llvm::StringSet<> defined, read;
  for (const pb::ValueInfoProto &input : graph.input())
    defined.insert(input.name());
  for (const pb::TensorProto &tensor : graph.initializer())
    defined.insert(tensor.name());
  for (const pb::NodeProto &node : graph.node()) {
    addReadNames(node, read);
    for (const std::string &output : node.output())
      defined.insert(output);
  }
  for (const pb::ValueInfoProto &output : graph.output())
    read.insert(output.name());
  for (llvm::StringRef name : read.keys())
    if (!defined.contains(name))
      names.insert(name);
}

/// Adds the names that a node reads, those that its graphs capture included.
void addReadNames(const pb::NodeProto &node, llvm::StringSet<> &names) {
  for (const std::string &input : node.input())
    names.insert(input);
  for (const pb::AttributeProto &attribute : node.attribute())
    if (attribute.has_g())
      addCapturedNames(attribute.g(), names);
}

/// Which node computes which value of the graph, by index.
class Dependences {
public:
  explicit Dependences(const Nodes &nodes);

  /// For each node, the nodes that read its results.
  std::vector<std::vector<int>> readers;
  /// For each node, the nodes that compute its inputs.
  std::vector<std::vector<int>> producers;
};

Dependences::Dependences(const Nodes &nodes) : readers(nodes.size()), producers(nodes.size()) {
  llvm::StringMap<int> producerOf;
  for (auto [index, node] : llvm::enumerate(nodes))
    for (const std::string &output : node.output())
      producerOf.try_emplace(output, static_cast<int>(index));
  for (auto [index, node] : llvm::enumerate(nodes)) {
    llvm::StringSet<> names;
    addReadNames(node, names);
    std::set<int> found;
    for (llvm::StringRef name : names.keys())
      if (auto producer = producerOf.find(name); !name.empty() && producer != producerOf.end())
        found.insert(producer->second);
    for (int producer : found) {
      readers[producer].push_back(static_cast<int>(index));
      producers[index].push_back(producer);
    }
  }
}

/// Walks from the first unordered node to an unordered producer until a node repeats: every unordered
/// node has such a producer.
llvm::SmallVector<int> findCycle(const std::vector<int> &missing, const Dependences &dependences) {
  llvm::SmallVector<int> path;
  int node =
      std::find_if(missing.begin(), missing.end(), [](int count) { return count > 0; }) - missing.begin();
  std::vector<bool> visited(missing.size());
  while (!visited[node]) {
    visited[node] = true;
    path.push_back(node);
    node = *llvm::find_if(dependences.producers[node], [&](int producer) { return missing[producer] > 0; });
  }
  path.erase(path.begin(), llvm::find(path, node));
  return path;
}

} // namespace

NodeOrder topologicalOrder(const Nodes &nodes) {
  Dependences dependences(nodes);
  std::vector<int> missing;
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int index = 0; index < nodes.size(); ++index) {
    missing.push_back(static_cast<int>(dependences.producers[index].size()));
    if (missing.back() == 0)
      ready.push(index);
  }
  NodeOrder order;
  while (!ready.empty()) {
    const int index = ready.top();
    ready.pop();
    order.nodes.push_back(&nodes[index]);
    for (int reader : dependences.readers[index])
      if (--missing[reader] == 0)
        ready.push(reader);
  }
  if (order.nodes.size() == static_cast<size_t>(nodes.size()))
    return order;
  for (int index : findCycle(missing, dependences))
    order.cycle.push_back(&nodes[index]);
  for (int index = 0; index < nodes.size(); ++index)
    if (missing[index] > 0)
      order.unordered.push_back(&nodes[index]);
  return order;
}

} // namespace sluice::import
