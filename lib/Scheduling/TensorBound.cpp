//===- TensorBound.cpp - What no tiling can beat --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operations are visited from last to first: how many elements of each value the program's results depend on
// is known when its operation's turn comes, and so how many products and scalar operations it takes, and what
// must come to planes and ALUs for that. Numbers of elements are taken for the elements themselves, so a
// count is a least one: where only a part of a result is wanted, it is the part that is cheapest to make.
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/Bounds.h"

#include "BodyWork.h"
#include "TensorContent.h"

#include "dialects/stensor/StensorDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <array>

using namespace sluice;
using namespace sluice::stensor;
using scheduling::BodyWork;
using scheduling::elementsOf;
using scheduling::shapeOf;
using scheduling::TensorContent;
using scheduling::TensorContents;
using scheduling::WindowDimension;

namespace {

constexpr int64_t kHemispheres = 2;
/// Planes give words, whatever their operands are.
constexpr int64_t kWordBytes = 4;

/// What an element is wanted for.
enum Use : unsigned { AnyUse, PlaneUse, AluUse, HostUse, UseCount };

/// Elements of a value that are wanted for each use, at least.
using Wanted = std::array<int64_t, UseCount>;

class TensorBoundFinder {
public:
  TensorBoundFinder(mlir::Block &program, const target::Target &target) : target(target) {
    for (mlir::Operation &op : program.without_terminator())
      findContents(op);
    mlir::Operation *end = program.getTerminator();
    for (mlir::Value result : end->getOperands()) {
      want(result, AnyUse, elementsOf(result));
      want(result, HostUse, elementsOf(result));
    }
    for (mlir::Operation &op : llvm::reverse(program.without_terminator()))
      visit(op);
    for (mlir::Value argument : program.getArguments())
      bring(argument);
  }

  /// Cycles of `cards` cards by what is busy.
  std::vector<std::pair<llvm::StringLiteral, int64_t>> bounds(int64_t cards) const;

private:
  void want(mlir::Value value, Use use, int64_t elements) {
    Wanted &of = wanted.try_emplace(value, Wanted{}).first->second;
    of[use] = std::max(of[use], std::min(elements, elementsOf(value)));
  }
  Wanted wantedOf(mlir::Value value) const {
    auto found = wanted.find(value);
    return found == wanted.end() ? Wanted{} : found->second;
  }

  void findContents(mlir::Operation &op);
  TensorContent contentOf(MapOp op, const BodyWork &work, size_t result);

  void visit(mlir::Operation &op);
  void visitLayout(mlir::Operation &op);
  void visit(MapOp op);
  void visit(ContractOp op);
  void visit(ConvolveOp op);
  void visit(ReduceOp op);
  void visit(GatherOp op);
  /// Of a value that is no layout of another: what it takes to have it where it is wanted.
  void bring(mlir::Value root);
  /// Products of elements of `type`.
  void multiply(int64_t products, mlir::Type type) {
    if (products <= 0)
      return;
    const int64_t bytes = elementBytes(type);
    cells += products * bytes * (bytes == 2 ? int64_t(target.f16RowInterval) : 1);
  }

  const target::Target &target;
  TensorContents contents;
  llvm::DenseMap<mlir::Value, Wanted> wanted;
  /// Cells of planes in use, of all cycles; operations of lanes; bytes.
  int64_t cells = 0, operations = 0;
  int64_t planeOperands = 0, planeResults = 0, aluOperands = 0, reads = 0, writes = 0;
};

} // namespace

std::vector<std::pair<llvm::StringLiteral, int64_t>> TensorBoundFinder::bounds(int64_t cards) const {
  const int64_t lanes = int64_t(target.lanes()) * cards;
  const int64_t planes = kHemispheres * target.planesPerHemisphere;
  const int64_t streams = kHemispheres * target.streamsPerDirection;
  const int64_t slices = kHemispheres * target.slicesPerHemisphere;
  auto cycles = [](int64_t work, int64_t atOnce) { return llvm::divideCeilSigned(work, atOnce); };
  return {{"multiplies", cycles(cells, planes * lanes * target.columns)},
          {"plane_operands", cycles(planeOperands, streams * lanes)},
          {"plane_results", cycles(planeResults, streams * lanes)},
          {"alus", cycles(operations, target.alus * lanes)},
          {"alu_operands", cycles(aluOperands, streams * lanes)},
          {"reads", cycles(reads, slices * lanes)},
          {"writes", cycles(writes, slices * lanes)}};
}

//===----------------------------------------------------------------------===//
// Contents
//===----------------------------------------------------------------------===//

/// How many elements of a map a scalar operation that depends on `arguments` is computed for, at least: once
/// for all that have the same ones.
static int64_t countDifferent(TensorContents &contents, mlir::ValueRange inputs,
                              llvm::ArrayRef<unsigned> arguments, size_t rank) {
  llvm::SmallVector<int64_t> distinct(rank, 1);
  int64_t different = 1;
  bool isRegular = true;
  for (unsigned argument : arguments) {
    const TensorContent &content = contents.of(inputs[argument]);
    isRegular &= content.isRegular();
    different = std::max(different, content.different);
    for (auto [indices, other] : llvm::zip_equal(distinct, content.distinct))
      indices = std::max(indices, other);
  }
  if (!isRegular)
    return different;
  different = 1;
  for (int64_t indices : distinct)
    different *= indices;
  return different;
}

/// Elements of a map of `elements` of which all arguments but constants are fixed, at most; none if all are
/// constants.
static std::optional<int64_t> countFixed(TensorContents &contents, mlir::ValueRange inputs,
                                         llvm::ArrayRef<unsigned> arguments, int64_t elements) {
  std::optional<int64_t> fixed;
  for (unsigned argument : arguments) {
    const TensorContent &content = contents.of(inputs[argument]);
    if (!content.isConstant)
      fixed = std::min(fixed.value_or(elements), content.fixed * (elements / elementsOf(inputs[argument])));
  }
  return fixed;
}

TensorContent TensorBoundFinder::contentOf(MapOp op, const BodyWork &work, size_t result) {
  llvm::SmallVector<unsigned> arguments;
  for (auto [argument, delay] : llvm::enumerate(work.delays[result]))
    if (delay != BodyWork::unrelated)
      arguments.push_back(argument);
  mlir::Value value = op.getResult(result);
  TensorContent content;
  content.distinct.assign(op.getShape().size(), 1);
  for (unsigned argument : arguments)
    for (auto [indices, other] :
         llvm::zip_equal(content.distinct, contents.of(op.getInputs()[argument]).distinct))
      indices = std::max(indices, other);
  content.different = countDifferent(contents, op.getInputs(), arguments, op.getShape().size());
  const std::optional<int64_t> fixed = countFixed(contents, op.getInputs(), arguments, elementsOf(value));
  content.isConstant = !fixed;
  content.fixed = fixed.value_or(0);
  content.roots = {value};
  return content;
}

/// Of operations that are no layouts: a result repeats where all that it is made of does.
void TensorBoundFinder::findContents(mlir::Operation &op) {
  if (llvm::any_of(op.getOperands(), [](mlir::Value operand) { return elementsOf(operand) == 0; }))
    return;
  if (auto map = llvm::dyn_cast<MapOp>(op)) {
    const BodyWork work(map.getBlock(), target);
    for (size_t result = 0; result < map.getNumResults(); ++result)
      contents.set(map.getResult(result), contentOf(map, work, result));
  } else if (auto contract = llvm::dyn_cast<ContractOp>(op)) {
    const TensorContent &lhs = contents.of(contract.getLhs());
    const int64_t batches = lhs.distinct[0], rows = lhs.distinct[1];
    const TensorContent &rhs = contents.of(contract.getRhs());
    TensorContent content{
        {std::max(batches, rhs.distinct[0]), rows, rhs.distinct[1]}, 0, 0, false, {contract}};
    content.different = content.distinct[0] * content.distinct[1] * content.distinct[2];
    contents.set(contract, std::move(content));
  } else if (auto reduce = llvm::dyn_cast<ReduceOp>(op)) {
    TensorContent content = contents.of(reduce.getInput());
    content.distinct[reduce.getDim()] = 1;
    content.different = 1;
    for (int64_t indices : content.distinct)
      content.different *= indices;
    content.fixed = std::min(content.fixed, elementsOf(reduce));
    content.roots = {reduce};
    contents.set(reduce, std::move(content));
  }
  for (mlir::Value result : op.getResults())
    contents.of(result);
}

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

static WindowDimension dimensionOf(WindowOp op, size_t i) {
  const int64_t dim = op.getFirst() + i;
  return {op.getInput().getType().getDimSize(dim),
          op.getType().getDimSize(dim),
          op.getSizes()[i],
          op.getStrides()[i],
          op.getDilations()[i],
          0};
}

/// Elements of operand `operand` of a layout that `count` elements of its result are, at least.
static int64_t countBehind(mlir::Operation &op, unsigned operand, int64_t count) {
  const int64_t all = elementsOf(op.getResult(0)), elements = elementsOf(op.getOperand(operand));
  if (count == 0 || elements == 0)
    return 0;
  return llvm::TypeSwitch<mlir::Operation *, int64_t>(&op)
      .Case([&](BroadcastOp) { return llvm::divideCeilSigned(count, all / elements); })
      .Case([&](PadOp) { return std::max<int64_t>(0, count - (all - elements)); })
      .Case([&](ConcatOp) { return std::max<int64_t>(0, count - (all - elements)); })
      .Case([&](WindowOp window) {
        int64_t touched = elements, taps = 1;
        for (size_t i = 0; i < window.getSizes().size(); ++i) {
          const WindowDimension dim = dimensionOf(window, i);
          touched = touched / dim.extent * dim.countTouched();
          taps *= dim.taps;
        }
        return count == all ? touched : llvm::divideCeilSigned(count, taps);
      })
      .Default([&](mlir::Operation *) { return count; });
}

void TensorBoundFinder::visitLayout(mlir::Operation &op) {
  const Wanted of = wantedOf(op.getResult(0));
  for (auto [i, operand] : llvm::enumerate(op.getOperands()))
    for (unsigned use = 0; use < UseCount; ++use)
      want(operand, Use(use), countBehind(op, i, of[use]));
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

void TensorBoundFinder::visit(mlir::Operation &op) {
  if (llvm::isa<ReshapeOp, TransposeOp, SliceOp, PadOp, BroadcastOp, WindowOp, ConcatOp>(op))
    return visitLayout(op);
  const bool isEmpty =
      llvm::any_of(op.getOperands(), [](mlir::Value operand) { return elementsOf(operand) == 0; });
  for (mlir::Value result : op.getResults())
    bring(result);
  if (!isEmpty)
    llvm::TypeSwitch<mlir::Operation *>(&op).Case<MapOp, ContractOp, ConvolveOp, ReduceOp, GatherOp>(
        [&](auto typed) { visit(typed); });
}

void TensorBoundFinder::visit(MapOp op) {
  const BodyWork work(op.getBlock(), target);
  const int64_t elements = elementsOf(op.getResult(0));
  int64_t wantedOfAll = elements;
  for (auto [result, value] : llvm::enumerate(op.getResults())) {
    const int64_t count = wantedOf(value)[AnyUse];
    wantedOfAll = std::min(wantedOfAll, count);
    for (auto [input, delay] : llvm::zip_equal(op.getInputs(), work.delays[result])) {
      if (delay == BodyWork::unrelated)
        continue;
      const int64_t least = llvm::divideCeilSigned(count, elements / elementsOf(input));
      want(input, AnyUse, least);
      want(input, AluUse, least);
    }
  }
  for (llvm::ArrayRef<unsigned> arguments : work.dependences)
    if (std::optional<int64_t> fixed = countFixed(contents, op.getInputs(), arguments, elements)) {
      const int64_t different = countDifferent(contents, op.getInputs(), arguments, op.getShape().size());
      operations += std::max<int64_t>(0, different - *fixed - (elements - wantedOfAll));
    }
}

void TensorBoundFinder::visit(ContractOp op) {
  const int64_t elements = elementsOf(op), count = wantedOf(op)[AnyUse];
  llvm::ArrayRef<int64_t> lhs = shapeOf(op.getLhs()), rhs = shapeOf(op.getRhs());
  const int64_t rows = lhs[1], columns = rhs[1], depth = lhs[2] * lhs[3];
  for (Use use : {AnyUse, PlaneUse}) {
    want(op.getLhs(), use, llvm::divideCeilSigned(count, columns) * depth);
    want(op.getRhs(), use, llvm::divideCeilSigned(count, rows) * depth);
  }
  if (contents.of(op.getLhs()).isConstant && contents.of(op.getRhs()).isConstant)
    return;
  const int64_t results = std::max<int64_t>(0, contents.of(op).different - (elements - count));
  planeResults += results * kWordBytes;
  multiply(results * depth - contents.of(op.getLhs()).fixed * columns - contents.of(op.getRhs()).fixed * rows,
           op.getLhs().getType().getElementType());
}

void TensorBoundFinder::visit(ConvolveOp op) {
  llvm::ArrayRef<int64_t> in = shapeOf(op.getInput()), filters = shapeOf(op.getFilters()), out = shapeOf(op);
  const int64_t spatial = in.size() - 2, elements = elementsOf(op), count = wantedOf(op)[AnyUse];
  const int64_t depth = elementsOf(op.getFilters()) / filters.front();
  int64_t inside = in.front() * filters.back() * out.back(), touched = in.front() * in.back();
  for (int64_t i = 0; i < spatial; ++i) {
    const WindowDimension dim{in[1 + i],          out[1 + i],           filters[1 + i],
                              op.getStrides()[i], op.getDilations()[i], op.getLow()[i]};
    inside *= dim.countInside();
    touched *= dim.countTouched();
  }
  const int64_t missing = elements - count;
  for (Use use : {AnyUse, PlaneUse}) {
    want(op.getInput(), use, std::max<int64_t>(0, touched - missing * depth));
    want(op.getFilters(), use, llvm::divideCeilSigned(count, elements / out.back()) * depth);
  }
  planeResults += count * kWordBytes;
  const int64_t underElement = elementsOf(op.getFilters()) / in.back(), positions = elements / out.back();
  multiply(inside - missing * depth - contents.of(op.getInput()).fixed * underElement -
               contents.of(op.getFilters()).fixed * positions,
           op.getInput().getType().getElementType());
}

/// Every element that differs is combined with another one, but for one a result.
void TensorBoundFinder::visit(ReduceOp op) {
  const int64_t elements = elementsOf(op), count = wantedOf(op)[AnyUse];
  const int64_t size = elementsOf(op.getInput()) / elements;
  const TensorContent &input = contents.of(op.getInput());
  want(op.getInput(), AnyUse, count * size);
  want(op.getInput(), AluUse, count * size);
  if (!input.isConstant)
    operations += std::max<int64_t>(0, input.different - input.fixed - (elements - count) * size - count);
}

/// Any row of a table may be asked for.
void TensorBoundFinder::visit(GatherOp op) {
  const int64_t count = wantedOf(op)[AnyUse];
  if (count == 0)
    return;
  const int64_t row = elementsOf(op) / elementsOf(op.getIndices());
  want(op.getIndices(), AnyUse, llvm::divideCeilSigned(count, row));
  want(op.getTable(), AnyUse, elementsOf(op.getTable()));
}

void TensorBoundFinder::bring(mlir::Value root) {
  mlir::Operation *op = root.getDefiningOp();
  const Wanted of = wantedOf(root);
  const int64_t bytes = elementBytes(llvm::cast<mlir::RankedTensorType>(root.getType()).getElementType());
  const TensorContent &content = contents.of(root);
  const int64_t repeated = elementsOf(root) - content.different + content.fixed;
  auto brought = [&](Use use) { return std::max<int64_t>(0, of[use] - repeated) * bytes; };
  planeOperands += brought(PlaneUse);
  // What ALUs made they may keep; constants they may have as immediates.
  if (!llvm::isa_and_nonnull<MapOp, ReduceOp, ConstantOp>(op))
    aluOperands += brought(AluUse);
  if (!op)
    reads += std::max(brought(PlaneUse), brought(AluUse));
  if (op && !content.isConstant)
    writes += brought(HostUse);
  if (llvm::isa_and_nonnull<ConstantOp>(op))
    reads += brought(PlaneUse);
}

void sluice::computeTensorBound(mlir::ModuleOp module, const target::Target &target, unsigned cards) {
  mlir::Builder builder(module.getContext());
  mlir::NamedAttrList bounds;
  module.walk([&](mlir::func::FuncOp function) {
    const TensorBoundFinder finder(function.front(), target);
    for (auto [name, cycles] : finder.bounds(cards))
      if (cycles != 0)
        bounds.set(name, builder.getI64IntegerAttr(cycles));
  });
  module->setAttr(kTensorBoundsAttr, bounds.getDictionary(module.getContext()));
}
