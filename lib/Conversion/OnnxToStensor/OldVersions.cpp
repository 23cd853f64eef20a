//===- OldVersions.cpp - Operator sets 1 to 6 -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The first versions of operators hold in attributes what later ones take as
// operands, and say in attributes how operands broadcast. What is different is
// brought into the form of version 7 here; its conversion does the rest.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "sluice/Conversion/BeyondMachine.h"

using namespace mlir;

namespace sluice::conversion {

/// Brings a node into the form of version 7.
using Modernise = LogicalResult (*)(Node &node);

/// Adds version 1 of an operator, whose next version in the table is 7 or older; with the operands of that
/// one unless others are given.
static void addOld(OperatorTable &table, llvm::StringRef opType, Modernise modernise,
                   llvm::StringRef operands = {}) {
  const Operator &next = *table.find(onnx::kDefaultDomain, opType, 7);
  table.add(opType, 1, operands.empty() ? next.operands.getText() : operands,
            [convert = next.convert, modernise](Node &node) -> Results {
              if (failed(modernise(node)))
                return failure();
              return convert(node);
            });
}

/// Nothing but attributes that have no influence on a result differs.
static LogicalResult modernisePlain(Node &node) {
  node.ignoreAttr("broadcast");       // Gemm: C broadcasts as it does later
  node.ignoreAttr("is_test");         // BatchNormalization: training has more outputs
  node.ignoreAttr("output_sequence"); // RNN, GRU, LSTM: whether anything reads Y
  return success();
}

/// With `broadcast`, the dimensions of the second operand stand at `axis` of the first one's, by default at
/// the end; without, the shapes are equal.
static LogicalResult moderniseBroadcast(Node &node) {
  bool broadcasts = node.integerAttr("broadcast", 0);
  bool hasAxis = node.hasAttribute("axis");
  int64_t axis = node.integerAttr("axis", 0);
  const Tensor &first = node.input(0), second = node.input(1);
  if (!broadcasts)
    return first.shape == second.shape ? success() : node.refuseAt("broadcast = 0, but the shapes differ");
  if (second.rank() > first.rank())
    return node.refuseAt("the second operand has more axes than the first");
  if (!hasAxis)
    return node.needBroadcast(1, first.shape);
  axis = axis < 0 ? axis + first.rank() : axis;
  if (axis < 0 || axis > first.rank() - second.rank())
    return node.refuseAt("axis " + llvm::Twine(axis) + " leaves no room for the second operand's " +
                         llvm::Twine(second.rank()) + " axes");
  auto spreads = [](auto sizes) {
    return std::get<0>(sizes) == 1 || std::get<0>(sizes) == std::get<1>(sizes);
  };
  llvm::ArrayRef<int64_t> place = llvm::ArrayRef(first.shape).slice(axis, second.rank());
  if (!llvm::all_of(llvm::zip_equal(second.shape, place), spreads))
    return node.needShape(1, place);
  Shape shape = second.shape;
  shape.resize(first.rank() - axis, 1);
  node.setInput(1, node.reshape(second, shape));
  return success();
}

/// The slope is one number, or one for each channel.
static LogicalResult modernisePRelu(Node &node) {
  const Tensor &input = node.input(0), slope = node.input(1);
  if (slope && slope.rank() == 1 && slope.count() > 1 && input.rank() > 1) {
    if (failed(node.needShape(1, {input.shape[1]})))
      return failure();
    Shape shape(input.rank() - 1, 1);
    shape.front() = slope.count();
    node.setInput(1, node.reshape(slope, shape));
  }
  return success();
}

/// The type by its name.
static Results convertOldCast(Node &node) {
  static constexpr std::pair<llvm::StringLiteral, int64_t> types[] = {
      {"FLOAT", 1},   {"UINT8", 2},   {"INT8", 3},   {"UINT16", 4}, {"INT16", 5},
      {"INT32", 6},   {"INT64", 7},   {"STRING", 8}, {"BOOL", 9},   {"FLOAT16", 10},
      {"DOUBLE", 11}, {"UINT32", 12}, {"UINT64", 13}};
  std::string to = node.stringAttr("to", "").upper();
  const auto *found = llvm::find_if(types, [&](const auto &type) { return type.first == to; });
  if (found == std::end(types))
    return node.refuse("to = '" + to + "' is not supported");
  Type element = node.elementType(found->second, bool(node.input(0).constant));
  if (!element)
    return failure();
  return {{node.cast(node.input(0), element)}};
}

static LogicalResult moderniseDropout(Node &node) {
  if (!node.integerAttr("is_test", 0) && node.realAttr("ratio", 0.5) != 0)
    return node.refuse(kBeyondMachine + "training, random numbers (is_test = 0)");
  return success();
}

static LogicalResult modernisePad(Node &node) {
  std::optional<Shape> paddings = node.integersAttr("paddings");
  if (!paddings)
    return node.refuse("it has no attribute 'paddings'");
  node.setInput(1, node.integers(*paddings));
  return success();
}

/// Inputs x, how often, along which axis.
static LogicalResult moderniseTile(Node &node) {
  std::optional<Shape> tiles = node.knownIntegers(1, "tiles"), axis = node.knownIntegers(2, "axis");
  if (!tiles || !axis)
    return failure();
  if (tiles->size() != 1 || axis->size() != 1)
    return node.refuse("tiles and axis are not one number each");
  int64_t rank = node.input(0).rank(), dim = node.normaliseAxis(axis->front(), rank);
  if (node.refused())
    return failure();
  Shape repeats(rank, 1);
  repeats[dim] = tiles->front();
  node.setInput(1, node.integers(repeats));
  node.setInput(2, Tensor());
  return success();
}

static LogicalResult moderniseUpsample(Node &node) {
  double height = node.realAttr("height_scale", 1), width = node.realAttr("width_scale", 1);
  node.setInput(1, node.reals({4}, {1, 1, height, width}, node.getBuilder().getF32Type()));
  return success();
}

void addOldVersions(OperatorTable &table) {
  addOld(table, "Clip", modernisePlain, "input:number");
  addOld(table, "Gemm", modernisePlain, "A:number[2] B:number[2] C:number");
  for (llvm::StringRef opType :
       {"BatchNormalization", "Concat", "GRU", "GlobalLpPool", "InstanceNormalization", "LSTM", "LpPool",
        "Max", "Mean", "Min", "RNN", "Split", "Sum"})
    addOld(table, opType, modernisePlain);
  // Attributes say how their shapes fit.
  for (llvm::StringRef opType : {"Add", "Div", "Greater", "Less", "Mul", "Sub"})
    addOld(table, opType, moderniseBroadcast, "A:number B:number");
  for (llvm::StringRef opType : {"And", "Or", "Xor"})
    addOld(table, opType, moderniseBroadcast, "A:bool B:bool");
  addOld(table, "Equal", moderniseBroadcast, "A B");
  addOld(table, "Pow", moderniseBroadcast, "X:number Y:number");
  addOld(table, "Dropout", moderniseDropout, "data");
  addOld(table, "PRelu", modernisePRelu);
  addOld(table, "Pad", modernisePad, "data");
  addOld(table, "Tile", moderniseTile, "input tiles:number! axis:number!");
  addOld(table, "Upsample", moderniseUpsample, "X:number[4]");
  table.add("Cast", 1, "input", convertOldCast);
}

} // namespace sluice::conversion
