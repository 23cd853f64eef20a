//===- CardMachine.h - One card, element by element -------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_CARDMACHINE_H
#define SLUICE_LIB_EXECUTOR_CARDMACHINE_H

#include "Memory.h"
#include "Plane.h"
#include "Streams.h"

#include "sluice/Executor/Executor.h"

#include <array>
#include <deque>
#include <vector>

namespace sluice::executor {

/// A burst with what it takes and gives. Runs share bursts and never change them.
struct Burst {
  const binary::Queue *queue;
  const binary::Instruction *what;
  uint32_t card;
  int position; ///< of its unit
  std::vector<binary::StreamUse> inputs, outputs;
  uint32_t reach = 0;   ///< of a Gather or Scatter: see indirectReaches
  uint32_t laneMap = 0; ///< of a Permute or Distribute: its number among those of the card
};

/// The vectors under way on the links: by sending card and link, in order. The
/// verifier has shown that each is taken in the cycle in which it arrives.
using LinkWires = std::vector<std::deque<std::vector<uint8_t>>>;

/// The state of one card, and what each instruction does to it. Elements come in
/// the order of verifier::DispatchOrder and are proven: operands are there.
class CardMachine {
public:
  CardMachine(const target::Target &target, uint32_t number, const binary::Card &card, LinkWires &wires);

  /// Back to the state before the first cycle. Memory is reset with the rest.
  void reset();
  /// Executes element `element` of `burst`, dispatched in cycle `cycle`. OutOfRange when
  /// data makes an address or a lane map point outside.
  absl::Status execute(const Burst &burst, uint64_t cycle, uint32_t element);

  Memory memory;
  uint64_t halfOverflows = 0;

private:
  const uint8_t *take(const Burst &burst, size_t input, uint64_t cycle) const;
  uint8_t *give(const Burst &burst, size_t output, uint64_t cycle);

  void read(const Burst &burst, uint64_t cycle, uint32_t element);
  void write(const Burst &burst, uint64_t cycle, uint32_t element);
  absl::Status gather(const Burst &burst, uint64_t cycle);
  absl::Status scatter(const Burst &burst, uint64_t cycle);

  void compute(const Burst &burst, uint64_t cycle);
  const uint32_t *operand(const Burst &burst, unsigned index, size_t &input, uint64_t cycle);
  void countRoundings(const uint32_t *in, const uint32_t *out);
  uint32_t *resultOf(unsigned alu, uint64_t cycle) {
    return results.data() + (alu * resultWindow + cycle % resultWindow) * lanes;
  }

  absl::Status loadLaneMap(const Burst &burst, uint64_t cycle, std::vector<uint16_t> &map) const;
  absl::Status mapLanes(const Burst &burst, uint64_t cycle, uint32_t element);
  void transpose(const Burst &burst, uint64_t cycle);

  void install(const Burst &burst, uint64_t cycle, uint32_t element);
  void multiply(const Burst &burst, uint64_t cycle, uint32_t element);
  Plane &planeOf(const Burst &burst, unsigned plane) {
    return planes[size_t(burst.queue->hemisphere) * target.planesPerHemisphere + plane];
  }

  void send(const Burst &burst, uint64_t cycle);
  void receive(const Burst &burst, uint64_t cycle);

  const target::Target &target;
  const uint32_t number;
  const size_t lanes;
  LinkWires &wires;
  Streams streams;
  std::vector<Plane> planes;                     ///< by hemisphere, then plane
  size_t resultWindow;                           ///< cycles for which ALU results are kept
  std::vector<uint32_t> results;                 ///< [ALU][cycle modulo window][lane]
  std::array<std::vector<uint32_t>, 3> operands; ///< widened, by lane
  std::vector<uint16_t> halves;                  ///< by lane
  std::vector<uint32_t> product;                 ///< by column
  std::vector<std::vector<uint16_t>> laneMaps;   ///< by number, those that bursts hold
};

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_CARDMACHINE_H
