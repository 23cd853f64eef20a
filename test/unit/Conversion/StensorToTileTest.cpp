//===- StensorToTileTest.cpp - Passes compute what tensors say ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each program runs twice on the same random inputs: by the reference interpreter, as
// whole tensors, and by TileInterpreter, as passes. The bits must be the same.
//
//===----------------------------------------------------------------------===//

#include "TileInterpreter.h"

#include "dialects/stensor/StensorDialect.h"
#include "dialects/tile/TileDialect.h"
#include "sluice/Conversion/Lowering.h"
#include "sluice/Numerics/Scalar.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

using namespace mlir;
using namespace sluice;

namespace {

struct Result {
  std::map<std::string, int64_t> vectors, passes;
  std::string text;
};

golden::TensorValue randomTensor(RankedTensorType type, std::mt19937 &random) {
  golden::TensorValue tensor(type);
  std::normal_distribution<float> normal;
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    float number = normal(random);
    uint32_t bits;
    std::memcpy(&bits, &number, sizeof(bits));
    if (type.getElementType().isF16())
      bits = numerics::floatToHalf(bits);
    else if (type.getElementType().isInteger(1))
      bits = random() & 1;
    else if (!type.getElementType().isF32())
      bits = type.getElementType().isInteger(8) ? random() : random() % 7;
    std::memcpy(tensor.mutableBytes().data() + i * tensor.elementBytes(), &bits, tensor.elementBytes());
  }
  return tensor;
}

/// Runs `text`, the operations of @main after its arguments `inputs` (types) up to the value named %out.
Result check(const std::string &text, unsigned cards = 1, const std::string &targetName = "tsp1") {
  DialectRegistry registry;
  registry.insert<arith::ArithDialect, func::FuncDialect, math::MathDialect, stensor::StensorDialect,
                  tile::TileDialect>();
  MLIRContext context(registry);
  target::Target target = *target::targetByName(targetName);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  EXPECT_TRUE(module);
  if (!module)
    return {};
  auto main = module->lookupSymbol<func::FuncOp>("main");
  std::mt19937 random(1);
  golden::TensorValues values;
  test::NamedTensors named;
  for (auto [i, argument] : llvm::enumerate(main.getArguments())) {
    std::string name = "i" + std::to_string(i);
    main.setArgAttr(i, stensor::kNameAttr, StringAttr::get(&context, name));
    values.push_back(randomTensor(cast<RankedTensorType>(argument.getType()), random));
    named[name] = values.back();
  }
  for (unsigned i = 0; i < main.getNumResults(); ++i)
    main.setResultAttr(i, stensor::kNameAttr, StringAttr::get(&context, "o" + std::to_string(i)));
  FailureOr<golden::TensorValues> expected = golden::interpret(main, values);
  EXPECT_TRUE(succeeded(expected));

  LoweringOptions options;
  options.target = &target;
  options.cards = cards;
  EXPECT_TRUE(succeeded(convertStensorToTile(*module, options)));
  EXPECT_TRUE(succeeded(verify(*module)));
  test::TileInterpreter interpreter(*module, target, cards);
  test::NamedTensors outputs = interpreter.run(named);
  for (const std::string &problem : interpreter.problems)
    ADD_FAILURE() << problem;
  for (auto [i, tensor] : llvm::enumerate(*expected)) {
    golden::TensorValue &have = outputs.at("o" + std::to_string(i));
    EXPECT_EQ(have.type(), tensor.type());
    int64_t width = tensor.elementBytes(), wrong = 0;
    for (int64_t e = 0; e < tensor.elements(); ++e)
      wrong += std::memcmp(have.bytes().data() + e * width, tensor.bytes().data() + e * width, width) != 0;
    EXPECT_EQ(wrong, 0) << "elements of output " << i << " of " << tensor.elements();
  }
  Result result{interpreter.vectors, interpreter.passes, {}};
  llvm::raw_string_ostream(result.text) << *module;
  return result;
}

/// A contraction of [b, m, t, k] with [b, n, t, k].
std::string contraction(int64_t b, int64_t m, int64_t n, int64_t t, int64_t k, const std::string &type) {
  auto shape = [](std::initializer_list<int64_t> sizes, const std::string &type) {
    std::string text = "tensor<";
    for (int64_t size : sizes)
      text += std::to_string(size) + "x";
    return text + type + ">";
  };
  std::string lhs = shape({b, m, t, k}, type), rhs = shape({b, n, t, k}, type),
              out = shape({b, m, n}, type == "f16" ? "f32" : "i32");
  return "func.func @main(%x: " + lhs + ", %w: " + rhs + ") -> " + out +
         " {\n %y = stensor.contract %x, %w : (" + lhs + ", " + rhs + ") -> " + out +
         "\n return %y : " + out + "\n}";
}

TEST(StensorToTile, AddsVectors) {
  Result result = check(R"(
    func.func @main(%a: tensor<3x400xf32>, %b: tensor<1x400xf32>) -> tensor<3x400xf32> {
      %y = stensor.map ins(%a, %b : tensor<3x400xf32>, tensor<1x400xf32>) outs(tensor<3x400xf32>) {
      ^bb0(%x: f32, %z: f32):
        %0 = arith.addf %x, %z : f32
        stensor.yield %0 : f32
      }
      return %y : tensor<3x400xf32>
    })");
  // Three rows of two vectors, and no lane moves.
  EXPECT_EQ(result.vectors["map"], 6);
  EXPECT_EQ(result.vectors["permute"], 0);
}

TEST(StensorToTile, Contracts) {
  check(contraction(1, 5, 7, 1, 9, "f16"));
  check(contraction(2, 3, 400, 2, 330, "f16"));
  check(contraction(1, 70, 650, 1, 640, "i8"));
  check(contraction(3, 1, 33, 1, 20, "i8"));
  check(contraction(1, 4, 1, 1, 1, "f16"));
}

TEST(StensorToTile, ContractsInUnitsThatOccupyThePlanes) {
  // 1280^3 int8: four columns of tiles in pairs, rows in two groups of 640: four units.
  Result result = check(contraction(1, 1280, 1280, 1, 320, "i8"));
  EXPECT_EQ(result.passes["contract"], 4);
}

TEST(StensorToTile, RunsAMapInAContraction) {
  Result result = check(R"(
    func.func @main(%x: tensor<1x6x1x64xf16>, %w: tensor<1x400x1x64xf16>, %c: tensor<1x1x400xf32>)
        -> tensor<6x400xf16> {
      %y = stensor.contract %x, %w : (tensor<1x6x1x64xf16>, tensor<1x400x1x64xf16>) -> tensor<1x6x400xf32>
      %z = stensor.map ins(%y, %c : tensor<1x6x400xf32>, tensor<1x1x400xf32>) outs(tensor<1x6x400xf16>) {
      ^bb0(%a: f32, %b: f32):
        %0 = arith.addf %a, %b : f32
        %1 = arith.truncf %0 : f32 to f16
        stensor.yield %1 : f16
      }
      %r = stensor.reshape %z : tensor<1x6x400xf16> -> tensor<6x400xf16>
      return %r : tensor<6x400xf16>
    })");
  EXPECT_EQ(result.passes["permute"], 0);
}

std::string reduction(const std::string &kind, const std::string &from, const std::string &to, int64_t dim) {
  return "func.func @main(%x: tensor<" + from + ">) -> tensor<" + to + "> {\n %y = stensor.reduce " + kind +
         " %x {dim = " + std::to_string(dim) + " : i64} : tensor<" + from + "> -> tensor<" + to +
         ">\n return %y : tensor<" + to + ">\n}";
}

TEST(StensorToTile, ReducesInTheStatedTree) {
  check(reduction("add", "3x64xf32", "3x1xf32", 1));
  check(reduction("add", "3x255xf32", "3x1xf32", 1));
  check(reduction("add", "2x700xf32", "2x1xf32", 1));
  check(reduction("max", "2x5xf32", "2x1xf32", 1));
  check(reduction("add", "49x400xf32", "1x400xf32", 0));
  check(reduction("add", "700x3xf32", "1x3xf32", 0));
  check(reduction("min", "2x13x3xi32", "2x1x3xi32", 1));
  check(reduction("mul", "1x4xf32", "1x4xf32", 0));
}

TEST(StensorToTile, ReadsAReductionInEveryLane) {
  check(R"(
    func.func @main(%x: tensor<4x300xf32>) -> tensor<4x300xf32> {
      %s = stensor.reduce add %x {dim = 1 : i64} : tensor<4x300xf32> -> tensor<4x1xf32>
      %y = stensor.map ins(%x, %s : tensor<4x300xf32>, tensor<4x1xf32>) outs(tensor<4x300xf32>) {
      ^bb0(%a: f32, %b: f32):
        %0 = arith.divf %a, %b : f32
        stensor.yield %0 : f32
      }
      return %y : tensor<4x300xf32>
    })");
}

TEST(StensorToTile, MovesLanes) {
  // Heads leave one vector, take the last place of a cache, and come back as columns of lanes.
  check(R"(
    func.func @main(%x: tensor<1x1x64xf32>, %past: tensor<1x8x15x8xf32>) -> (tensor<1x8x16x8xf32>, tensor<8x8x16xf32>) {
      %m = stensor.map ins(%x : tensor<1x1x64xf32>) outs(tensor<1x1x64xf32>) {
      ^bb0(%a: f32):
        %0 = arith.addf %a, %a : f32
        stensor.yield %0 : f32
      }
      %h = stensor.reshape %m : tensor<1x1x64xf32> -> tensor<1x1x8x8xf32>
      %t = stensor.transpose %h {permutation = array<i64: 0, 2, 1, 3>} : tensor<1x1x8x8xf32> -> tensor<1x8x1x8xf32>
      %c = stensor.concat %past, %t {dim = 2 : i64} : (tensor<1x8x15x8xf32>, tensor<1x8x1x8xf32>) -> tensor<1x8x16x8xf32>
      %v = stensor.transpose %c {permutation = array<i64: 0, 1, 3, 2>} : tensor<1x8x16x8xf32> -> tensor<1x8x8x16xf32>
      %r = stensor.reshape %v : tensor<1x8x8x16xf32> -> tensor<8x8x16xf32>
      %n = stensor.map ins(%r : tensor<8x8x16xf32>) outs(tensor<8x8x16xf32>) {
      ^bb0(%a: f32):
        %0 = arith.negf %a : f32
        stensor.yield %0 : f32
      }
      return %c, %n : tensor<1x8x16x8xf32>, tensor<8x8x16xf32>
    })");
}

/// Twice the elements, and twice that as they lie and moved by `moves` from %m to %r.
std::string moved(const std::string &from, const std::string &type, const std::string &to,
                  const std::string &moves) {
  const std::string input = "tensor<" + from + "x" + type + ">", output = "tensor<" + to + "x" + type + ">";
  auto twice = [&](const std::string &result, const std::string &value, const std::string &tensor) {
    const bool isFloat = type[0] == 'f', isWord = type == "i32" || type == "f32";
    const std::string wide = isFloat ? "f32" : "i32";
    std::string body = "  %w = arith.addi %a, %a : i32\n stensor.yield %w : i32\n";
    if (isFloat)
      body = "  %w = arith.addf %a, %a : f32\n stensor.yield %w : f32\n";
    if (!isWord)
      body = std::string(isFloat ? "  %e = arith.extf %a : f16 to f32\n" : "  %e = arith.extsi %a : ") +
             (isFloat ? "" : type + " to i32\n") + "  %w = arith.add" + (isFloat ? "f" : "i") +
             " %e, %e : " + wide + "\n  %n = arith.trunc" + (isFloat ? "f" : "i") + " %w : " + wide + " to " +
             type + "\n  stensor.yield %n : " + type + "\n";
    return result + " = stensor.map ins(" + value + " : " + tensor + ") outs(" + tensor +
           ") {\n ^bb0(%a: " + type + "):\n" + body + " }\n";
  };
  return "func.func @main(%x: " + input + ") -> (" + input + ", " + output + ") {\n" +
         twice("%m", "%x", input) + twice("%k", "%m", input) + moves + twice("%y", "%r", output) +
         " return %k, %y : " + input + ", " + output + "\n}";
}

std::string transposition(const std::string &from, const std::string &type, const std::string &to) {
  return moved(from, type, to,
               " %r = stensor.transpose %m {permutation = array<i64: 1, 0>} : tensor<" + from + "x" + type +
                   "> -> tensor<" + to + "x" + type + ">\n");
}

TEST(StensorToTile, TransposesThroughPlanes) {
  // A row a vector and byte, where permutations would take one an element.
  Result bytes = check(transposition("200x100", "i8", "100x200"));
  EXPECT_EQ(bytes.vectors["int8 rows"], 100);
  EXPECT_EQ(bytes.vectors["permute"], 0);
  EXPECT_EQ(check(transposition("200x100", "f16", "100x200")).vectors["permute"], 0);
  EXPECT_EQ(check(transposition("130x350", "f32", "350x130")).vectors["permute"], 0);
  EXPECT_EQ(check(transposition("64x64", "i8", "64x64"), 1, "small").vectors["permute"], 0);
}

TEST(StensorToTile, TransposesBesideFixedElements) {
  const std::string pad = " %t = stensor.transpose %m {permutation = array<i64: 1, 0>} : tensor<200x100xi8> "
                          "-> tensor<100x200xi8>\n"
                          " %r = stensor.pad %t {low = array<i64: 0, 7>, value = 3 : i8} : "
                          "tensor<100x200xi8> -> tensor<100x210xi8>\n";
  Result result = check(moved("200x100", "i8", "100x210", pad));
  EXPECT_EQ(result.vectors["int8 rows"], 100);
  EXPECT_EQ(result.vectors["permute"], 0);
}

TEST(StensorToTile, MapsLanesThroughPlanes) {
  // 600 rows turned round and 600 rows of which each lane goes to four: too many for the permutors.
  const std::string turn = " %r = stensor.slice %m {offsets = array<i64: 0, 99>, strides = array<i64: 1, -1>}"
                           " : tensor<600x100xi8> -> tensor<600x100xi8>\n";
  Result turned = check(moved("600x100", "i8", "600x100", turn));
  EXPECT_EQ(turned.vectors["int8 rows"], 600);
  EXPECT_EQ(turned.vectors["permute"], 0);
  const std::string spread = " %s = stensor.reshape %m : tensor<600x20xf16> -> tensor<600x20x1xf16>\n"
                             " %b = stensor.broadcast %s : tensor<600x20x1xf16> -> tensor<600x20x4xf16>\n"
                             " %r = stensor.reshape %b : tensor<600x20x4xf16> -> tensor<600x80xf16>\n";
  EXPECT_EQ(check(moved("600x20", "f16", "600x80", spread)).vectors["permute"], 0);
}

TEST(StensorToTile, ReducesScoresOverVectors) {
  // Keys are rows of queries that are installed: their greatest score is found without moving lanes, and the
  // result is transposed for the next contraction.
  Result result = check(R"(
    func.func @main(%q: tensor<2x128x1x64xf16>, %k: tensor<2x128x1x64xf16>, %v: tensor<2x64x1x128xf16>)
        -> tensor<2x128x64xf32> {
      %s = stensor.contract %q, %k : (tensor<2x128x1x64xf16>, tensor<2x128x1x64xf16>) -> tensor<2x128x128xf32>
      %m = stensor.reduce max %s {dim = 2 : i64} : tensor<2x128x128xf32> -> tensor<2x128x1xf32>
      %p = stensor.map ins(%s, %m : tensor<2x128x128xf32>, tensor<2x128x1xf32>) outs(tensor<2x128x128xf16>) {
      ^bb0(%a: f32, %b: f32):
        %0 = arith.subf %a, %b : f32
        %1 = arith.truncf %0 : f32 to f16
        stensor.yield %1 : f16
      }
      %r = stensor.reshape %p : tensor<2x128x128xf16> -> tensor<2x128x1x128xf16>
      %c = stensor.contract %r, %v : (tensor<2x128x1x128xf16>, tensor<2x64x1x128xf16>) -> tensor<2x128x64xf32>
      return %c : tensor<2x128x64xf32>
    })");
  EXPECT_EQ(result.vectors["permute"], 0);
  EXPECT_GT(result.vectors["int8 rows"], 0);
}

TEST(StensorToTile, PadsAndSlidesWindows) {
  check(R"(
    func.func @main(%x: tensor<1x6x5x4xf32>) -> tensor<1x6x5x9x4xf32> {
      %p = stensor.pad %x {low = array<i64: 0, 1, 1, 0>, value = 1.5 : f32} : tensor<1x6x5x4xf32> -> tensor<1x8x7x4xf32>
      %w = stensor.window %p {first = 1 : i64, sizes = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>}
        : tensor<1x8x7x4xf32> -> tensor<1x6x5x3x3x4xf32>
      %r = stensor.reshape %w : tensor<1x6x5x3x3x4xf32> -> tensor<1x6x5x9x4xf32>
      %y = stensor.map ins(%r : tensor<1x6x5x9x4xf32>) outs(tensor<1x6x5x9x4xf32>) {
      ^bb0(%a: f32):
        %0 = arith.addf %a, %a : f32
        stensor.yield %0 : f32
      }
      return %y : tensor<1x6x5x9x4xf32>
    })");
}

/// A layer with constant weights: `m` rows of [k], n columns, a bias.
std::string layer(int64_t m, int64_t k, int64_t n, const std::string &rest) {
  std::string M = std::to_string(m), K = std::to_string(k), N = std::to_string(n), bytes;
  std::mt19937 random(2);
  auto hex = [&](int64_t count) {
    std::string text;
    for (int64_t i = 0; i < count; ++i) {
      const char *digits = "0123456789ABCDEF";
      text += digits[random() & 15];
      text += digits[random() & 15];
    }
    return text;
  };
  std::string product = "tensor<1x" + M + "x" + N + "xi32>", bias = "tensor<1x1x" + N + "xi32>";
  return "func.func @main(%x: tensor<1x" + M + "x1x" + K + "xi8>) -> " +
         (rest.empty() ? product : "tensor<1x" + M + "x1xi32>") + " {\n %w = stensor.constant dense<\"0x" +
         hex(n * k) + "\"> : tensor<1x" + N + "x1x" + K + "xi8>\n %b = stensor.constant dense<\"0x" +
         hex(n * 4) + "\"> : " + bias + "\n %y = stensor.contract %x, %w : (tensor<1x" + M + "x1x" + K +
         "xi8>, tensor<1x" + N + "x1x" + K + "xi8>) -> " + product +
         "\n %z = stensor.map ins(%y, %b : " + product + ", " + bias + ") outs(" + product +
         ") {\n ^bb0(%p: i32, %q: i32):\n  %0 = arith.addi %p, %q : i32\n  stensor.yield %0 : i32\n }\n" +
         (rest.empty() ? " return %z : " + product
                       : " %r = stensor.reduce max %z {dim = 2 : i64} : " + product + " -> tensor<1x" + M +
                             "x1xi32>\n return %r : tensor<1x" + M + "x1xi32>") +
         "\n}";
}

TEST(StensorToTile, SpreadsColumnsOverCards) {
  // One row can't be cut. Columns are where that gains more than it takes to send what is read again; results
  // that leave are sent by nobody.
  const std::string large = layer(1, 6400, 2600, "reduce"), leaving = layer(1, 6400, 2600, "");
  Result alone = check(large, 1), together = check(large, 8), dealt = check(leaving, 8);
  EXPECT_GT(together.vectors["exchange"], 0);
  EXPECT_EQ(dealt.vectors["exchange"], 0);
  EXPECT_LT(together.vectors["int8 rows"], alone.vectors["int8 rows"] * 2);
  EXPECT_LT(dealt.vectors["int8 rows"], alone.vectors["int8 rows"] * 2);
  EXPECT_EQ(check(layer(1, 70, 1300, "reduce"), 8).vectors["exchange"], 0);
}

TEST(StensorToTile, CutsRowsOverCards) {
  // 700 columns are three tiles on two pairs of planes, and each card has 160 of the rows; the last of eight
  // has rows beyond the end where they do not divide evenly.
  Result result = check(layer(1280, 70, 700, ""), 8);
  EXPECT_EQ(result.vectors["exchange"], 0);
  EXPECT_EQ(result.vectors["int8 rows"], 8 * 160 * 2);
  EXPECT_EQ(check(layer(1277, 70, 700, "reduce"), 8).vectors["exchange"], 0);
}

TEST(StensorToTile, CutsBodiesThatNeedTooManyAlus) {
  std::string body;
  for (int i = 0; i < 40; ++i)
    body += "%v" + std::to_string(i) + " = arith.mulf " +
            (i ? "%v" + std::to_string(i - 1) : std::string("%x")) + ", %x : f32\n";
  Result result =
      check("func.func @main(%a: tensor<4x64xf32>) -> tensor<4x64xf32> {\n"
            "%y = stensor.map ins(%a : tensor<4x64xf32>) outs(tensor<4x64xf32>) {\n^bb0(%x: f32):\n" +
            body + "stensor.yield %v39 : f32\n}\nreturn %y : tensor<4x64xf32>\n}");
  EXPECT_GT(result.passes["map"], 2);
}

TEST(StensorToTile, Gathers) {
  check(R"(
    func.func @main(%table: tensor<9x400xf32>, %i: tensor<5xi32>) -> tensor<5x400xf32> {
      %y = stensor.gather %table, %i : (tensor<9x400xf32>, tensor<5xi32>) -> tensor<5x400xf32>
      return %y : tensor<5x400xf32>
    })");
}

/// Rows of a table that has more of them than a bank has words, `type` such as "100xf32" being those of one.
std::string gather(int64_t rows, const std::string &row) {
  std::string table = "tensor<" + std::to_string(rows) + "x" + row + ">", taken = "tensor<5x" + row + ">";
  return "func.func @main(%table: " + table + ", %i: tensor<5xi32>) -> " + taken +
         " {\n%many = stensor.map ins(%i : tensor<5xi32>)" +
         " outs(tensor<5xi32>) {\n^bb0(%x: i32):\n%c = arith.constant " + std::to_string((rows - 1) / 6) +
         " : i32\n%z = arith.muli %x, %c : i32\nstensor.yield %z : i32\n}\n%y = stensor.gather %table, %many "
         ": (" +
         table + ", tensor<5xi32>) -> " + taken + "\nreturn %y : " + taken + "\n}";
}

TEST(StensorToTile, GathersFromTablesOfManyRows) {
  // On the small machine a bank has 256 words of 32 lanes.
  check(gather(600, "40xf32"), 1, "tiny");
  check(gather(600, "3xi8"), 1, "tiny");
  check(gather(257, "f16"), 1, "tiny");
  check(gather(4097, "f32"));
}

TEST(StensorToTile, TakesTensorsOfNoElements) {
  check(R"(
    func.func @main(%a: tensor<3x0xf32>, %b: tensor<2x3xf32>) -> (tensor<0x3xf32>, tensor<2x3xf32>, tensor<3x0xf32>) {
      %t = stensor.transpose %a {permutation = array<i64: 1, 0>} : tensor<3x0xf32> -> tensor<0x3xf32>
      %c = stensor.concat %t, %b {dim = 0 : i64} : (tensor<0x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
      %m = stensor.map ins(%a : tensor<3x0xf32>) outs(tensor<3x0xf32>) {
      ^bb0(%x: f32):
        %y = arith.negf %x : f32
        stensor.yield %y : f32
      }
      return %t, %c, %m : tensor<0x3xf32>, tensor<2x3xf32>, tensor<3x0xf32>
    })");
}

// Windows of three columns, every second one, of a row with a zero at either end.
TEST(TileInterpreter, PlacesInputsByLoops) {
  DialectRegistry registry;
  registry.insert<arith::ArithDialect, func::FuncDialect, tile::TileDialect>();
  MLIRContext context(registry);
  target::Target target = *target::targetByName("tiny");
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      R"(func.func @main() {
        %x = tile.input "x" {machine_type = tensor<2x5xi8>, user_type = i8, permutation = array<i64>, lane_dims = 0 : i64,
                             row_loops = array<i64: 0, 2, -1, 1, 3, 2>, lane_loops = array<i64: 1, 3, 1>,
                             offsets = array<i64: 1, -1>, first = 0 : i64} : <6, 1>
        tile.output %x [0, 1] count 6 "y" {machine_type = tensor<6x3xi8>, user_type = i8, permutation = array<i64: 0, 1>,
                                           lane_dims = 1 : i64, first = 0 : i64, card = -1 : i64} : <6, 1>
        return
      })",
      &context);
  ASSERT_TRUE(module);
  golden::TensorValue x(RankedTensorType::get({2, 5}, IntegerType::get(&context, 8)));
  for (size_t i = 0; i != 10; ++i)
    x.mutableBytes()[i] = static_cast<char>(i + 1);
  test::TileInterpreter interpreter(*module, target);
  const golden::TensorValue y = interpreter.run({{"x", x}}).at("y");
  EXPECT_EQ(std::vector<int8_t>(y.bytes().begin(), y.bytes().end()),
            (std::vector<int8_t>{0, 6, 7, 7, 8, 9, 9, 10, 0, 0, 1, 2, 2, 3, 4, 4, 5, 0}));
  EXPECT_TRUE(interpreter.problems.empty());
}

TEST(StensorToTile, RunsOnAMachineOfOtherSize) {
  check(contraction(1, 70, 65, 1, 100, "i8"), 1, "tiny");
  check(reduction("add", "3x27xf32", "3x1xf32", 1), 1, "tiny");
  check(reduction("add", "3x100xf32", "3x1xf32", 1), 1, "tiny");
}

} // namespace
