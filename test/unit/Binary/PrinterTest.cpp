//===- PrinterTest.cpp - Instructions in assembly -------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SampleProgram.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/Printer.h"

#include "gtest/gtest.h"

#include <sstream>

using namespace sluice;
using namespace sluice::binary;
using target::Direction;

static std::string printed(const Instruction &instruction) {
  return printInstruction(instruction, *target::targetByName("tsp1"));
}

// One instruction of each format; the syntax is docs/isa.md's.
TEST(Printer, PrintsEachFormat) {
  Instruction read;
  read.opcode = Opcode::Read;
  read.count = 640;
  read.interval = 2;
  read.address = 0x42;
  read.step = 1;
  read.stream = 4;
  EXPECT_EQ(printed(read), "read         @0x0042 step 1 -> s4.e  x640/2");
  Instruction scatter;
  scatter.opcode = Opcode::Scatter;
  scatter.stream = 3;
  scatter.mapStream = 9;
  scatter.mapDirection = 1;
  EXPECT_EQ(printed(scatter), "scatter      s3.e -> @0x0000 + s9.w");
  Instruction fma;
  fma.opcode = Opcode::FmaF;
  fma.aKind = int32_t(OperandKind::Alu);
  fma.aLocation = 2;
  fma.bKind = int32_t(OperandKind::Immediate);
  fma.immediate = 0x3f800000;
  fma.cKind = int32_t(OperandKind::Stream);
  fma.cLocation = streamLocation(Direction::West, 6);
  fma.cType = int32_t(InType::Half);
  fma.stream = 8;
  EXPECT_EQ(printed(fma), "fma.f        vxm.2, 0x3f800000, s6..7.w:half -> chain");
  fma.east = fma.west = 1;
  EXPECT_EQ(printed(fma), "fma.f        vxm.2, 0x3f800000, s6..7.w:half -> s8..11.ew:word");
  Instruction permute;
  permute.opcode = Opcode::Permute;
  permute.width = 2;
  permute.mapStream = 10;
  permute.hold = 1;
  permute.outStream = 20;
  permute.outDirection = 1;
  EXPECT_EQ(printed(permute), "permute      s0..1.e map s10..11.e hold -> s20..21.w");
  Instruction transpose;
  transpose.opcode = Opcode::Transpose;
  transpose.outStream = 16;
  EXPECT_EQ(printed(transpose), "transpose    s0..15.e -> s16..31.e");
  Instruction install;
  install.opcode = Opcode::Install;
  install.stream = 16;
  install.column = 3;
  install.width = 12;
  EXPECT_EQ(printed(install), "install      s16..27 -> group 3");
  Instruction multiply;
  multiply.opcode = Opcode::MultiplyF16;
  multiply.stream = 2;
  multiply.swap = 1;
  multiply.lanes = 320;
  multiply.accumulator = 7;
  EXPECT_EQ(printed(multiply), "multiply.f16 s2..3 lanes 320 swap set acc 7");
  multiply.accumulate = multiply.emit = 1;
  multiply.outStream = 12;
  EXPECT_EQ(printed(multiply), "multiply.f16 s2..3 lanes 320 swap add acc 7 -> s12..15");
  Instruction receive;
  receive.opcode = Opcode::Receive;
  receive.link = 3;
  receive.stream = 1;
  receive.direction = 1;
  EXPECT_EQ(printed(receive), "receive      link3 -> s1.w");
}

TEST(Printer, ShowsCyclesAndNodesByQueue) {
  std::ostringstream text;
  Selection selection;
  selection.card = 1;
  selection.queue = "link6.send";
  printText(makeProgram(), *target::targetByName("tsp1"), selection, text);
  EXPECT_EQ(text.str(), "card 1 link6.send:\n"
                        "      20  send         s0.e -> link6  x2/24                              "
                        "; /layers.0/q/MatMul\n");
}

TEST(Printer, ShowsMemoryBySliceAndBank) {
  std::ostringstream text;
  Selection selection;
  selection.card = 0;
  printMemory(makeProgram(), *target::targetByName("tsp1"), selection, text);
  EXPECT_EQ(text.str(), "card 0 memory:\n"
                        "  mem.e0   0x0000 step 1 x2  initial\n"
                        "  mem.e3   0x0064 step -1 x2  input x, byte 0, from vector 0\n"
                        "  slice    bank  initial bytes    bound bytes\n"
                        "  mem.e0      0            640              0\n"
                        "  mem.e3      0              0            640\n");
}

TEST(Printer, ShowsWhatInitializerMemoryIsOf) {
  Program program = makeProgram();
  program.metadata.add_locations("layers.0.q\n");
  program.cards[0].memory[0].set_location(static_cast<uint32_t>(program.metadata.locations_size() - 1));
  std::ostringstream text;
  Selection selection;
  selection.card = 0;
  printMemory(program, *target::targetByName("tsp1"), selection, text);
  EXPECT_NE(text.str().find("  mem.e0   0x0000 step 1 x2  initial layers.0.q\\n\n"), std::string::npos)
      << text.str();
}
