//===- CallCounter.cpp - What calls of functions expand to ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CallCounter.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

namespace sluice::import {

/// "function 'local.A' calls itself by way of 'local.B'" for a path that leads back to its first function.
static std::string describeCycle(llvm::ArrayRef<const Function *> cycle) {
  std::string text = "function '" + cycle.front()->name() + "' calls itself";
  if (cycle.size() == 1)
    return text;
  return text + " by way of " +
         llvm::join(llvm::map_range(cycle.drop_front(),
                                    [](const Function *function) { return "'" + function->name() + "'"; }),
                    ", ");
}

uint64_t CallCounter::countCall(const Function &function) {
  if (auto known = counts.find(&function); known != counts.end())
    return known->second;
  if (auto *again = llvm::find(path, &function); again != path.end()) {
    std::string text = describeCycle(llvm::ArrayRef(again, path.end()));
    if (!llvm::is_contained(found, text))
      found.push_back(std::move(text));
    return 0;
  }
  if (path.size() >= kMaxDepth) {
    if (!isTooDeep)
      found.push_back("functions call each other deeper than " + std::to_string(kMaxDepth) +
                      " levels, at function '" + function.name() + "'");
    isTooDeep = true;
    return 0;
  }
  path.push_back(&function);
  const uint64_t result = count(function.proto->node());
  path.pop_back();
  counts[&function] = result;
  return result;
}

uint64_t CallCounter::count(const Nodes &nodes) {
  uint64_t result = 0;
  for (const pb::NodeProto &node : nodes) {
    uint64_t own = 1;
    if (const Function *function = functions.find(node))
      own = llvm::SaturatingAdd<uint64_t>(own, countCall(*function));
    for (const pb::AttributeProto &attribute : node.attribute())
      if (attribute.has_g())
        own = llvm::SaturatingAdd<uint64_t>(own, count(attribute.g().node()));
    result = llvm::SaturatingAdd<uint64_t>(result, own);
  }
  return result;
}

llvm::SmallVector<std::string> CallCounter::faults(const pb::GraphProto &graph) {
  const uint64_t nodes = count(graph.node());
  if (!found.empty() || nodes <= kMaxNodes)
    return found;
  const bool isBeyond = nodes == std::numeric_limits<uint64_t>::max();
  return {"with its calls of functions expanded the model has " +
          (isBeyond ? "more than 2^64" : std::to_string(nodes)) + " nodes; at most " +
          std::to_string(kMaxNodes) + " are imported"};
}

} // namespace sluice::import
