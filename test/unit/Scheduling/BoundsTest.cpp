//===- BoundsTest.cpp - What no schedule can beat -------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Expected cycles are worked out by hand for target tiny: the nearest slice is one stop from the VXM, the
// furthest two, the SXM is at stop 4, the MXM at 5; a read, a write and a stop take a cycle, entering the VXM
// 5, an ALU 3 or 9, a permutation 4, a product 32, a link 228 and its Receive one more.
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/Bounds.h"

#include "dialects/tile/TileDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace sluice;

namespace {

struct BothBounds {
  int64_t resource, path;
  bool operator==(const BothBounds &) const = default;
  friend std::ostream &operator<<(std::ostream &os, const BothBounds &bounds) {
    return os << "resource " << bounds.resource << ", path " << bounds.path;
  }
};

class Bounds : public testing::Test {
protected:
  Bounds() {
    context.loadDialect<tile::TileDialect, mlir::arith::ArithDialect, mlir::math::MathDialect,
                        mlir::func::FuncDialect>();
  }

  BothBounds of(const std::string &program, unsigned cards = 1) {
    auto module =
        mlir::parseSourceString<mlir::ModuleOp>("func.func @main() {\n" + program + "return\n}\n", &context);
    if (!module)
      return {-1, -1};
    computeBounds(*module, *target::targetByName("tiny"), cards);
    return {boundOf(*module, kResourceBoundsAttr), boundOf(*module, kPathBoundAttr)};
  }

  static std::string buffer(int vectors, int bytes) {
    return "<" + std::to_string(vectors) + ", " + std::to_string(bytes) + ">";
  }
  static std::string binding(const std::string &type, int vectors) {
    return "machine_type = tensor<" + std::to_string(vectors) + "x32x" + type + ">, user_type = " + type +
           ", permutation = array<i64: 0, 1>, lane_dims = 1 : i64, first = 0 : i64";
  }
  static std::string input(const std::string &name, const std::string &type, int bytes, int vectors = 1) {
    return "%" + name + " = tile.input \"" + name + "\" {" + binding(type, vectors) +
           "} : " + buffer(vectors, bytes) + "\n";
  }
  static std::string output(const std::string &name, const std::string &type, int bytes, int vectors = 1) {
    return "tile.output %" + name + " [0, 1] count " + std::to_string(vectors) + " \"" + name +
           "\" {card = -1 : i64, " + binding(type, vectors) + "} : " + buffer(vectors, bytes) + "\n";
  }
  static std::string made(const std::string &name, int bytes, int vectors = 1) {
    return "%" + name + " = tile.buffer : " + buffer(vectors, bytes) + "\n";
  }
  /// A map of operands of 4 bytes to results of `bytes`, of all vectors.
  static std::string map(const std::vector<std::string> &from, const std::string &to, const std::string &body,
                         int bytes = 4, int vectors = 1) {
    std::string ins, types, views, arguments;
    for (size_t i = 0; i != from.size(); ++i) {
      const std::string comma = i == 0 ? "" : ", ";
      ins += comma + "%" + from[i];
      types += comma + "!tile.buffer" + buffer(vectors, 4);
      views += comma + "0, 1";
      arguments += comma + "%" + std::string(1, char('a' + i)) + ": f32";
    }
    return "tile.map ins(" + ins + " : " + types + ") [" + views + "] outs(%" + to + " : !tile.buffer" +
           buffer(vectors, bytes) + ") [0, 1] count " + std::to_string(vectors) + " {\n^bb0(" + arguments +
           "):\n" + body + "}\n";
  }

  mlir::MLIRContext context;
};

} // namespace

// A vector is read in cycle 0, at the VXM's stop in 2, in an ALU in 7, back on the stream in 10, in a slice
// in 11, there in 12.
TEST_F(Bounds, AMoveThroughTheVxm) {
  EXPECT_EQ(of(input("x", "f32", 4) + made("y", 4) + map({"x"}, "y", "tile.yield %a : f32\n") +
               output("y", "f32", 4)),
            (BothBounds{12, 12}));
}

// An ALU narrows its result as it writes it; only a value that an operation takes is rounded by an operation.
TEST_F(Bounds, NarrowingAtTheEndIsFree) {
  const std::string start = input("x", "f32", 4) + made("y", 2), end = output("y", "f16", 2);
  const std::string add = "%s = arith.addf %a, %a : f32\n", round = "%h = arith.truncf %s : f32 to f16\n";
  EXPECT_EQ(of(start + map({"x"}, "y", add + round + "tile.yield %h : f16\n", 2) + end),
            (BothBounds{12, 12}));
  const std::string again = "%w = arith.extf %h : f16 to f32\n%t = arith.mulf %w, %a : f32\n"
                            "%u = arith.truncf %t : f32 to f16\n";
  // Add, round, multiply.
  EXPECT_EQ(of(start + map({"x"}, "y", add + round + again + "tile.yield %u : f16\n", 2) + end).path, 18);
}

// What no result depends on is neither brought nor computed.
TEST_F(Bounds, UnusedOperandsAreNotWaitedFor) {
  const std::string slow = "%e = math.exp %a : f32\ntile.yield %e : f32\n";
  const std::string program = input("x", "f32", 4) + made("s", 4) + made("y", 4) + map({"x"}, "s", slow);
  // The exponential is there in 16; it is in nobody's way.
  EXPECT_EQ(of(program + map({"x", "s"}, "y", "%t = math.exp %b : f32\ntile.yield %a : f32\n") +
               output("y", "f32", 4))
                .path,
            16);
  EXPECT_EQ(of(program + map({"x", "s"}, "y", "%t = arith.addf %a, %b : f32\ntile.yield %t : f32\n") +
               output("y", "f32", 4))
                .path,
            16 + 5 + 3 + 2);
}

// A result goes from ALU to ALU past the VXM's stop, without a stop in memory.
TEST_F(Bounds, ResultsFlowOn) {
  const std::string negate = "%n = arith.negf %a : f32\ntile.yield %n : f32\n";
  EXPECT_EQ(of(input("x", "f32", 4) + made("s", 4) + made("y", 4) + map({"x"}, "s", negate) +
               map({"s"}, "y", negate) + output("y", "f32", 4))
                .path,
            10 + 5 + 3 + 2);
}

// A late operand that only the last operation takes waits for that one alone.
TEST_F(Bounds, EachOperandHasItsOwnPath) {
  const std::string program = input("x", "f32", 4) + made("s", 4) + made("y", 4) +
                              map({"x"}, "s", "tile.yield %a : f32\n") +
                              map({"x", "s"}, "y",
                                  "%0 = math.exp %a : f32\n%1 = math.exp %0 : f32\n%2 = arith.addf %1, %b : "
                                  "f32\ntile.yield %2 : f32\n") +
                              output("y", "f32", 4);
  EXPECT_EQ(of(program).path, 7 + 9 + 9 + 3 + 2);
}

// 160 vectors of one operation take 10 cycles of 16 ALUs; they leave on 64 streams, 4 bytes each, in 10
// cycles, and enter 16 slices in 40: the last one in cycle 11 + 39.
TEST_F(Bounds, ElementsGoThroughAllUnitsAtOnce) {
  EXPECT_EQ(of(input("x", "f32", 4, 160) + made("y", 4, 160) +
               map({"x"}, "y", "tile.yield %a : f32\n", 4, 160) + output("y", "f32", 4, 160)),
            (BothBounds{51, 19}));
}

// What nobody reads needs no memory: the ALUs are what is left.
TEST_F(Bounds, UnreadResultsAreNotWritten) {
  EXPECT_EQ(of(input("x", "f32", 4, 16) + made("y", 4, 16) + map({"x"}, "y", "tile.yield %a : f32\n", 4, 16)),
            (BothBounds{10, 10}));
}

// Weights and a row are at the MXM in cycle 4; two groups of columns take two cycles; the row is multiplied
// in 6 or, after a second tile, in 8, and its sum is there 32 later and in memory after 4 more.
TEST_F(Bounds, ChunksFollowOneAnother) {
  auto contract = [](int chunks) {
    std::string weights, types, segments, lanes;
    for (int chunk = 0; chunk != chunks; ++chunk) {
      const std::string comma = chunk == 0 ? "" : ", ";
      weights += comma + "%w" + std::to_string(chunk);
      types += comma + "!tile.buffer<32, 1>";
      segments += comma + std::to_string(chunk) + ", 0, 1, 1";
      lanes += comma + "32";
    }
    std::string rows = "%x", rowTypes = "!tile.buffer<1, 1>";
    for (int chunk = 1; chunk != chunks; ++chunk)
      rows += ", %x", rowTypes += ", !tile.buffer<1, 1>";
    return "tile.contract weights(" + weights + " : " + types + ") rows(" + rows + " : " + rowTypes + ") [" +
           segments + "] [] outs(%y : !tile.buffer<1, 4>) [0, 1] planes 1 lanes [" + lanes +
           "] columns [32] count 1 {\n^bb0(%s: i32):\ntile.yield %s : i32\n}\n";
  };
  std::string start = input("x", "i8", 1) + made("y", 4);
  for (int tile = 0; tile != 2; ++tile)
    start += "%w" + std::to_string(tile) + " = tile.constant dense<" + std::to_string(tile) +
             "> : tensor<32x1x32xi8> {stripes = 16 : i64} : <32, 1>\n";
  EXPECT_EQ(of(start + contract(1) + output("y", "i32", 4)).path, 42);
  EXPECT_EQ(of(start + contract(2) + output("y", "i32", 4)).path, 44);
}

// Of two cards each has the other's vector after a flight: read in 0, at the SXM in 3. Its own it has at
// once, and it is read from there. One card exchanges nothing.
TEST_F(Bounds, OnlyOthersVectorsTakeLinks) {
  auto exchange = [&](int cards, int vectors) {
    return input("x", "i8", 1, vectors) + made("y", 1, cards * vectors) + "tile.exchange %x into %y count " +
           std::to_string(vectors) + " : " + buffer(vectors, 1) + ", " + buffer(cards * vectors, 1) + "\n" +
           output("y", "i8", 1, cards * vectors);
  };
  EXPECT_EQ(of(exchange(1, 1), 1).path, 0);
  EXPECT_EQ(of(exchange(2, 1), 2).path, 3 + 228 + 1);
  // A link takes a vector every 24 cycles.
  EXPECT_EQ(of(exchange(2, 5), 2).path, 3 + 4 * 24 + 228 + 1);
  EXPECT_EQ(of(exchange(2, 5), 2).resource, 3 + 4 * 24 + 228 + 1);
}
