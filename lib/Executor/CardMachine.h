//===- CardMachine.h - One card, step by step -------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_CARDMACHINE_H
#define SLUICE_LIB_EXECUTOR_CARDMACHINE_H

#include "Memory.h"
#include "Plan.h"
#include "Plane.h"

#include "absl/status/status.h"

#include <array>
#include <vector>

namespace sluice::executor {

/// What a thread needs to run steps of any card.
struct Scratch {
  explicit Scratch(const target::Target &target);
  std::array<std::vector<uint32_t>, 3> operands; ///< of some elements, by lane
  std::vector<uint32_t> results;                 ///< the same
  std::vector<uint16_t> halves;                  ///< the same
  std::vector<uint32_t> product;                 ///< by column
  uint64_t halfOverflows = 0;
};

/// A step with what it is about.
struct RunningStep {
  const Step &step;
  const Burst &burst;
  const Source *sources; ///< its own
  uint8_t *const *areas;

  bool has(size_t source) const { return sources[source].area != Source::none; }
  /// Bytes that element `index` of the step takes.
  const uint8_t *take(size_t source, size_t index) const {
    const Source &from = sources[source];
    return areas[from.area] + from.offset + int64_t(index) * from.stride;
  }
  /// Where byte plane `plane` of what element `index` gives belongs, if anybody takes it.
  uint8_t *give(size_t plane, size_t index, size_t lanes) const {
    return areas[Plan::buffers] + step.bytesOut + plane * step.planeStride + index * lanes;
  }
  bool givesBytes() const { return step.bytesOut != Step::none; }
  /// The same in 32 bits a lane.
  uint32_t *words(size_t index, size_t lanes) const {
    return reinterpret_cast<uint32_t *>(areas[Plan::buffers] + step.wordsOut) + index * lanes;
  }
  bool givesWords() const { return step.wordsOut != Step::none; }
};

/// The state of one card, and what each step does to it. Steps come in the order of the plan, and are proven:
/// operands are there.
class CardMachine {
public:
  /// `laneMaps`: how many Permutes and Distributes the card has.
  CardMachine(const target::Target &target, const binary::Card &card, size_t laneMaps);

  /// Back to the state before the first cycle. Memory is reset with the rest.
  void reset();
  /// Executes a step. OutOfRange when data makes an address or a lane map point outside; `element` is then
  /// set to the element of the burst that does.
  absl::Status execute(const RunningStep &running, Scratch &scratch, uint32_t &element);

  Memory memory;

private:
  void read(const RunningStep &running) const;
  void write(const RunningStep &running);
  void copy(const RunningStep &running) const;
  absl::Status gather(const RunningStep &running, size_t index) const;
  absl::Status scatter(const RunningStep &running, size_t index);

  absl::Status loadLaneMap(const RunningStep &running, size_t index, std::vector<uint16_t> &map) const;
  absl::Status mapLanes(const RunningStep &running, size_t index);
  void transpose(const RunningStep &running, size_t index) const;

  void install(const RunningStep &running);
  void multiply(const RunningStep &running, Scratch &scratch);
  void emit(const RunningStep &running, size_t index, const uint32_t *sums) const;
  Plane &planeOf(const Burst &burst, unsigned plane) {
    return planes[size_t(burst.queue->hemisphere) * target.planesPerHemisphere + plane];
  }

  const target::Target &target;
  const size_t lanes;
  std::vector<Plane> planes;                   ///< by hemisphere, then plane
  std::vector<std::vector<uint16_t>> laneMaps; ///< by number, those that bursts hold
};

/// Executes a step of an ALU, which has no state.
void compute(const RunningStep &running, size_t lanes, Scratch &scratch);

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_CARDMACHINE_H
