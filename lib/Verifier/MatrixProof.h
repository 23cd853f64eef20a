//===- MatrixProof.h - Proof of the matrix planes' use ---------*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_MATRIXPROOF_H
#define SLUICE_LIB_VERIFIER_MATRIXPROOF_H

#include "Flow.h"
#include "WordHistory.h"

#include "sluice/Target/Target.h"

namespace sluice::verifier {

/// Weights, accumulators and occupation of the planes of one hemisphere.
class MatrixProof {
public:
  MatrixProof(const BurstTable &table, const target::Target &target, FlowChecker &flow)
      : table(table), target(target), flow(flow), planes(target.planesPerHemisphere) {}
  /// Takes up a burst of an Installer or a Multiplier.
  void add(uint32_t burst);
  /// How much there is to look at, as Effort counts it.
  size_t items() const;
  void prove(Findings &findings, Effort &effort);

private:
  /// A Multiply that takes the loading slot into use.
  struct Swap {
    uint64_t cycle;
    uint32_t burst;
    auto operator<=>(const Swap &) const = default;
  };
  /// Elements of an Install of which no swap takes some earlier than others.
  struct Part {
    size_t window; ///< swaps before it
    uint32_t burst;
    int64_t first, count; ///< elements
    bool operator<(const Part &other) const {
      return std::tie(window, burst, first) < std::tie(other.window, other.burst, other.first);
    }
  };
  struct Plane {
    std::vector<uint32_t> installs, multiplies; ///< a tandem's multiplies on both of its planes
    std::vector<Swap> swaps;                    ///< sorted
  };

  void provePlaneFree(unsigned plane, Findings &findings, Effort &effort) const;
  void proveLoading(unsigned plane, Findings &findings, Effort &effort);
  void loadWindow(std::span<const Part> parts, const Swap *swap, unsigned plane, Findings &findings,
                  Effort &effort);
  void loadGroups(std::span<const Part> parts, const Operand *weights, uint32_t slot, Findings &findings,
                  Effort &effort);
  void proveWeights(uint32_t burst, Findings &findings, Effort &effort) const;
  void proveAccumulators(unsigned plane, Findings &findings, Effort &effort);
  void proveRows(const Access &read, const WordHistory::Content &content, Findings &findings,
                 Effort &effort) const;
  const Swap *lastSwap(unsigned plane, uint64_t cycle, uint32_t burst) const;
  /// The first of the planes that a multiply uses, and how many.
  std::pair<unsigned, unsigned> planesOf(uint32_t burst) const;
  bool isTandem(uint32_t burst) const { return table[burst].what->opcode == binary::Opcode::MultiplyF16; }

  const BurstTable &table;
  const target::Target &target;
  FlowChecker &flow;
  std::vector<Plane> planes;
};

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_MATRIXPROOF_H
