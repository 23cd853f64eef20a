//===- CallCounter.h - What calls of functions expand to --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_CALLCOUNTER_H
#define SLUICE_LIB_IMPORT_CALLCOUNTER_H

#include "Functions.h"
#include "Proto.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::import {

/// Calls and graphs within each other that are imported.
inline constexpr unsigned kMaxDepth = 64;
/// Nodes that are imported, each as often as its function is called.
inline constexpr uint64_t kMaxNodes = uint64_t{1} << 20;

/// Reckons what the calls in a graph expand to without expanding them, each function once: functions that
/// call each other twice at every level would be nodes without end.
class CallCounter {
public:
  explicit CallCounter(const Functions &functions) : functions(functions) {}

  /// Why the calls in the graph are not expanded: functions that call themselves, by name, calls within each
  /// other beyond kMaxDepth, or more than kMaxNodes nodes. Empty if they are.
  llvm::SmallVector<std::string> faults(const pb::GraphProto &graph);

private:
  using Nodes = google::protobuf::RepeatedPtrField<pb::NodeProto>;

  uint64_t count(const Nodes &nodes);
  uint64_t countCall(const Function &function);

  const Functions &functions;
  /// Of the functions that were reckoned.
  llvm::DenseMap<const Function *, uint64_t> counts;
  /// The calls that lead to the one at hand.
  llvm::SmallVector<const Function *> path;
  llvm::SmallVector<std::string> found;
  bool isTooDeep = false;
};

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_CALLCOUNTER_H
