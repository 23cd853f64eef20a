//===- RandomProgram.cpp - Legal programs at random -----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"

#include "../Verifier/ProgramBuilder.h"

#include "sluice/Executor/Stepper.h"

#include <numeric>
#include <optional>
#include <random>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;

namespace {

constexpr unsigned cardCount = 2;
/// Words that every slice holds at the start, in each bank: data, then a lane permutation's low and high
/// bytes, a map within superlanes, and offsets into the data.
constexpr int dataWords = 32, permuteLow = 32, permuteHigh = 33, distributeMap = 34, offsetWord = 35,
              initialWords = 36;
/// Where writes go.
constexpr int writtenFirst = 64, writtenWords = 16;

/// Vectors of `width` streams that pass `position` from `cycle` on.
struct Source {
  uint32_t card;
  Direction direction;
  unsigned stream, width;
  int position;
  int64_t cycle;
  uint32_t count, interval;

  bool reaches(int other) const { return direction == eastward ? other >= position : other <= position; }
  int64_t cycleAt(int other) const { return cycle + std::abs(other - position); }
};

/// A burst that a later one can build on: an ALU's for a chain, a multiply's for accumulation.
struct Made {
  uint32_t card;
  Queue queue;
  Instruction what;
};

class Generator {
public:
  explicit Generator(uint64_t seed) : random(seed), builder("tiny", cardCount), target(builder.target()) {
    for (uint32_t card = 0; card != cardCount; ++card)
      for (Hemisphere hemisphere : {east, west})
        for (uint32_t slice = 0; slice != target.slicesPerHemisphere; ++slice)
          for (uint32_t bank = 0; bank != target.banksPerSlice; ++bank)
            builder.memory(hemisphere, slice, bank * target.wordsPerBank, initialContent(), card);
  }

  Program run() {
    const unsigned groups = 6 + below(20);
    for (unsigned group = 0; group != groups; ++group)
      addGroup();
    Program program = builder.build(); // With the flow of tables.
    auto stepper = *executor::Stepper::create(program, /*recordsFlow=*/true);
    const auto flow = (*stepper->step({}))->flow();
    for (size_t card = 0; card != program.cards.size(); ++card)
      program.cards[card].flow.insert(program.cards[card].flow.end(), flow[card].begin(), flow[card].end());
    return program;
  }

private:
  unsigned below(unsigned bound) { return unsigned(random() % bound); }
  bool oneIn(unsigned chances) { return below(chances) == 0; }
  Direction anyDirection() { return oneIn(2) ? eastward : westward; }
  Hemisphere anyHemisphere() { return oneIn(2) ? east : west; }
  unsigned anyStream(unsigned alignment) { return below(target.streamsPerDirection / alignment) * alignment; }
  template <typename T>
  const T &anyOf(const std::vector<T> &items) {
    return items[below(unsigned(items.size()))];
  }

  std::string initialContent() {
    const size_t lanes = target.lanes();
    std::string content(initialWords * lanes, 0);
    for (size_t byte = 0; byte != dataWords * lanes; ++byte)
      content[byte] = char(random());
    std::vector<uint16_t> permutation(lanes);
    std::iota(permutation.begin(), permutation.end(), 0);
    for (size_t lane = lanes - 1; lane != 0; --lane)
      std::swap(permutation[lane], permutation[below(unsigned(lane + 1))]);
    // The two bytes of a map may come from different slices: all slices give zero in the same lanes.
    for (size_t lane = 0; lane != lanes; ++lane) {
      const bool isZero = lane % 8 == 5;
      content[permuteLow * lanes + lane] = char(isZero ? 0xff : permutation[lane]);
      content[permuteHigh * lanes + lane] = char(isZero ? 0xff : 0);
      content[distributeMap * lanes + lane] = char(isZero ? 0xff : below(target.lanesPerSuperlane));
    }
    for (size_t lane = 0; lane != lanes; lane += target.lanesPerSuperlane)
      content[offsetWord * lanes + lane] = char(below(dataWords));
    return content;
  }

  static int positionOf(Hemisphere hemisphere, unsigned stop) {
    return target::Target::position(hemisphere, stop);
  }

  BurstRef addBurst(const Queue &queue, const Instruction &what, uint32_t card) {
    added.push_back({card, queue, what});
    return builder.add(queue, what, card);
  }

  /// A read of `count` words from `address` on that passes `position` from `cycle` on, from a slice that
  /// lies upstream. False if there is no time for it.
  bool readTowards(uint32_t card, int position, int64_t cycle, Direction direction, unsigned stream,
                   int address, int step, uint32_t count, uint32_t interval,
                   std::optional<std::pair<Hemisphere, unsigned>> from = std::nullopt) {
    const auto [hemisphere, slice] =
        from.value_or(std::pair(anyHemisphere(), below(target.slicesPerHemisphere)));
    const int place = positionOf(hemisphere, target.sliceStop(slice));
    if (direction == eastward ? place > position : place < position)
      return false;
    const int64_t dispatch = cycle - std::abs(position - place) - target.readLatency;
    if (dispatch < 0)
      return false;
    Instruction read = memoryBurst(Opcode::Read, uint64_t(dispatch), address, direction, int(stream), count);
    read.step = count == 1 ? 0 : step;
    read.interval = count == 1 ? 1 : interval;
    addBurst(readQueue(hemisphere, slice), read, card);
    addSource(card, direction, stream, 1, place, dispatch + target.readLatency, count, interval);
    return true;
  }

  void addSource(uint32_t card, Direction direction, unsigned stream, unsigned width, int position,
                 int64_t cycle, uint32_t count, uint32_t interval) {
    newSources.push_back({card, direction, stream, width, position, cycle, count, interval});
  }

  /// A source of at least `width` aligned streams that reaches `position`.
  std::optional<Source> sourceAt(int position, unsigned width) {
    std::vector<Source> found;
    for (const Source &source : sources)
      if (source.width >= width && source.reaches(position))
        found.push_back(source);
    if (found.empty())
      return std::nullopt;
    return anyOf(found);
  }

  /// Adds instructions, or leaves the program as it is.
  void addGroup() {
    const ProgramBuilder before = builder;
    added.clear();
    newSources.clear();
    if (!propose() || !isLegal()) {
      builder = before;
      return;
    }
    sources.insert(sources.end(), newSources.begin(), newSources.end());
    made.insert(made.end(), added.begin(), added.end());
  }

  bool isLegal() {
    const Program program = builder.build();
    if (!checkProgram(program).ok())
      return false;
    auto stepper = executor::Stepper::create(program);
    return stepper.ok() && (*stepper)->run({}).ok();
  }

  bool propose() {
    switch (below(12)) {
    case 0:
    case 1:
    case 2:
      return proposeRead();
    case 3:
    case 4:
      return proposeWrite();
    case 5:
    case 6:
      return proposeAlu();
    case 7:
      return proposeLanes();
    case 8:
      return proposeTranspose();
    case 9:
      return proposeMultiply();
    case 10:
      return oneIn(2) ? proposeTransfer() : proposeAccumulation();
    default:
      return proposeIndirect();
    }
  }

  bool proposeRead() {
    const bool ofWritten = oneIn(3);
    const uint32_t count = 1 + below(5);
    const int address = ofWritten ? writtenFirst + int(below(writtenWords)) : int(below(dataWords)),
              step = int(below(4)) - 1;
    const int bank = int(below(target.banksPerSlice) * target.wordsPerBank);
    return readTowards(below(cardCount), 0, 20 + below(120), anyDirection(), anyStream(1), bank + address,
                       step, count, 1 + below(3));
  }

  bool proposeWrite() {
    const Hemisphere hemisphere = anyHemisphere();
    const unsigned slice = below(target.slicesPerHemisphere);
    const int position = positionOf(hemisphere, target.sliceStop(slice));
    const std::optional<Source> source = sourceAt(position, 1);
    if (!source)
      return false;
    Instruction write = memoryBurst(Opcode::Write, uint64_t(source->cycleAt(position)),
                                    writtenFirst + int(below(writtenWords)), source->direction,
                                    int(source->stream + below(source->width)), source->count);
    write.step = int(below(3)) - 1;
    write.interval = source->interval;
    addBurst(writeQueue(hemisphere, slice), write, source->card);
    return true;
  }

  /// An operation on a source; further operands are immediates, the same source, or a chained result.
  bool proposeAlu() {
    const auto type = InType(below(6));
    const std::optional<Source> source = sourceAt(0, streamCount(type));
    if (!source)
      return false;
    const OpcodeInfo &info = anyAlu();
    Instruction what;
    what.opcode = info.opcode;
    what.cycle = uint64_t(source->cycleAt(0)) + target.vxmEntryLatency;
    what.count = source->count;
    what.interval = source->interval;
    what.immediate = oneIn(2) ? uint32_t(random()) : 0x3f800000 + below(1u << 24);
    const unsigned alignment = streamCount(type);
    const int32_t where = streamLocation(
        source->direction, int32_t(source->stream + below(source->width / alignment) * alignment));
    int32_t *fields[3][3] = {{&what.aKind, &what.aLocation, &what.aType},
                             {&what.bKind, &what.bLocation, &what.bType},
                             {&what.cKind, &what.cLocation, &what.cType}};
    const unsigned ofStream = below(info.operands);
    for (unsigned index = 0; index != info.operands; ++index) {
      auto [kind, location, inType] = fields[index];
      const Made *chained = chainable(*source, what);
      if (index == ofStream || (!chained && oneIn(2))) {
        *kind = int32_t(OperandKind::Stream), *location = where, *inType = int32_t(type);
      } else if (chained) {
        *kind = int32_t(OperandKind::Alu), *location = chained->queue.index;
      } else {
        *kind = int32_t(OperandKind::Immediate);
      }
    }
    what.outType = int32_t(below(8));
    const unsigned width = streamCount(OutType(what.outType));
    what.stream = int32_t(anyStream(width));
    what.east = int32_t(below(2)), what.west = int32_t(below(2));
    if (!what.east && !what.west)
      what.stream = what.outType = 0;
    addBurst(aluQueue(below(target.alus)), what, source->card);
    const int64_t done = int64_t(what.cycle) + latencyOf(what.opcode, target);
    for (Direction direction : {eastward, westward})
      if (direction == eastward ? what.east : what.west)
        addSource(source->card, direction, unsigned(what.stream), width, 0, done, what.count, what.interval);
    return true;
  }

  const OpcodeInfo &anyAlu() {
    while (true)
      if (const OpcodeInfo &info = opcodeTable()[below(unsigned(opcodeTable().size()))]; isAlu(info.opcode))
        return info;
  }

  /// An operation whose results are ready just when `what` wants its operands.
  const Made *chainable(const Source &source, const Instruction &what) {
    for (const Made &of : made)
      if (of.card == source.card && isAlu(of.what.opcode) &&
          of.what.cycle + latencyOf(of.what.opcode, target) == what.cycle && of.what.count >= what.count &&
          of.what.interval == what.interval)
        return &of;
    return nullptr;
  }

  bool proposeLanes() {
    const Hemisphere hemisphere = anyHemisphere();
    const int position = positionOf(hemisphere, target.sxmStop);
    const std::optional<Source> source = sourceAt(position, 1);
    if (!source)
      return false;
    const bool isPermute = oneIn(2), holds = source->count > 1 && oneIn(2);
    const int64_t cycle = source->cycleAt(position);
    const Direction mapDirection = target::outward(hemisphere);
    const unsigned mapStream = anyStream(2);
    for (unsigned byte = 0; byte != (isPermute ? 2 : 1); ++byte)
      if (!readTowards(source->card, position, cycle, mapDirection, mapStream + byte,
                       isPermute ? permuteLow + int(byte) : distributeMap, 0, holds ? 1 : source->count,
                       source->interval))
        return false;
    Instruction what = lanesBurst(isPermute ? Opcode::Permute : Opcode::Distribute, uint64_t(cycle),
                                  source->direction, int(source->stream), int(mapStream), int(source->width),
                                  target::inward(hemisphere), int(anyStream(source->width)));
    what.mapDirection = int32_t(mapDirection);
    what.count = source->count;
    what.interval = source->interval;
    what.hold = holds;
    addBurst(unitQueue(isPermute ? Unit::Permutor : Unit::Distributor, hemisphere,
                       isPermute ? 0 : below(target.distributors)),
             what, source->card);
    addSource(source->card, target::inward(hemisphere), unsigned(what.outStream), source->width, position,
              cycle + latencyOf(what.opcode, target), what.count, what.interval);
    return true;
  }

  /// Reads on consecutive streams that reach the outer end of `hemisphere` together, each from another slice.
  bool readAll(uint32_t card, Hemisphere hemisphere, unsigned stop, int64_t cycle, unsigned first,
               unsigned count, uint32_t elements) {
    for (unsigned i = 0; i != count; ++i) {
      const Hemisphere from = i < target.slicesPerHemisphere ? east : west;
      if (!readTowards(card, positionOf(hemisphere, stop), cycle, target::outward(hemisphere), first + i,
                       int(below(dataWords - elements)), 1, elements, 1,
                       std::pair(from, i % target.slicesPerHemisphere)))
        return false;
    }
    return true;
  }

  bool proposeTranspose() {
    const Hemisphere hemisphere = anyHemisphere();
    const uint32_t card = below(cardCount), count = 1 + below(3);
    const int64_t cycle = 20 + below(100);
    const unsigned size = target.lanesPerSuperlane, first = anyStream(size);
    if (!readAll(card, hemisphere, target.sxmStop, cycle, first, size, count))
      return false;
    Instruction what;
    what.opcode = Opcode::Transpose;
    what.cycle = uint64_t(cycle);
    what.count = count;
    what.stream = int32_t(first), what.direction = int32_t(target::outward(hemisphere));
    what.outStream = int32_t(anyStream(size)), what.outDirection = int32_t(target::inward(hemisphere));
    addBurst(unitQueue(Unit::Transposer, hemisphere, below(target.transposers)), what, card);
    for (unsigned i = 0; i != size; ++i)
      addSource(card, target::inward(hemisphere), unsigned(what.outStream) + i, 1,
                positionOf(hemisphere, target.sxmStop), cycle + target.transposeLatency, count, 1);
    return true;
  }

  /// Weights for one plane, or for both in tandem, and rows that multiply them.
  bool proposeMultiply() {
    const Hemisphere hemisphere = anyHemisphere();
    const bool tandem = oneIn(2);
    const unsigned plane = tandem ? 0 : below(target.planesPerHemisphere);
    const uint32_t card = below(cardCount), groups = 1 + below(target.columnGroups());
    int64_t cycle = 20 + below(60);
    for (unsigned i = 0; i != (tandem ? 2 : 1); ++i, cycle += groups) {
      Instruction install;
      install.opcode = Opcode::Install;
      install.cycle = uint64_t(cycle);
      install.count = groups;
      install.width = int32_t(oneIn(2) ? target.installStreams : 1 + below(target.installStreams));
      install.stream = int32_t(anyStream(target.installStreams));
      if (!readAll(card, hemisphere, target.mxmStop, cycle, unsigned(install.stream), unsigned(install.width),
                   groups))
        return false;
      addBurst(unitQueue(Unit::Installer, hemisphere, plane + i), install, card);
    }
    return addRows(card, hemisphere, plane, tandem ? Opcode::MultiplyF16 : Opcode::MultiplyI8,
                   cycle + below(10), true, below(target.accumulatorRows - 8), 1 + below(5));
  }

  bool addRows(uint32_t card, Hemisphere hemisphere, unsigned plane, Opcode opcode, int64_t cycle, bool first,
               unsigned row, uint32_t count) {
    const bool tandem = opcode == Opcode::MultiplyF16;
    const int position = positionOf(hemisphere, target.mxmStop);
    Instruction what;
    what.opcode = opcode;
    what.cycle = uint64_t(cycle);
    what.count = count;
    what.interval = tandem ? target.f16RowInterval : 1 + below(2);
    what.stream = int32_t(anyStream(tandem ? 2 : 1));
    what.swap = first, what.accumulate = !first;
    what.emit = oneIn(4) ? 0 : 1;
    what.lanes = int32_t(1 + below(target.lanes()));
    what.accumulator = int32_t(row);
    what.outStream = what.emit ? int32_t(anyStream(4)) : 0;
    for (unsigned byte = 0; byte != (tandem ? 2 : 1); ++byte)
      if (!readTowards(card, position, cycle, target::outward(hemisphere), unsigned(what.stream) + byte,
                       int(below(dataWords - 5)), 1, count, what.interval))
        return false;
    addBurst(unitQueue(Unit::Multiplier, hemisphere, plane), what, card);
    if (what.emit)
      addSource(card, target::inward(hemisphere), unsigned(what.outStream), 4, position,
                cycle + target.multiplyLatency, count, what.interval);
    return true;
  }

  /// More rows onto what an earlier multiply left.
  bool proposeAccumulation() {
    std::vector<Made> multiplies;
    for (const Made &of : made)
      if (of.queue.unit == Unit::Multiplier)
        multiplies.push_back(of);
    if (multiplies.empty())
      return false;
    const Made of = anyOf(multiplies);
    const int64_t end = int64_t(of.what.cycle) + int64_t(of.what.count) * of.what.interval;
    return addRows(of.card, of.queue.hemisphere, of.queue.index, of.what.opcode, end + below(8), false,
                   unsigned(of.what.accumulator), 1 + below(of.what.count));
  }

  bool proposeTransfer() {
    const uint32_t card = below(cardCount), peer = 1 - card;
    const unsigned link = target.localLink(card, peer), peerLink = target.localLink(peer, card);
    const int position = positionOf(target.linkHemisphere(link), target.sxmStop);
    const std::optional<Source> source = sourceAt(position, 1);
    if (!source || source->card != card)
      return false;
    Instruction send, receive;
    send.opcode = Opcode::Send, receive.opcode = Opcode::Receive;
    send.cycle = uint64_t(source->cycleAt(position));
    receive.cycle = send.cycle + target.linkLatency;
    send.link = int32_t(link), receive.link = int32_t(peerLink);
    send.stream = int32_t(source->stream), send.direction = int32_t(source->direction);
    receive.stream = int32_t(anyStream(1));
    const Hemisphere at = target.linkHemisphere(peerLink);
    receive.direction = int32_t(target::inward(at));
    addBurst(unitQueue(Unit::Link, target.linkHemisphere(link), 2 * link), send, card);
    addBurst(unitQueue(Unit::Link, at, 2 * peerLink + 1), receive, peer);
    addSource(peer, target::inward(at), unsigned(receive.stream), 1, positionOf(at, target.sxmStop),
              int64_t(receive.cycle) + target.receiveLatency, 1, 1);
    return true;
  }

  /// A Gather from the data, or a Scatter of a source into it.
  bool proposeIndirect() {
    const Hemisphere hemisphere = anyHemisphere();
    const unsigned slice = below(target.slicesPerHemisphere);
    const int position = positionOf(hemisphere, target.sliceStop(slice));
    const bool isGather = oneIn(2);
    const std::optional<Source> source = sourceAt(position, 1);
    if (!isGather && !source)
      return false;
    const uint32_t card = isGather ? below(cardCount) : source->card,
                   count = isGather ? 1 + below(3) : source->count;
    const uint32_t interval = isGather ? 1 : source->interval;
    const int64_t cycle = isGather ? 20 + below(100) : source->cycleAt(position);
    Instruction what;
    what.opcode = isGather ? Opcode::Gather : Opcode::Scatter;
    what.cycle = uint64_t(cycle);
    what.count = count;
    what.interval = interval;
    what.address = int32_t(below(target.banksPerSlice) * target.wordsPerBank);
    what.mapStream = int32_t(anyStream(1)), what.mapDirection = int32_t(anyDirection());
    if (!readTowards(card, position, cycle, Direction(what.mapDirection), unsigned(what.mapStream),
                     offsetWord, 0, count, interval))
      return false;
    what.stream = int32_t(isGather ? anyStream(1) : source->stream);
    what.direction = int32_t(isGather ? anyDirection() : source->direction);
    const BurstRef burst =
        addBurst(isGather ? readQueue(hemisphere, slice) : writeQueue(hemisphere, slice), what, card);
    if (isGather) {
      builder.flowFromMemory(burst, {0, dataWords});
      addSource(card, Direction(what.direction), unsigned(what.stream), 1, position,
                cycle + target.gatherLatency, count, interval);
    }
    return true;
  }

  std::mt19937_64 random;
  ProgramBuilder builder;
  const target::Target target;
  std::vector<Source> sources, newSources;
  std::vector<Made> made, added;
};

} // namespace

Program test::randomProgram(uint64_t seed) { return Generator(seed).run(); }
