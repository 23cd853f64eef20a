//===- Plan.h - Where each value of a program is cut ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_PARTITION_PLAN_H
#define SLUICE_LIB_CONVERSION_PARTITION_PLAN_H

#include "Cost.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

#include <vector>

namespace sluice::partition {

/// Whether `op` is made wherever a part of it is needed: an elementwise function of arguments alone, of which
/// the host can give every card any part.
bool isMadeAnew(mlir::Operation *op);

/// The needs, behind layout operations and what is made anew, of `band` of `value`; false where it can't be
/// made.
bool findNeeds(mlir::Value value, const Band &band, std::vector<Need> &needs);

/// Where cutting begins.
enum class Cuts {
  Rows,    ///< rows, lines and tokens: what weights are applied to; all weights are on every card
  Columns, ///< the columns of constant weights
};

/// Of which results each card makes a band, and which.
class Plan {
public:
  /// The plan with the fewest estimated cycles of those that begin with `cuts`.
  Plan(mlir::func::FuncOp function, const target::Target &target, int64_t cards, Cuts cuts);

  /// Whether anything is cut.
  bool isCut() const;
  /// Estimated, of the program.
  int64_t cycles() const;
  /// Whether a card holds the constants, and what is computed beside them.
  bool fits() const;
  Band bandOf(mlir::Operation *op) const { return nodes[numberOf.at(op)].chosen(); }
  Band bandOfOutput(unsigned output) const { return nodes[firstOutput + output].chosen(); }

private:
  struct Candidate {
    Band band;
    std::vector<Need> needs;
    int64_t cycles = 0; ///< of the operation
    int64_t sum = 0;    ///< with its share of all before it
  };
  /// An operation that computes, or an output of the program.
  struct Node {
    mlir::Operation *op = nullptr;
    mlir::Value output;
    std::vector<Candidate> candidates; ///< the whole first
    size_t choice = 0;
    std::vector<size_t> readers; ///< nodes that need it
    const Band &chosen() const { return candidates[choice].band; }
  };

  void addNodes(mlir::func::FuncOp function);
  void addCandidates(size_t node);
  bool addCandidate(size_t node, const Band &band);
  void sumUp();
  void choose();
  void improve();
  /// Whether something is cut that weights are applied to.
  bool cutsWeighted() const;
  /// Whether `op` may be cut along `dim`.
  bool isAllowed(mlir::Operation *op, int64_t dim) const;
  /// Cycles of `op` for `band` of its results, beyond those of what it runs behind.
  int64_t computeCycles(mlir::Operation *op, const Candidate &candidate) const;
  /// Bytes of the constants on each card.
  int64_t constantBytes() const;
  /// Number of the node that makes `value`; none for arguments and constants.
  std::optional<size_t> nodeOf(mlir::Value value) const;
  /// Cycles to meet `need` where what makes it makes `have`.
  std::optional<int64_t> conversion(const Need &need, const Band &have) const;
  /// Cycles of node `node` and of what joins it to its neighbours, with candidate `candidate`; a great number
  /// where it can't be joined.
  int64_t cyclesAround(size_t node, size_t candidate) const;

  const int64_t cards;
  const Cuts cuts;
  const Cost cost;
  std::vector<Node> nodes;
  size_t firstOutput = 0;
  llvm::DenseMap<mlir::Operation *, size_t> numberOf;
};

} // namespace sluice::partition

#endif // SLUICE_LIB_CONVERSION_PARTITION_PLAN_H
