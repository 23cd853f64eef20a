//===- MatrixProof.h - Proof of the matrix planes' use ----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_MATRIXPROOF_H
#define SLUICE_LIB_VERIFIER_MATRIXPROOF_H

#include "Flow.h"

#include "sluice/Target/Target.h"

#include <optional>
#include <vector>

namespace sluice::verifier {

/// Weights, accumulators and occupation of a card's planes.
class MatrixProof {
public:
  MatrixProof(const BurstTable &table, const target::Target &target, Findings &findings, FlowChecker &flow);
  void install(uint64_t cycle, ElementRef element);
  void multiply(uint64_t cycle, ElementRef element);

private:
  /// Who last set an accumulator row, and when.
  struct Row {
    uint64_t cycle;
    ElementRef producer;
  };
  struct Plane {
    std::vector<std::optional<ElementRef>> loading; ///< by column group
    /// The multiply whose swap took the weights in use; none before the first.
    std::optional<uint32_t> swappedBy;
    uint64_t busyUntil = 0;
    ElementRef busyWith;
    std::vector<std::optional<Row>> rows;
  };

  Plane &planeOf(const binary::Queue &queue, unsigned plane) {
    return planes[size_t(queue.hemisphere) * target.planesPerHemisphere + plane];
  }
  void occupy(uint64_t cycle, ElementRef element, Plane &plane, unsigned cycles);
  void swap(uint64_t cycle, ElementRef element, Plane &plane, unsigned index);
  void accumulate(uint64_t cycle, ElementRef element, Plane &plane);

  const BurstTable &table;
  const target::Target &target;
  Findings &findings;
  FlowChecker &flow;
  std::vector<Plane> planes; ///< by hemisphere, then plane
  /// By burst: the multiply whose swap took the weights of its first element.
  std::vector<uint32_t> weightsOf;
};

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_MATRIXPROOF_H
