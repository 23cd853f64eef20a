//===- PassGraphTest.cpp - Orders of passes and what lives under them -----===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/PassGraph.h"

#include "dialects/tile/TileDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace sluice;
using namespace sluice::scheduling;

namespace {

/// Results that each have two buffers of eight vectors on the way, as a program that makes the first buffers
/// of all results before the second ones.
class PassGraphs : public testing::Test {
protected:
  static constexpr int results = 16, rows = 8;

  PassGraphs() {
    context.loadDialect<tile::TileDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect>();
    std::string text = "func.func @main() {\n" + input();
    for (int i = 0; i != results; ++i)
      text += map("%x", "%a" + std::to_string(i));
    for (int i = 0; i != results; ++i)
      text += map("%a" + std::to_string(i), "%b" + std::to_string(i));
    for (int i = 0; i != results; ++i)
      text += map("%b" + std::to_string(i), "%y" + std::to_string(i)) + output(i);
    module = mlir::parseSourceString<mlir::ModuleOp>(text + "return\n}\n", &context);
  }

  mlir::Block &body() { return module->lookupSymbol<mlir::func::FuncOp>("main").front(); }

  static int64_t bytesOf(mlir::Value buffer) {
    auto type = llvm::cast<tile::BufferType>(buffer.getType());
    return int64_t(type.getVectors()) * type.getBytes();
  }

  static std::string tensor() {
    return "machine_type = tensor<8x32xi8>, permutation = array<i64: 0, 1>, user_type = i8, lane_dims = 1 : "
           "i64, "
           "first = 0 : i64";
  }
  static std::string input() { return "%x = tile.input \"x\" {" + tensor() + "} : <8, 1>\n"; }
  static std::string map(const std::string &from, const std::string &to) {
    return to + " = tile.buffer : <8, 1>\ntile.map ins(" + from + " : !tile.buffer<8, 1>) [0, 1] outs(" + to +
           " : !tile.buffer<8, 1>) [0, 1] count 8 {\n^bb0(%v: i8):\ntile.yield %v : i8\n}\n";
  }
  static std::string output(int i) {
    const std::string number = std::to_string(i);
    return "tile.output %y" + number + " [0, 1] count 8 \"y" + number + "\" {card = -1 : i64, " + tensor() +
           "} : <8, 1>\n";
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace

// Every order has each pass once, after what it needs.
TEST_F(PassGraphs, OrdersFollowNeeds) {
  ASSERT_TRUE(module);
  const PassGraph graph(body(), *target::targetByName("tiny"));
  ASSERT_EQ(graph.size(), 3u * results);
  Freedom none, any{7};
  for (const std::vector<unsigned> &order :
       {graph.resultByResult(), graph.longestPathFirst(none), graph.longestPathFirst(any)}) {
    std::vector<bool> over(graph.size(), false);
    for (unsigned pass : order) {
      EXPECT_FALSE(over[pass]);
      for (unsigned need : graph[pass].needs)
        EXPECT_TRUE(over[need]);
      over[pass] = true;
    }
    EXPECT_EQ(order.size(), graph.size());
  }
}

// Whatever runs as early as its waits allow, no more is alive at once than three quarters of the memory, or
// what the order needs and half of the rest.
TEST_F(PassGraphs, MemoryPlanKeepsWithinItsBudget) {
  ASSERT_TRUE(module);
  const PassGraph graph(body(), *target::targetByName("tiny"));
  // For the last result but one: the input, the outputs before it and the two buffers of a pass.
  const int64_t least = (results + 1) * rows;
  for (int64_t memory : {least, least + 3 * rows, 2 * least, 10 * least}) {
    const MemoryPlan plan = planForMemory(graph, memory, bytesOf);
    ASSERT_EQ(plan.waits.size(), graph.size());
    const int64_t budget = std::max(memory / 4 * 3, (least + memory) / 2);
    for (unsigned place = 0; place != graph.size(); ++place) {
      EXPECT_LE(plan.waits[place], place);
      int64_t alive = 0;
      for (const auto &[buffer, life] : plan.lives)
        alive += life.first <= place && place <= life.last ? bytesOf(buffer) : 0;
      EXPECT_LE(alive, budget) << "memory " << memory << ", place " << place;
    }
    const bool isAmple = memory == 10 * least;
    EXPECT_EQ(plan.waits.back() == 0, isAmple) << memory;
  }
}
