//===- TrainBuilder.h - A pass's footprint and instructions -----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A train is put together from reads, writes and unit operations at offsets from its departure: its footprint
// becomes part of the problem. When a packing has found its departure, its instructions are issued. Streams
// are named by keys (see Reservation.h).
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_SLICETOSCHED_TRAINBUILDER_H
#define SLUICE_LIB_CONVERSION_SLICETOSCHED_TRAINBUILDER_H

#include "Issues.h"
#include "Storage.h"

#include "sluice/Scheduling/BodySchedule.h"
#include "sluice/Scheduling/Packing.h"

#include "mlir/IR/Diagnostics.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace sluice::sched {

class TrainBuilder;

/// A train that is described, and how its instructions are issued when it has departed.
struct DescribedTrain {
  std::unique_ptr<TrainBuilder> builder;
  std::function<void(TrainBuilder &)> issue;
};

/// What all trains share: the machine, the problem that they make, and the instructions so far.
struct ScheduleState {
  ScheduleState(const target::Target &target, unsigned cards)
      : target(target), cards(cards), resources(target) {}

  const target::Target &target;
  unsigned cards;
  const scheduling::Resources resources;
  scheduling::Problem problem;
  std::vector<DescribedTrain> trains;
  std::vector<Issue> issues;

  IssueId issue(const binary::Queue &queue, const binary::Instruction &instruction, mlir::Location location) {
    issues.push_back({queue, instruction, location, {}, nullptr, {}, {}});
    return IssueId(issues.size() - 1);
  }
};

/// Position on the chip and flow of an element on its streams.
struct StreamPath {
  target::Hemisphere hemisphere;
  bool outward;
  /// Cycle in which a value with key 0 passes `stop`.
  int64_t cycleAt(unsigned stop) const { return outward ? int64_t(stop) : -int64_t(stop); }
  target::Direction direction() const {
    return outward ? target::outward(hemisphere) : target::inward(hemisphere);
  }
  /// The stretch on the memory's side of the VXM, and the one at the VXM.
  scheduling::StreamSegment segment() const {
    return {outward ? scheduling::StreamSegment::Outward : scheduling::StreamSegment::Inward, direction()};
  }
  scheduling::StreamSegment segmentAtVxm() const { return {scheduling::StreamSegment::AtVxm, direction()}; }
};

class TrainBuilder {
public:
  TrainBuilder(ScheduleState &state, mlir::Location location) : state(state), location(location) {}

  scheduling::Footprint footprint;
  /// Its number, once it is one of the problem.
  scheduling::TrainId id = scheduling::noTrain;
  /// How it departs, once that is known.
  const scheduling::Departure *departure = nullptr;

  /// Reads `count` elements, `interval` cycles apart, onto streams of `path`, element 0
  /// with key `key` after departure. `wanted` is who wants it, if not the pass as a whole. Returns the number
  /// of the read.
  unsigned addRead(Buffer &buffer, const View &view, int64_t count, int64_t interval, StreamPath path,
                   int64_t key, mlir::LocationAttr wanted = {});

  /// Demands `width` streams along `paths` for a unit's result, and writes it to every copy of `buffer` that
  /// lies there; without a buffer it is for the VXM. Returns the number of the result.
  unsigned addResult(Buffer *buffer, const View &view, int64_t count, int64_t interval,
                     llvm::ArrayRef<StreamPath> paths, unsigned width, int64_t key);

  /// A further buffer on the streams of a result.
  void addWrite(unsigned result, Buffer &buffer, const View &view);

  /// Uses the read (write) side of a slice for `burst`, in `cycles` after departure, without naming a stream.
  void reserveMemory(const Buffer &buffer, target::Hemisphere hemisphere, const MemoryBurst &burst,
                     bool write, const scheduling::Cycles &cycles);
  /// Issues one Read of `burst` onto `stream`; element j of it is vector vectorOf(j) of the buffer.
  IssueId issueBurst(Buffer &buffer, StreamPath path, const MemoryBurst &burst,
                     const scheduling::Cycles &cycles, unsigned stream,
                     llvm::function_ref<int64_t(int64_t)> vectorOf, mlir::LocationAttr wanted = {});

  /// A fixed use of a queue.
  void addQueue(const binary::Queue &queue, const scheduling::Cycles &cycles) {
    scheduling::Resource resource = state.resources.queue(queue);
    footprint.uses.push_back({resource, resource, cycles});
    footprint.last = std::max(footprint.last, cycles.last());
  }
  /// Demands the ALUs of a body that departs `offset` after the train.
  void addBody(const scheduling::BodySchedule &body, int64_t offset, int64_t count, int64_t interval);

  /// It reads words of a buffer, of which each vector must be written `offset` cycles after departure.
  void addWait(const Buffer &buffer, unsigned copy, unsigned byte, int64_t vector, int64_t offset) {
    if (const Writer &writer = buffer.writer(copy, byte, vector); writer.train != scheduling::noTrain)
      addWait(footprint.waits, {writer.train, writer.ready - offset});
    for (const scheduling::Wait &whole : buffer.readyWhole)
      addWait(footprint.waits, {whole.on, whole.delay - offset});
  }

  /// Whether it departs where nothing else does: not if its footprint meets itself or takes more streams or
  /// ALUs than a chip has.
  bool fits() const;
  /// Says why it never departs.
  mlir::InFlightDiagnostic explain() const;
  /// Makes `builder`'s train one of the problem, after all others of its pass; fails with what explain says
  /// if it does not fit. `issue` issues its instructions.
  static mlir::LogicalResult add(std::unique_ptr<TrainBuilder> builder,
                                 std::function<void(TrainBuilder &)> issue);
  /// The same for one that fits.
  static scheduling::TrainId addFitting(std::unique_ptr<TrainBuilder> builder,
                                        std::function<void(TrainBuilder &)> issue);

  /// From here on its instructions are issued, as it departs.
  void prepareIssue(const scheduling::Departure &how) {
    departure = &how;
    issuedAlus = 0;
  }

  int64_t cycle() const { return departure->cycle; }
  /// First stream of a read or result.
  unsigned streamOfRead(unsigned read) const { return departure->reads[read].stream; }
  unsigned streamOfResult(unsigned result) const { return departure->streams[results[result].demand]; }
  target::Direction directionOfRead(unsigned read) const { return pathOfRead(read).direction(); }

  /// Issues the Read instructions of a read that takes no flowing result; the source of each byte plane.
  std::vector<StreamSource> issueRead(unsigned read);
  /// Issues the Write instructions of a result that comes from `sources`, a source a byte plane.
  /// The issues, in the order of the bursts.
  std::vector<IssueId> issueWrites(unsigned result, llvm::ArrayRef<StreamSource> sources);
  /// Issues the ALU instructions of the bodies, which come in the order of addBody. `inputs[a]` holds the
  /// sources of arrival a, `locations[a]` its stream; result r leaves by result number `resultNumbers[r]`.
  /// Returns the issue that gives each result.
  std::vector<IssueId> issueBody(const scheduling::BodySchedule &body, int64_t offset, int64_t count,
                                 int64_t interval, llvm::ArrayRef<int32_t> locations,
                                 llvm::ArrayRef<std::vector<StreamSource>> inputs,
                                 llvm::ArrayRef<unsigned> resultNumbers);

  /// Slot of byte plane `byte` of a producer's result on `path`.
  int32_t outputSlot(IssueId producer, int32_t byte, StreamPath path) const;

  ScheduleState &state;
  mlir::Location location;

  /// Appends to `flow` who writes the words that `burst` reads; its element j is vector vectorOf(j).
  void addMemoryFlow(std::vector<FlowEdge> &flow, Buffer &buffer, unsigned copy, const MemoryBurst &burst,
                     llvm::function_ref<int64_t(int64_t)> vectorOf);

private:
  struct Access {
    Buffer *buffer;
    View view;
    StreamPath path;
    unsigned copy;
  };
  struct Read : Access {
    int64_t count, interval, key;
    mlir::Location location;
    /// Where it taps a result: that element is the read's element 0, on these streams.
    int64_t tapElement = 0;
    StreamPath tapPath = {};
  };
  struct Result {
    int64_t count, interval, key;
    unsigned width, demand;
    llvm::SmallVector<StreamPath, 2> paths;
    std::vector<Access> writes;
    /// What gives each byte plane of it, when that is issued.
    std::vector<StreamSource> sources;
  };

  static void addWait(std::vector<scheduling::Wait> &waits, const scheduling::Wait &wait);
  std::optional<scheduling::Tap> findTap(Read &read) const;
  /// On which streams of `result` the unit of `read` finds it, if on any.
  static std::optional<StreamPath> streamPathOf(const Read &read, const FlowingResult &result);
  const StreamPath &pathOfRead(unsigned read) const {
    return departure->reads[read].taps ? reads[read].tapPath : reads[read].path;
  }
  struct PortClash {
    scheduling::Use use, other;
  };
  static std::optional<PortClash> findPortClash(const scheduling::Train &whole);
  /// The footprint where every read is from memory.
  scheduling::Train readingFromMemory() const;
  bool fitsAlone(const scheduling::Train &whole) const;
  /// Tells the buffers that it writes which train does.
  void recordWrites(scheduling::TrainId train);
  std::vector<StreamSource> tappedSources(unsigned read) const;

  scheduling::Cycles cyclesOf(const MemoryBurst &burst, int64_t interval, int64_t elementZero) const {
    return {elementZero + burst.firstElement * interval, burst.count, burst.elementStep * interval};
  }
  binary::Instruction memoryInstruction(binary::Opcode opcode, const MemoryBurst &burst,
                                        const scheduling::Cycles &cycles, unsigned stream,
                                        target::Direction direction) const;

  std::vector<Read> reads;
  std::vector<Result> results;
  unsigned issuedAlus = 0;
};

/// A body that passes elements of `bytes` bytes through the VXM as they are.
scheduling::BodySchedule passThrough(unsigned bytes);

} // namespace sluice::sched

#endif // SLUICE_LIB_CONVERSION_SLICETOSCHED_TRAINBUILDER_H
