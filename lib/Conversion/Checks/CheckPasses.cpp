//===- CheckPasses.cpp - Whether passes suit their target -----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The steps below tile take every number of a pass as it is: what the verifiers of the dialects cannot judge,
// since it is the target's or the program's, is judged here, before anything is placed.
//
//===----------------------------------------------------------------------===//

#include "CheckPasses.h"
#include "ProgramForm.h"

#include "sluice/Binary/Encoding.h"

#include "dialects/slice/SliceDialect.h"
#include "dialects/tile/Striping.h"
#include "dialects/tile/TileDialect.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace sluice;

namespace {

class PassChecker {
public:
  explicit PassChecker(const LoweringOptions &options) : options(options), target(*options.target) {}

  LogicalResult run(Block &body) {
    for (Operation &op : body) {
      if (auto buffer = dyn_cast<tile::BufferOpInterface>(op))
        checkBuffer(buffer);
      if (auto pass = dyn_cast<tile::PassOpInterface>(op))
        checkPass(pass);
      llvm::TypeSwitch<Operation *>(&op)
          .Case<tile::ConstantOp, slice::ConstantOp>([&](auto constant) { checkContents(constant); })
          .Case<tile::OutputOp, slice::OutputOp>([&](auto output) { checkOutput(output); })
          .Case<tile::ContractOp, slice::ContractOp>([&](auto contract) { checkContract(contract); })
          .Case<tile::GatherOp, slice::GatherOp>(
              [&](auto gather) { checkStripes(gather, "table", gather.getTable(), 1); })
          .Case<tile::ExchangeOp, slice::ExchangeOp>([&](auto exchange) { checkExchange(exchange); });
    }
    return success(isSound);
  }

private:
  /// Reports that `op` needs `need` of what there are `have`.
  void report(Operation *op, const Twine &what, int64_t need, int64_t have) {
    isSound = false;
    op->emitOpError("needs ") << what << ": " << need << ", target '" << target.name << "' has " << have;
  }
  void require(Operation *op, const Twine &what, int64_t need, int64_t have) {
    if (need > have)
      report(op, what, need, have);
  }

  /// Whatever its place will be, a buffer has slices of one hemisphere, and words of one bank in each.
  void checkBuffer(tile::BufferOpInterface op) {
    const auto type = cast<tile::BufferType>(op->getResult(0).getType());
    const tile::Striping striping = op.getStriping();
    const int64_t vectors = type.getVectors(), bytes = type.getBytes(), stripes = striping.stripes;
    const int64_t slices = target.slicesPerHemisphere;
    if (stripes > slices / bytes) {
      isSound = false;
      op->emitOpError("needs slices of a hemisphere: ")
          << stripes << " stripes of " << bytes << ", target '" << target.name << "' has " << slices;
    }
    require(op, "words of a bank in each slice", striping.words(vectors), target.wordsPerBank);
  }

  template <typename Op>
  void checkContents(Op op) {
    const auto type = cast<RankedTensorType>(op.getData().getShapedType());
    if (const int64_t lanes = type.getShape().back(); lanes != int64_t(target.lanes()))
      report(op, "vectors of lanes", lanes, target.lanes());
    if (type.getRank() == 4 && type.getDimSize(0) != int64_t(options.cards)) {
      isSound = false;
      op.emitOpError("has data of ") << type.getDimSize(0) << " cards, the program has " << options.cards;
    }
  }

  template <typename Op>
  void checkOutput(Op op) {
    const int64_t card = op.getCard();
    if (card >= -1 && card < int64_t(options.cards))
      return;
    isSound = false;
    op.emitOpError("is read from card ") << card << ", the program has " << options.cards;
  }

  void checkPass(tile::PassOpInterface op) {
    require(op, "vectors of one instruction", op.getCount(), binary::kMaxCount);
    for (Value output : op.getWritten())
      if (cast<tile::BufferOpInterface>(output.getDefiningOp()).isInitial()) {
        isSound = false;
        op->emitOpError("writes what is there from the start, a ") << output.getDefiningOp()->getName();
      }
  }

  template <typename Op>
  void checkStripes(Op op, StringRef what, Value buffer, int64_t need) {
    const tile::Striping striping = cast<tile::BufferOpInterface>(buffer.getDefiningOp()).getStriping();
    if (striping.stripes == need && (need == 1 || striping.block == 1))
      return;
    isSound = false;
    InFlightDiagnostic error = op.emitOpError()
                               << what << " must have " << need << " stripes, has " << striping.stripes;
    if (striping.block != 1)
      error << ", of " << striping.block << " vectors";
  }

  template <typename Op>
  void checkContract(Op op) {
    const int64_t bytes = cast<tile::BufferType>(op.getWeights().front().getType()).getBytes();
    const bool isTandem = bytes == 2;
    require(
        op,
        "slices of a hemisphere for the byte planes of as many columns of weights as are installed at once",
        bytes * target.installStreams, target.slicesPerHemisphere);
    require(op, "planes of a hemisphere", isTandem ? 2 : int64_t(op.getPlanes()), target.planesPerHemisphere);
    require(op, "rows of accumulators", op.getCount(), target.accumulatorRows);
    for (int64_t columns : op.getColumns())
      require(op, "columns of a plane", columns, target.columns);
    for (int64_t lanes : op.getLanes())
      require(op, "lanes", lanes, target.lanes());
    for (auto [i, tile] : llvm::enumerate(op.getWeights()))
      checkStripes(op, "weight tile " + std::to_string(i), tile, target.installStreams);
  }

  template <typename Op>
  void checkExchange(Op op) {
    checkStripes(op, "input", op.getInput(), 1);
    checkStripes(op, "output", op.getOutput(), 1);
    const int64_t have = op.getOutput().getType().getVectors(), count = op.getCount();
    if (op.getView()) {
      checkPlaces(op, *op.getView(), *op.getPlace());
      return;
    }
    if (have / count == int64_t(options.cards))
      return;
    isSound = false;
    op.emitOpError("has an output of ")
        << have << " vectors, need " << count << " of each of " << options.cards << " cards";
  }

  /// Vectors start + card * block + i * step of any card lie in `buffer`.
  template <typename Op>
  void checkReach(Op op, TypedValue<tile::BufferType> buffer, int64_t start, int64_t step, int64_t block) {
    const int64_t vectors = buffer.getType().getVectors(), last = int64_t(op.getCount()) - 1;
    for (int64_t card : {int64_t(0), int64_t(options.cards) - 1})
      for (int64_t i : {int64_t(0), last}) {
        std::optional<int64_t> at = llvm::checkedMulAdd(card, block, start);
        at = at ? llvm::checkedMulAdd(i, step, *at) : at;
        if (at && *at >= 0 && *at < vectors)
          continue;
        isSound = false;
        op.emitOpError("uses vectors beyond a buffer of ") << vectors;
        return;
      }
  }

  /// What each card sends to any and has from any lies in the buffers.
  template <typename Op>
  void checkPlaces(Op op, ArrayRef<int64_t> view, ArrayRef<int64_t> place) {
    checkReach(op, op.getInput(), view[0], view[1], view[2]);
    checkReach(op, op.getOutput(), place[0], 1, place[1]);
    const std::optional<ArrayRef<int64_t>> distances = op.getDistances();
    for (int64_t distance : *distances)
      if (distance >= int64_t(options.cards)) {
        isSound = false;
        op.emitOpError("sends over a distance of ")
            << distance << ", the program has " << options.cards << " cards";
      }
  }

  const LoweringOptions &options;
  const target::Target &target;
  bool isSound = true;
};

} // namespace

FailureOr<func::FuncOp> sluice::checkPasses(ModuleOp module, StringRef level,
                                            const LoweringOptions &options) {
  FailureOr<func::FuncOp> function = checkForm(module, level, [](Type) { return false; });
  if (failed(function) || failed(PassChecker(options).run(function->getBody().front())))
    return failure();
  return function;
}
