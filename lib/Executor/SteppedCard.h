//===- SteppedCard.h - One card, cycle by cycle -----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Everything is kept as simple as can be: a vector is a shared block of bytes, a stream a
// list of what is at each stop, a unit's pending results a list with cycles.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_STEPPEDCARD_H
#define SLUICE_LIB_EXECUTOR_STEPPEDCARD_H

#include "sluice/Binary/Program.h"
#include "sluice/Target/Target.h"
#include "sluice/Verifier/Verifier.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace sluice::executor {

struct SteppedBurst;

/// The element of a burst that made something; no burst: it was there before the start, as run or input
/// `memory` (see FlowEdge).
struct Origin {
  const SteppedBurst *burst = nullptr;
  uint32_t element = 0, slot = 0;
  uint32_t memory = 0;
};

/// A vector's bytes and where they come from, or null where there is none.
struct VectorContent {
  std::vector<uint8_t> bytes;
  Origin origin;
};
using Vector = std::shared_ptr<const VectorContent>;

/// A burst that is running or has run.
struct SteppedBurst {
  uint32_t card, queueNumber, instructionNumber; ///< as in FlowEdge
  const binary::Queue *queue;
  const binary::Instruction *what;
  std::vector<binary::StreamUse> inputs, outputs;
  uint32_t reach = 0;                       ///< of a Gather or Scatter: see indirectReaches
  int64_t inputOffset = 0;                  ///< of all inputs
  std::deque<std::vector<Vector>> operands; ///< of elements between taking and dispatch
  std::vector<Vector> heldMap;
  uint32_t taken = 0, dispatched = 0;    ///< elements
  const SteppedBurst *weights = nullptr; ///< whose swap brought the weights of the first row

  uint64_t dispatchOf(uint32_t element) const { return what->cycle + uint64_t(element) * what->interval; }
};

/// An operand that an element took: what the verifier's flow edges say of it.
struct TakenOperand {
  const SteppedBurst *consumer;
  uint32_t slot, element;
  Origin origin;
};

/// What is on its way on the link of a card: arrival at the peer, vector.
using Wire = std::deque<std::pair<uint64_t, Vector>>;

class SteppedCard {
public:
  /// `wires` holds the wire that leaves card c by link l at c * localLinks + l.
  SteppedCard(const target::Target &target, uint32_t number, const binary::Card &card,
              std::vector<Wire> &wires, bool recordsFlow);

  /// The bytes of a word for the host to fill or read; made if the word holds nothing.
  uint8_t *hostWord(uint32_t hemisphere, uint32_t slice, uint32_t address);
  /// Names what the host put into a word, or is to find there.
  void nameWord(uint32_t hemisphere, uint32_t slice, uint32_t address, const Origin &origin);
  const Origin &originOf(uint32_t hemisphere, uint32_t slice, uint32_t address) const {
    return memory[hemisphere * target.slicesPerHemisphere + slice][address]->origin;
  }
  /// The last Scatter into the bank of a word, or none.
  std::optional<Origin> scatterInto(uint32_t hemisphere, uint32_t slice, uint32_t address) const {
    auto found = scatters.find({hemisphere, slice, target.bankOf(address)});
    return found == scatters.end() ? std::nullopt : std::optional(found->second);
  }
  /// The word's bytes, or null.
  const uint8_t *word(uint32_t hemisphere, uint32_t slice, uint32_t address) const;

  /// The two halves of a cycle: streams move and what is due appears; then units take operands and dispatch.
  /// All cards do the first before any does the second.
  absl::Status advance(uint64_t cycle);
  absl::Status dispatch(uint64_t cycle);
  /// After the last cycle: what was written settles.
  absl::Status finish();

  /// Every operand taken so far, if the flow is recorded.
  const std::vector<TakenOperand> &takenOperands() const { return taken; }

private:
  using Burst = SteppedBurst;
  struct Result {
    uint64_t due;
    target::Direction direction;
    unsigned stream;
    int position;
    Vector vector;
    const Burst *from;
  };
  struct Store {
    uint64_t due;
    uint32_t hemisphere, slice, address;
    size_t lane; ///< first lane written
    std::vector<uint8_t> bytes;
    std::optional<Origin> origin; ///< of the whole word; none for a part of one
  };
  struct AluResult {
    uint64_t due;
    std::vector<uint32_t> values;
    Origin origin;
  };
  struct Install {
    uint64_t due;
    unsigned plane, group; ///< plane over both hemispheres
    std::vector<Vector> columns;
    Origin origin;
  };
  struct Group {
    std::vector<Vector> columns;
    Origin origin;
  };
  struct Plane {
    std::map<unsigned, Group> loading, inUse; ///< by number of the column group
    const Burst *swappedBy = nullptr;
    uint64_t busyUntil = 0;
  };
  struct Row {
    std::vector<uint32_t> values;
    uint64_t cycle;
    Origin origin;
  };
  /// What a slice did in this cycle: the bank of the read and of the write.
  struct SliceUse {
    std::optional<unsigned> readBank, writeBank;
  };

  absl::Status fault(const Burst &burst, verifier::Hazard hazard, std::string_view why) const;
  std::vector<Vector> &sliceAt(uint32_t hemisphere, uint32_t slice) {
    return memory[hemisphere * target.slicesPerHemisphere + slice];
  }
  Vector &streamAt(target::Direction direction, unsigned stream, int position) {
    return streams[unsigned(direction) * target.streamsPerDirection + stream][position + int(target.mxmStop)];
  }

  void moveStreams();
  void storeDue();
  absl::Status appearDue();
  absl::Status installDue();
  absl::Status take(Burst &burst);
  absl::Status execute(Burst &burst);

  absl::Status accessMemory(const Burst &burst, uint32_t element, const std::vector<Vector> &in);
  absl::Status accessIndirectly(const Burst &burst, uint32_t element, const std::vector<Vector> &in);
  absl::Status useBank(const Burst &burst, uint32_t element, unsigned bank);
  absl::Status compute(const Burst &burst, uint32_t element, const std::vector<Vector> &in);
  absl::Status mapLanes(Burst &burst, std::vector<Vector> in);
  void transpose(const Burst &burst, const std::vector<Vector> &in);
  absl::Status transfer(const Burst &burst, uint32_t element, const std::vector<Vector> &in);
  absl::Status installColumns(const Burst &burst, uint32_t element, const std::vector<Vector> &in);
  absl::Status multiply(Burst &burst, uint32_t element, const std::vector<Vector> &in);
  absl::Status takeWeights(Burst &burst, uint32_t element, unsigned plane, unsigned inTandem);
  std::vector<uint32_t> product(const Burst &burst, unsigned plane, const std::vector<Vector> &in) const;
  /// Puts `bytes`, one vector an output, on the streams after the latency.
  void give(const Burst &burst, const std::vector<std::vector<uint8_t>> &bytes);
  void record(const Burst &burst, uint32_t slot, uint32_t element, const Origin &origin) {
    if (recordsFlow)
      taken.push_back({&burst, slot, element, origin});
  }

  const target::Target &target;
  const uint32_t number;
  const size_t lanes;
  std::vector<Wire> &wires;
  const bool recordsFlow;
  uint64_t now = 0;

  std::deque<Burst> bursts;
  std::multimap<int64_t, Burst *> waiting; ///< by the cycle in which they begin
  std::vector<Burst *> active;
  std::vector<std::deque<Vector>> streams; ///< by direction and stream, then stop from west to east
  std::vector<std::vector<Vector>> memory; ///< by hemisphere and slice, then word
  std::map<const binary::Queue *, uint64_t> lastDispatch;              ///< by queue
  std::map<std::pair<uint32_t, uint32_t>, SliceUse> slicesUsed;        ///< in this cycle
  std::map<std::tuple<uint32_t, uint32_t, unsigned>, Origin> scatters; ///< latest, by hemisphere, slice, bank
  std::vector<Result> results;
  std::vector<Store> stores;
  std::vector<Install> installs;
  std::vector<std::vector<AluResult>> aluResults; ///< by ALU
  std::vector<Plane> planes;                      ///< by hemisphere, then plane
  std::vector<std::map<unsigned, Row>> rows;      ///< accumulators by plane, then row
  std::vector<TakenOperand> taken;
};

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_STEPPEDCARD_H
