//===- TopologicalOrder.h - Nodes in the order of their values --*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_TOPOLOGICALORDER_H
#define SLUICE_LIB_IMPORT_TOPOLOGICALORDER_H

#include "Proto.h"

#include "llvm/ADT/SmallVector.h"

namespace sluice::import {

struct NodeOrder {
  /// Each node after those that compute its inputs; the file's order where it is such an order.
  llvm::SmallVector<const pb::NodeProto *> nodes;
  /// The nodes of one cycle, each reading a result of the next; empty if there is none. Nodes that depend
  /// on a cycle are not in `nodes`.
  llvm::SmallVector<const pb::NodeProto *> cycle;
  /// What `nodes` lacks.
  llvm::SmallVector<const pb::NodeProto *> unordered;
};

NodeOrder topologicalOrder(const google::protobuf::RepeatedPtrField<pb::NodeProto> &nodes);

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_TOPOLOGICALORDER_H
