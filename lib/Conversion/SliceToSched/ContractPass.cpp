//===- ContractPass.cpp - Contraction units as trains ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A unit is a sequence of trains on its planes: each chunk's tile is installed as soon
// as the loading slot is free, while the planes still work on the chunk before; then its
// rows follow. The rows of the last chunk leave through the unit's body.
//
//===----------------------------------------------------------------------===//

#include "Passes.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/Program.h"

#include "dialects/tile/SharedExtras.h"
#include "dialects/tile/ZeroRows.h"

#include <map>

using namespace sluice;
using namespace sluice::sched;
using binary::Instruction;
using binary::Opcode;
using binary::Unit;
using scheduling::BodySchedule;
using scheduling::PlaneState;
using target::Hemisphere;

/// One run of rows of one chunk, on one plane or on several that see the same rows or rows of their own.
struct Schedule::RowSegment {
  struct Source {
    unsigned operand;
    View view;
  };
  unsigned chunk, firstPlane, planes;
  llvm::SmallVector<Source, 2> sources; ///< the rows of all planes, or of each
  int64_t firstRow, count;
  bool firstOfChunk;
  bool lastChunk;
  int64_t pause; ///< cycles after the rows before, which set sums that these add to

  /// `count` of the rows, from `first` on.
  RowSegment part(int64_t first, int64_t count) const {
    RowSegment part = *this;
    for (Source &source : part.sources)
      source.view = source.view.from(first);
    part.firstRow += first;
    part.count = count;
    part.firstOfChunk = firstOfChunk && first == 0;
    part.pause = first == 0 ? pause : 0;
    return part;
  }
  /// The same rows of this plane and of the next.
  RowSegment with(const RowSegment &next) const {
    RowSegment both = *this;
    both.planes += next.planes;
    both.pause = std::max(pause, next.pause);
    both.sources.append(next.sources.begin(), next.sources.end());
    return both;
  }
};

static bool isTandem(slice::ContractOp op) {
  return llvm::cast<tile::BufferType>(op.getWeights().front().getType()).getBytes() == 2;
}

mlir::LogicalResult Schedule::describeContract(slice::ContractOp op) {
  const unsigned chunks = op.getLanes().size(), groups = op.getApart() ? op.getPlanes() : 1;
  llvm::ArrayRef<int64_t> numbers = op.getRowSegments();
  unsigned operand = 0;
  // Where each group's rows before end, and what is left to a sum's age when the next ones begin right then.
  std::vector<int64_t> ends(groups, 0);
  auto pauseBefore = [&](int64_t row, int64_t end) {
    const int64_t age = (end - row) * (isTandem(op) ? state.target.f16RowInterval : 1);
    return age > 0 ? std::max<int64_t>(0, state.target.f16RowInterval - age) : 0;
  };
  for (unsigned chunk = 0; chunk < chunks; ++chunk) {
    std::vector<std::vector<RowSegment>> segments(groups);
    int64_t row = 0;
    for (; operand < op.getRows().size() && numbers[4 * operand] == chunk; ++operand) {
      const int64_t count = numbers[4 * operand + 3], begin = row;
      row += count;
      if (tile::isLeftOut(op, operand))
        continue;
      const unsigned group = begin / int64_t(op.getCount());
      const unsigned planes = op.getPlanes() / groups;
      const int64_t firstRow = begin % int64_t(op.getCount());
      segments[group].push_back({chunk,
                                 group * planes,
                                 planes,
                                 {{operand, View{numbers[4 * operand + 1], numbers[4 * operand + 2]}}},
                                 firstRow,
                                 count,
                                 segments[group].empty(),
                                 chunk + 1 == chunks,
                                 pauseBefore(firstRow, ends[group])});
      ends[group] = firstRow + count;
    }
    if (failed(describeChunk(op, chunk, segments)))
      return mlir::failure();
  }
  return mlir::success();
}

mlir::LogicalResult Schedule::describeChunk(slice::ContractOp op, unsigned chunk,
                                            llvm::ArrayRef<std::vector<RowSegment>> segments) {
  llvm::SmallVector<unsigned> planes;
  for (auto [group, of] : llvm::enumerate(segments))
    if (!of.empty())
      planes.push_back(group);
  if (planes.empty())
    return mlir::success();
  const unsigned bytes = isTandem(op) ? state.target.planesPerHemisphere : 1;
  if (op.getApart() && failed(describeInstall(op, chunk, 0, 0, planes)))
    return mlir::failure();
  for (unsigned tile = 0; !op.getApart() && tile < op.getPlanes(); ++tile)
    for (unsigned byte = 0; byte < bytes; ++byte)
      if (failed(describeInstall(op, chunk, tile, byte, {tile * bytes + byte})))
        return mlir::failure();
  auto describeOne = [&](const RowSegment &segment) {
    return describeInParts(segment.count, [&](int64_t first, int64_t count) {
      return describeRows(op, segment.part(first, count));
    });
  };
  // What leaves two planes apart takes one stream of each constant, if both can go at once.
  if (segments.size() == 2 && segments[0].size() && segments[0].front().lastChunk) {
    for (size_t i = 0, j = 0; i < segments[0].size();) {
      const RowSegment &a = segments[0][i], &b = segments[1][j];
      const int64_t begin = std::max(a.firstRow, b.firstRow),
                    end = std::min(a.firstRow + a.count, b.firstRow + b.count);
      const RowSegment here = a.part(begin - a.firstRow, end - begin),
                       there = b.part(begin - b.firstRow, end - begin);
      const mlir::FailureOr<bool> both = describeRows(op, here.with(there));
      if (failed(both) || (!*both && (failed(describeOne(here)) || failed(describeOne(there)))))
        return mlir::failure();
      i += end == a.firstRow + a.count;
      j += end == b.firstRow + b.count;
    }
    return mlir::success();
  }
  for (const std::vector<RowSegment> &of : segments)
    for (const RowSegment &segment : of)
      if (failed(describeOne(segment)))
        return mlir::failure();
  return mlir::success();
}

/// Planes of the unit, by number, take tile `tile` of `chunk`; a tandem's plane takes one byte plane of it.
mlir::LogicalResult Schedule::describeInstall(slice::ContractOp op, unsigned chunk, unsigned tile,
                                              unsigned byte, llvm::ArrayRef<unsigned> planes) {
  auto hemisphere = static_cast<Hemisphere>(op.getHemisphere());
  Buffer &weights = buffer(op.getWeights()[chunk * op.getPlanes() + tile]);
  unsigned streams = state.target.installStreams;
  int64_t columns = op.getColumns()[tile], groups = columns / streams, rest = columns % streams;
  int64_t cycles = groups + (rest != 0), stop = state.target.mxmStop;
  llvm::SmallVector<unsigned, 2> numbers;
  for (unsigned plane : planes)
    numbers.push_back(op.getFirstPlane() + plane);

  auto builder = std::make_unique<TrainBuilder>(state, op.getLoc());
  TrainBuilder &train = *builder;
  for (unsigned number : numbers) {
    const unsigned plane = planeNumber(hemisphere, number);
    train.footprint.planeWaits.push_back({{PlaneState::MayLoad, plane}, 0});
    train.footprint.planeEffects.push_back({{PlaneState::HasLoaded, plane}, cycles});
    train.addQueue({Unit::Installer, hemisphere, uint16_t(number)}, {0, cycles, 1});
  }
  unsigned width = groups ? streams : rest;
  train.footprint.results.push_back(
      {{StreamPath{hemisphere, true}.segment()}, width, groups ? streams : 1, {-stop, cycles, 1}});
  struct StripeRead {
    MemoryBurst burst;
    scheduling::Cycles cycles;
  };
  std::vector<StripeRead> reads;
  unsigned copy = weights.copyIn(hemisphere);
  for (unsigned stripe = 0; stripe < width; ++stripe) {
    MemoryBurst burst{weights.slices[stripe * weights.bytes + byte], byte, 0, 1, 0, 1,
                      (columns - stripe + streams - 1) / streams};
    int64_t first = int64_t(state.target.sliceStop(burst.slice)) - stop - int64_t(state.target.readLatency);
    scheduling::Cycles when{first, burst.count, 1};
    train.reserveMemory(weights, hemisphere, burst, false, when);
    for (int64_t j = 0; j < burst.count; ++j)
      train.addWait(weights, copy, byte, stripe + j * streams, first + j);
    reads.push_back({burst, when});
  }

  return TrainBuilder::add(std::move(builder), [=, this, &weights](TrainBuilder &train) {
    unsigned stream = train.departure->streams.front();
    std::vector<IssueId> sources;
    for (auto [stripe, read] : llvm::enumerate(reads))
      sources.push_back(train.issueBurst(weights, {hemisphere, true}, read.burst, read.cycles,
                                         stream + stripe,
                                         [&](int64_t j) { return int64_t(stripe) + j * streams; }));
    auto install = [&](unsigned number, int64_t column, int64_t count, int64_t streamsTaken) {
      Instruction instruction;
      instruction.opcode = Opcode::Install;
      instruction.cycle = train.cycle() + column;
      instruction.count = count;
      instruction.stream = stream;
      instruction.column = column;
      instruction.width = streamsTaken;
      IssueId id = state.issue({Unit::Installer, hemisphere, uint16_t(number)}, instruction, train.location);
      for (int64_t slot = 0; slot < streamsTaken; ++slot)
        state.issues[id].flow.push_back(
            {-1, int32_t(slot), 0, int32_t(count), sources[slot], 0, int32_t(column), count == 1 ? 0 : 1});
      this->plane(hemisphere, number).installs.push_back({column, count, id});
    };
    for (unsigned number : numbers) {
      this->plane(hemisphere, number).installs.clear();
      if (groups)
        install(number, 0, groups, streams);
      if (rest)
        install(number, groups, 1, rest);
    }
  });
}

/// What leaves one plane with the last chunk's rows.
struct Schedule::Emission {
  unsigned raw;
  llvm::SmallVector<unsigned> reads; ///< by arrival; argument 0 has none
  llvm::SmallVector<unsigned> results;
};

mlir::FailureOr<bool> Schedule::describeRows(slice::ContractOp op, const RowSegment &segment) {
  auto hemisphere = static_cast<Hemisphere>(op.getHemisphere());
  bool tandem = isTandem(op);
  int64_t planesUsed = tandem ? state.target.planesPerHemisphere : segment.planes;
  int64_t interval = tandem ? state.target.f16RowInterval : 1, count = segment.count;
  int64_t stop = state.target.mxmStop, latency = state.target.multiplyLatency;

  auto builder = std::make_unique<TrainBuilder>(state, op.getLoc());
  TrainBuilder &train = *builder;
  for (const RowSegment::Source &source : segment.sources)
    train.addRead(buffer(op.getRows()[source.operand]), source.view, count, interval, {hemisphere, true},
                  -stop);
  for (int64_t p = 0; p < planesUsed; ++p) {
    unsigned number = op.getFirstPlane() + segment.firstPlane + p;
    const unsigned plane = planeNumber(hemisphere, number);
    train.addQueue({Unit::Multiplier, hemisphere, uint16_t(number)}, {0, count * interval, 1});
    train.footprint.planeWaits.push_back({{PlaneState::MayMultiply, plane}, segment.pause});
    train.footprint.planeWaits.push_back({{PlaneState::HasLoaded, plane}, 0});
    train.footprint.planeEffects.push_back({{PlaneState::MayMultiply, plane}, count * interval});
    // What is installed in the cycle of a swap comes behind it.
    if (segment.firstOfChunk)
      train.footprint.planeEffects.push_back({{PlaneState::MayLoad, plane}, 0});
  }

  // Each plane's results go through the body, or as they are to memory.
  mlir::Block &block = op.getBody().front();
  bool direct = scheduling::isIdentity(block);
  unsigned extras = op.getExtras().size() / op.getPlanes(), outputs = op.getOutputs().size() / op.getPlanes();
  std::optional<BodySchedule> body;
  if (segment.lastChunk && !direct) {
    body = scheduling::scheduleBody(block, state.target, count * interval, 1);
    if (!body)
      return op.emitOpError("what follows the product needs more than the ")
             << state.target.alus << " ALUs of the VXM";
  }
  int64_t key = latency + stop, bodyOffset = 0;
  if (body)
    for (const scheduling::BodyArrival &arrival : body->arrivals)
      if (arrival.argument == 0)
        bodyOffset = key + int64_t(state.target.vxmEntryLatency) - arrival.depth;
  std::vector<Emission> emissions;
  auto part = [&](llvm::ArrayRef<int64_t> views, unsigned index) {
    return View{views[2 * index], views[2 * index + 1]}.from(segment.firstRow);
  };
  // The train's reads of the body's operands, by number and depth; what planes share by the first plane's.
  std::map<std::pair<size_t, int64_t>, unsigned> known;
  for (unsigned p = segment.firstPlane; segment.lastChunk && p < segment.firstPlane + segment.planes; ++p) {
    Emission emission;
    if (direct) {
      Buffer &out = buffer(op.getOutputs()[p]);
      emission.raw = train.addResult(&out, part(op.getOutputViews(), p), count, interval,
                                     inwardPaths(hemisphere, out), 4, key);
    } else {
      emission.raw = train.addResult(nullptr, {}, count, interval, {{hemisphere, false}}, 4, key);
      for (const scheduling::BodyArrival &arrival : body->arrivals) {
        if (arrival.argument == 0) {
          emission.reads.push_back(0);
          continue;
        }
        unsigned extra = p * extras + arrival.argument - 1;
        auto from = static_cast<Hemisphere>(op.getExtraHemispheres()[extra]);
        Buffer &operand = buffer(op.getExtras()[extra]);
        const size_t shared = tile::sharedExtra(op, extra).value_or(extra);
        auto [entry, isNew] = known.try_emplace({shared, arrival.depth}, 0);
        if (isNew)
          entry->second = train.addRead(
              operand, part(op.getExtraViews(), extra), count, interval, {from, false},
              bodyOffset + arrival.depth - int64_t(state.target.vxmEntryLatency), arrival.location);
        emission.reads.push_back(entry->second);
      }
      train.addBody(*body, bodyOffset, count, interval);
      emission.results.resize(outputs);
      for (const scheduling::BodyStep &step : body->steps)
        for (unsigned result : step.results) {
          Buffer &out = buffer(op.getOutputs()[p * outputs + result]);
          emission.results[result] = train.addResult(
              &out, part(op.getOutputViews(), p * outputs + result), count, interval, outwardPaths(out),
              binary::streamCount(body->resultTypes[result]),
              bodyOffset + step.depth + int64_t(binary::latencyOf(step.opcode, state.target)));
        }
    }
    emissions.push_back(std::move(emission));
  }
  if (!train.fits()) {
    if (count > 1 || segment.sources.size() > 1)
      return false;
    return train.explain();
  }
  TrainBuilder::addFitting(std::move(builder), [=, this](TrainBuilder &train) {
    issueRows(train, op, segment, body, bodyOffset, emissions);
  });
  return true;
}

void Schedule::issueRows(TrainBuilder &train, slice::ContractOp op, const RowSegment &segment,
                         const std::optional<BodySchedule> &body, int64_t bodyOffset,
                         llvm::ArrayRef<Emission> emissions) {
  auto hemisphere = static_cast<Hemisphere>(op.getHemisphere());
  const bool tandem = isTandem(op), direct = scheduling::isIdentity(op.getBody().front());
  const int64_t planesUsed = tandem ? state.target.planesPerHemisphere : segment.planes;
  const int64_t interval = tandem ? state.target.f16RowInterval : 1, count = segment.count;
  std::map<unsigned, std::vector<StreamSource>> issuedReads;
  auto issueRead = [&](unsigned read) -> const std::vector<StreamSource> & {
    auto [entry, isNew] = issuedReads.try_emplace(read);
    if (isNew)
      entry->second = train.issueRead(read);
    return entry->second;
  };
  for (unsigned p = 0; p < segment.planes; ++p) {
    unsigned number = op.getFirstPlane() + segment.firstPlane + p;
    const unsigned read = segment.sources.size() > 1 ? p : 0; // the first are the rows
    const std::vector<StreamSource> &rowSources = issueRead(read);
    Plane &plane = this->plane(hemisphere, number);
    Instruction instruction;
    instruction.opcode = tandem ? Opcode::MultiplyF16 : Opcode::MultiplyI8;
    instruction.cycle = train.cycle();
    instruction.count = count;
    instruction.interval = count == 1 ? 1 : interval;
    instruction.stream = train.streamOfRead(read);
    instruction.swap = segment.firstOfChunk;
    instruction.accumulate = segment.chunk > 0;
    instruction.emit = segment.lastChunk;
    instruction.lanes = op.getLanes()[segment.chunk];
    instruction.accumulator = segment.firstRow;
    if (segment.lastChunk)
      instruction.outStream = train.streamOfResult(emissions[p].raw);
    IssueId id = state.issue({Unit::Multiplier, hemisphere, uint16_t(number)}, instruction, op.getLoc());
    std::vector<FlowEdge> &flow = state.issues[id].flow;
    for (auto [byte, source] : llvm::enumerate(rowSources))
      addStreamFlow(flow, byte, 0, 1, count, source);
    if (segment.firstOfChunk)
      for (int64_t t = 0; t < (tandem ? planesUsed : 1); ++t)
        for (auto [column, groups, install] : this->plane(hemisphere, number + t).installs)
          flow.push_back({-1, int32_t(binary::kWeightsSlot), int32_t(column), int32_t(groups),
                          IssueId(install), int32_t(t), 0, groups == 1 ? 0 : 1});
    plane.rows.resize(state.target.accumulatorRows, {initialMemory, 0});
    FlowRuns runs(flow, binary::kAccumulatorSlot);
    for (int64_t row = 0; row < count; ++row) {
      auto &[issue, element] = plane.rows[segment.firstRow + row];
      if (segment.chunk > 0)
        runs.add(row, issue, 0, element);
      issue = id, element = row;
    }
    if (!segment.lastChunk)
      continue;

    const Emission &emission = emissions[p];
    std::vector<StreamSource> sources;
    for (int32_t byte = 0; byte < 4; ++byte)
      sources.push_back({{id, byte, 0, 1, count}});
    if (direct) {
      train.issueWrites(emission.raw, sources);
      continue;
    }
    llvm::SmallVector<int32_t> locations;
    std::vector<std::vector<StreamSource>> inputs;
    for (auto [index, arrival] : llvm::enumerate(body->arrivals)) {
      if (arrival.argument == 0) {
        locations.push_back(
            binary::streamLocation(target::inward(hemisphere), train.streamOfResult(emission.raw)));
        inputs.push_back(sources);
        continue;
      }
      unsigned extra = emission.reads[index];
      locations.push_back(binary::streamLocation(train.directionOfRead(extra), train.streamOfRead(extra)));
      inputs.push_back(issueRead(extra));
    }
    std::vector<IssueId> issued =
        train.issueBody(*body, bodyOffset, count, interval, locations, inputs, emission.results);
    for (auto [result, alu] : llvm::enumerate(issued)) {
      std::vector<StreamSource> bytes;
      for (unsigned byte = 0; byte < binary::streamCount(body->resultTypes[result]); ++byte)
        bytes.push_back({{alu, int32_t(byte), 0, 1, count}});
      train.issueWrites(emission.results[result], bytes);
    }
  }
}
