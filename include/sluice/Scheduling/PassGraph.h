//===- PassGraph.h - Which pass follows which, and what lives meanwhile -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The passes of a program at the tile or slice level, orders in which they may depart, and the buffers that
// are alive under such an order.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SCHEDULING_PASSGRAPH_H
#define SLUICE_SCHEDULING_PASSGRAPH_H

#include "sluice/Scheduling/Reservation.h"
#include "sluice/Target/Target.h"

#include "mlir/IR/Block.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <vector>

namespace sluice::scheduling {

/// A pass and the numbers of those whose results it takes, and that take its.
struct PassNode {
  mlir::Operation *op;
  std::vector<unsigned> needs, dependents;
  /// Cycles of the longest path from here to the end, about.
  int64_t path = 0;
};

/// The passes of a program, numbered as they stand there.
class PassGraph {
public:
  PassGraph(mlir::Block &body, const target::Target &target);

  const PassNode &operator[](unsigned pass) const { return nodes[pass]; }
  unsigned size() const { return nodes.size(); }

  /// Of the passes whose needs are met, the one with the longest path comes next; a random one if there is
  /// freedom.
  std::vector<unsigned> longestPathFirst(Freedom &freedom) const;

  /// What a result needs comes right before it, so that little lives at once.
  std::vector<unsigned> resultByResult() const;

private:
  std::vector<PassNode> nodes;
};

/// Whether a buffer's words are its own to the end of the program: constants and outputs.
bool livesToTheEnd(mlir::Value buffer);

/// An order of passes in which the buffers alive at once fit a card, if any such is found.
struct MemoryPlan {
  /// Places of the order between which a buffer may be alive, both included.
  struct Life {
    unsigned first, last;
  };

  std::vector<unsigned> order;
  /// Of each store, the most that is alive at once in this order.
  std::vector<int64_t> most;
  /// How many passes of the order, from its start on, must be over before the pass in each place departs.
  std::vector<unsigned> waits;
  /// Of the buffers that passes use, in the order of their first use; inputs and constants live from the
  /// start, constants and outputs to the end.
  llvm::MapVector<mlir::Value, Life> lives;
};

/// So much of a store: of a bank, or of a card's memory as a whole.
struct Share {
  unsigned store;
  int64_t amount;
};

/// Plans for stores of so many words (or bytes) each; `sharesOf` says what a buffer takes of them. Passes run
/// ahead of those before them as far as three quarters of every store allow, or, where the order itself needs
/// more than half of one, half of what is left of it: so if `headroom` is 2 quarters. With a quarter it is
/// half of the store, or a quarter of what is left, with none a quarter of the store or just what the order
/// needs.
MemoryPlan planForMemory(const PassGraph &graph, llvm::ArrayRef<int64_t> stores,
                         llvm::function_ref<llvm::SmallVector<Share>(mlir::Value)> sharesOf,
                         int64_t headroom = 2);

/// The same for one store of `memory` bytes; `bytesOf` says what a buffer takes of it, all copies together.
MemoryPlan planForMemory(const PassGraph &graph, int64_t memory,
                         llvm::function_ref<int64_t(mlir::Value)> bytesOf, int64_t headroom = 2);

} // namespace sluice::scheduling

#endif // SLUICE_SCHEDULING_PASSGRAPH_H
