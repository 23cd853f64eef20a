//===- Samples.cpp - Small right programs, written by hand ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Samples.h"

#include <bit>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;

std::string Numbers::bytes(size_t count) {
  std::string text(count, '\0');
  for (char &c : text)
    c = char(next(127));
  return text;
}

CopySample test::copySample(std::string_view target, uint32_t vectors) {
  CopySample s{ProgramBuilder(target), "", {}, {}};
  const target::Target &t = s.builder.target();
  s.data = Numbers().bytes(size_t(vectors) * t.lanes());
  s.builder.memory(east, 0, 10, s.data);
  s.read =
      s.builder.add(readQueue(east, 0), memoryBurst(Opcode::Read, 3, 10, eastward, 4, vectors), 0, "/load");
  const uint64_t arrival = 3 + t.readLatency + t.sliceStop(4) - t.sliceStop(0);
  s.write = s.builder.add(writeQueue(east, 4), memoryBurst(Opcode::Write, arrival, 20, eastward, 4, vectors),
                          0, "/store");
  s.builder.flowFromMemory(s.read);
  s.builder.flow(s.write, 0, s.read);
  s.builder.output("y", 2, 2, {vectors, t.lanes()}, east, {4}, 20);
  return s;
}

ChainSample test::chainSample(std::string_view target) {
  ChainSample s{ProgramBuilder(target), {}, {}, {}, {}, {}};
  ProgramBuilder &b = s.builder;
  const target::Target &t = b.target();
  Numbers numbers;
  for (unsigned lane = 0; lane != t.lanes(); ++lane)
    s.x.push_back(float(numbers.next(1000)) / 8);

  const uint64_t start = 5;
  const uint64_t multiply = start + t.readLatency + t.sliceStop(0) + t.vxmEntryLatency;
  const uint64_t add = multiply + t.simpleLatency;
  Instruction first = aluBurst(Opcode::MulF, multiply, {onStream(westward, 0), immediate()});
  first.immediate = std::bit_cast<uint32_t>(3.0f);
  Instruction second = aluBurst(Opcode::AddF, add, {fromAlu(2), immediate()}, 8, eastward);
  second.immediate = std::bit_cast<uint32_t>(0.5f);
  s.multiply = b.add(aluQueue(2), first, 0, "/scale");
  s.add = b.add(aluQueue(7), second, 0, "/offset");
  b.flow(s.add, kChainSlot, s.multiply);
  for (unsigned byte = 0; byte != 4; ++byte) {
    b.memory(east, byte, 0, bytePlane(s.x, byte));
    s.reads.push_back(b.add(readQueue(east, byte), memoryBurst(Opcode::Read, start, 0, westward, int(byte))));
    b.flowFromMemory(s.reads[byte]);
    b.flow(s.multiply, byte, s.reads[byte]);
    const uint64_t arrival = add + t.simpleLatency + t.sliceStop(4);
    s.writes.push_back(
        b.add(writeQueue(east, 4 + byte), memoryBurst(Opcode::Write, arrival, 0, eastward, 8 + int(byte))));
    b.flow(s.writes[byte], 0, s.add, byte);
  }
  b.output("y", 1, 1, {t.lanes()}, east, {4, 5, 6, 7}, 0);
  return s;
}

/// Byte `k` of the machine's form of a weight or activation.
static char byteOf(int value, bool half, unsigned k) {
  const auto bits = half ? std::bit_cast<uint16_t>(static_cast<_Float16>(value)) : uint16_t(int16_t(value));
  return char(bits >> (8 * k));
}

MatmulSample test::matmulSample(std::string_view target, bool half, unsigned rows, unsigned depth) {
  MatmulSample s{ProgramBuilder(target), rows, depth, 0, {}, {}, {}, {}, {}};
  ProgramBuilder &b = s.builder;
  const target::Target &t = b.target();
  s.columns = t.columns;
  const unsigned planes = half ? 2 : 1, groups = t.columnGroups(), interval = half ? t.f16RowInterval : 1;
  const int limit = half ? 40 : 127;
  Numbers numbers;

  // When something must be at the planes, its slice reads it this much earlier.
  auto readCycle = [&](uint64_t cycle, Hemisphere hemisphere, unsigned slice) {
    const int distance = int(t.mxmStop) - target::Target::position(hemisphere, t.sliceStop(slice));
    return cycle - unsigned(distance) - t.readLatency;
  };
  auto placeOf = [](unsigned stream) { // Sixteen slices, eight on each side.
    return std::pair(stream < 8 ? east : west, stream % 8);
  };

  uint64_t cycle = 2 * t.mxmStop + 8; // Of the next thing to happen at the planes.
  for (unsigned tile = 0; tile != 2; ++tile) {
    for (unsigned i = 0; i != rows * depth; ++i)
      s.a[tile].push_back(numbers.next(limit));
    for (unsigned i = 0; i != depth * s.columns; ++i)
      s.b[tile].push_back(numbers.next(limit));

    std::vector<std::vector<BurstRef>> weightReads(planes);
    for (unsigned plane = 0; plane != planes; ++plane, cycle += groups) {
      Instruction install;
      install.opcode = Opcode::Install;
      install.cycle = cycle;
      install.count = groups;
      install.width = int32_t(t.installStreams);
      s.installs[tile].push_back(b.add(unitQueue(Unit::Installer, east, plane), install, 0, "/weights"));
      for (unsigned stream = 0; stream != t.installStreams; ++stream) {
        const auto [hemisphere, slice] = placeOf(stream);
        const int address = int((tile * planes + plane) * groups);
        std::string words;
        for (unsigned group = 0; group != groups; ++group)
          for (unsigned lane = 0; lane != t.lanes(); ++lane)
            words += lane < depth ? byteOf(s.b[tile][lane * s.columns + group * t.installStreams + stream],
                                           half, plane)
                                  : char(0x55); // Beyond the multiply's lanes.
        b.memory(hemisphere, slice, uint32_t(address), words);
        BurstRef read =
            b.add(readQueue(hemisphere, slice), memoryBurst(Opcode::Read, readCycle(cycle, hemisphere, slice),
                                                            address, eastward, int(stream), groups));
        b.flowFromMemory(read);
        b.flow(s.installs[tile][plane], stream, read);
      }
    }

    Instruction multiply;
    multiply.opcode = half ? Opcode::MultiplyF16 : Opcode::MultiplyI8;
    multiply.cycle = cycle;
    multiply.count = rows;
    multiply.interval = interval;
    multiply.stream = 16;
    multiply.swap = 1;
    multiply.accumulate = tile == 1;
    multiply.emit = tile == 1;
    multiply.lanes = int32_t(depth);
    s.multiply[tile] = b.add(unitQueue(Unit::Multiplier, east, 0), multiply, 0, "/matmul");
    for (unsigned plane = 0; plane != planes; ++plane) {
      b.flow(s.multiply[tile], kWeightsSlot, s.installs[tile][plane], plane, {0, groups, 0, 1});
      std::string words;
      for (unsigned row = 0; row != rows; ++row)
        for (unsigned lane = 0; lane != t.lanes(); ++lane)
          words += lane < depth ? byteOf(s.a[tile][row * depth + lane], half, plane) : char(0x66);
      const uint32_t address = 100 + tile * rows;
      b.memory(east, plane, address, words);
      Instruction readRows = memoryBurst(Opcode::Read, readCycle(cycle, east, plane), int(address), eastward,
                                         16 + int(plane), rows);
      readRows.interval = interval;
      BurstRef read = b.add(readQueue(east, plane), readRows);
      b.flowFromMemory(read);
      b.flow(s.multiply[tile], plane, read);
    }
    cycle += rows * interval;
  }
  b.flow(s.multiply[1], kAccumulatorSlot, s.multiply[0]);

  for (unsigned byte = 0; byte != 4; ++byte) {
    const uint64_t arrival = b.at(s.multiply[1]).cycle + t.multiplyLatency + t.mxmStop - t.sliceStop(4);
    Instruction write = memoryBurst(Opcode::Write, arrival, int(t.wordsPerBank), westward, int(byte), rows);
    write.interval = interval;
    s.writes.push_back(b.add(writeQueue(east, 4 + byte), write));
    b.flow(s.writes[byte], 0, s.multiply[1], byte);
  }
  const int type = half ? 1 : 6;
  b.output("y", type, type, {rows, s.columns}, east, {4, 5, 6, 7}, t.wordsPerBank);
  return s;
}

LinkSample test::linkSample(std::string_view target, uint32_t vectors) {
  LinkSample s{ProgramBuilder(target, 2), "", {}, {}, {}, {}};
  ProgramBuilder &b = s.builder;
  const target::Target &t = b.target();
  s.data = Numbers().bytes(size_t(vectors) * t.lanes());
  b.memory(east, 0, 0, s.data, 0);
  auto spaced = [&](Instruction burst) {
    burst.interval = t.linkInterval;
    return burst;
  };
  const unsigned there = t.localLink(0, 1), back = t.localLink(1, 0);
  const uint64_t start = 2, distance = t.sxmStop - t.sliceStop(0);
  const uint64_t sent = start + t.readLatency + distance, received = sent + t.linkLatency;
  s.read = b.add(readQueue(east, 0), spaced(memoryBurst(Opcode::Read, start, 0, eastward, 6, vectors)), 0);
  Instruction send = spaced(memoryBurst(Opcode::Send, sent, 0, eastward, 6, vectors));
  send.link = int32_t(there);
  s.send = b.add(unitQueue(Unit::Link, t.linkHemisphere(there), 2 * there), send, 0, "/gather");
  Instruction receive = spaced(memoryBurst(Opcode::Receive, received, 0, westward, 9, vectors));
  receive.link = int32_t(back);
  s.receive = b.add(unitQueue(Unit::Link, t.linkHemisphere(back), 2 * back + 1), receive, 1, "/gather");
  s.write = b.add(
      writeQueue(east, 0),
      spaced(memoryBurst(Opcode::Write, received + t.receiveLatency + distance, 0, westward, 9, vectors)), 1);
  b.flowFromMemory(s.read);
  b.flow(s.send, 0, s.read);
  b.flow(s.receive, kReceiveSlot, s.send);
  b.flow(s.write, 0, s.receive);
  b.output("y", 2, 2, {vectors, t.lanes()}, east, {0}, 0, 1);
  return s;
}
