//===- CheckSchedule.cpp - Whether a schedule names what exists -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CheckSchedule.h"

#include "lib/Conversion/Images/ImageMaker.h"
#include "sluice/Binary/Encoding.h"

#include "dialects/tile/InputLoops.h"
#include "mlir/IR/BuiltinAttributes.h"

using namespace sluice;
using namespace sluice::sched;
using binary::Queue;
using binary::Unit;

namespace {

class Checker {
public:
  Checker(ProgramOp program, const target::Target &target) : program(program), target(target) {}

  mlir::LogicalResult run() {
    if (program.getCards() < 1 || program.getCards() > target.cardsPerNode)
      return program.emitOpError("is for ")
             << program.getCards() << " cards, a node has " << target.cardsPerNode;
    if (!isIn(program.getCycles(), 0, kMostCycles))
      return program.emitOpError("takes ") << program.getCycles() << " cycles";
    for (mlir::Operation &op : program.getBody().front()) {
      issues += llvm::isa<IssueOp>(op);
      memories += llvm::isa<MemoryOp>(op);
      if (auto binding = llvm::dyn_cast<BindingOp>(op); binding && !binding.getOutput())
        inputs.insert(tile::layoutKey(binding));
    }
    bool sound = true;
    for (mlir::Operation &op : program.getBody().front()) {
      if (auto memory = llvm::dyn_cast<MemoryOp>(op))
        sound &= succeeded(check(memory));
      else if (auto binding = llvm::dyn_cast<BindingOp>(op))
        sound &= succeeded(check(binding));
      else if (auto issue = llvm::dyn_cast<IssueOp>(op))
        sound &= succeeded(check(issue));
      else
        sound &= succeeded(mlir::LogicalResult(op.emitError("is no part of a schedule")));
    }
    return mlir::success(sound);
  }

private:
  /// More than any program takes, and far from where cycles would overflow.
  static constexpr int64_t kMostCycles = int64_t(1) << 40;

  static bool isIn(int64_t value, int64_t least, int64_t most) { return value >= least && value <= most; }
  bool isSlice(int64_t hemisphere, int64_t slice) const {
    return isIn(hemisphere, 0, 1) && isIn(slice, 0, int64_t(target.slicesPerHemisphere) - 1);
  }
  bool isWord(int64_t address) const { return isIn(address, 0, int64_t(target.wordsPerSlice()) - 1); }

  mlir::LogicalResult check(MemoryOp op) {
    auto type = llvm::cast<mlir::RankedTensorType>(op.getData().getShapedType());
    const int64_t cards = type.getDimSize(0), stripes = op.getStripes(), stripe = op.getStripe();
    if (cards != 1 && cards != int64_t(program.getCards()))
      return op.emitOpError("has data of ") << cards << " cards, the program has " << program.getCards();
    if (type.getDimSize(3) != target.lanes())
      return op.emitOpError("has vectors of ")
             << type.getDimSize(3) << " lanes, the target has " << target.lanes();
    if (stripes > int64_t(target.slicesPerHemisphere))
      return op.emitOpError("is one of ")
             << stripes << " stripes, a hemisphere has " << target.slicesPerHemisphere << " slices";
    const int64_t vectors = type.getDimSize(1), words = llvm::divideCeilSigned(vectors - stripe, stripes);
    if (!isSlice(op.getHemisphere(), op.getSlice()) || !isWord(op.getAddress()) || words < 1 ||
        words > int64_t(target.wordsPerSlice()) || !isWord(op.getAddress() + words - 1))
      return op.emitOpError("lies in no slice");
    if (!ImageMaker::isAtHand(op.getData()))
      return op.emitOpError("has data that are not there");
    return mlir::success();
  }

  mlir::LogicalResult check(BindingOp op) {
    if (!isIn(op.getCard(), -1, int64_t(program.getCards()) - 1))
      return op.emitOpError("is of card ") << op.getCard() << " of " << program.getCards();
    for (int64_t slice : op.getSlices())
      if (!isSlice(op.getHemisphere(), slice))
        return op.emitOpError("lies in no slice");
    const int64_t count = op.getCount();
    if (!isIn(op.getFirst(), 0, UINT32_MAX) || !isIn(count, 0, target.wordsPerSlice()) ||
        !isIn(op.getStep(), -int64_t(target.wordsPerSlice()), target.wordsPerSlice()) ||
        !isWord(op.getAddress()) ||
        (count > 0 && !isWord(op.getAddress() + (count - 1) * int64_t(op.getStep()))))
      return op.emitOpError("lies outside its slices");
    if (!isIn(op.getLaneDims(), 0, INT32_MAX))
      return op.emitOpError("has ") << int64_t(op.getLaneDims()) << " dimensions on lanes";
    BindingOp before = bindings.insert({{op.getOutput(), op.getName()}, op}).first->second;
    if (op.getMachineType() != before.getMachineType() || op.getUserType() != before.getUserType())
      return op.emitOpError("has another type than the bindings of '") << op.getName() << "' before it";
    if (op.getOutput() && tile::layoutKey(op) != tile::layoutKey(before))
      return op.emitOpError("has another layout than the bindings of '") << op.getName() << "' before it";
    return op.getFlow() ? checkFlow(op, *op.getFlow()) : mlir::success();
  }

  mlir::LogicalResult check(IssueOp op) {
    llvm::ArrayRef<int64_t> where = op.getQueue();
    if (!isIn(where[0], 0, int64_t(Unit::Any) - 1) || !isIn(where[1], 0, 1) ||
        !isIn(where[2], 0, UINT16_MAX) ||
        !binary::hasQueue(target, {Unit(where[0]), target::Hemisphere(where[1]), uint16_t(where[2])}))
      return op.emitOpError("is on a queue that the target does not have");
    if (!isIn(op.getOpcode(), 0, UINT8_MAX) || !binary::isOpcode(uint8_t(op.getOpcode())))
      return op.emitOpError("has no known opcode: ") << op.getOpcode();
    auto fields = binary::fieldsOf(binary::opcodeInfo(binary::Opcode(op.getOpcode())).format);
    if (fields.size() != op.getFields().size())
      return op.emitOpError("has ") << op.getFields().size() << " fields, its format has " << fields.size();
    for (auto [field, value] : llvm::zip_equal(fields, op.getFields()))
      if (!isIn(value, field.minimum(), field.maximum()))
        return op.emitOpError("field ") << llvm::StringRef(field.name) << " = " << value << " does not fit";
    if (!isIn(op.getCycle(), 0, kMostCycles) || !isIn(op.getCount(), 1, binary::kMaxCount) ||
        !isIn(op.getInterval(), 1, binary::kMaxInterval))
      return op.emitOpError("has a cycle, count or interval that no word holds");
    for (int64_t card : op.getCards().value_or(llvm::ArrayRef<int64_t>()))
      if (!isIn(card, 0, int64_t(program.getCards()) - 1))
        return op.emitOpError("is on card ") << card << " of " << program.getCards();
    for (int64_t address : op.getCardAddresses().value_or(llvm::ArrayRef<int64_t>()))
      if (!isWord(address))
        return op.emitOpError("has address ") << address << " of " << target.wordsPerSlice();
    for (unsigned card = 0; where[0] == int64_t(Unit::Link) && card < program.getCards(); ++card) {
      if (op.getCards() && !llvm::is_contained(*op.getCards(), card))
        continue;
      const int64_t link = where[2] / 2;
      if (link >= int64_t(target.localLinks) || target.localPeer(card, unsigned(link)) >= program.getCards())
        return op.emitOpError("is on a link of card ") << card << " that leads to no card of the program";
    }
    return checkFlow(op, op.getFlow());
  }

  mlir::LogicalResult checkFlow(mlir::Operation *op, llvm::ArrayRef<int64_t> flow) {
    for (size_t i = 0; i < flow.size(); i += 8) {
      llvm::ArrayRef<int64_t> edge = flow.slice(i, 8);
      const bool counts = isIn(edge[0], -1, int64_t(program.getCards()) - 1) && isIn(edge[1], 0, UINT8_MAX) &&
                          isIn(edge[2], 0, UINT32_MAX) && isIn(edge[3], 1, UINT32_MAX) &&
                          isIn(edge[6], 0, UINT32_MAX) && isIn(edge[7], INT32_MIN, INT32_MAX);
      const int64_t producer = edge[4];
      const bool exists = producer >= 0 ? producer < issues && isIn(edge[5], 0, UINT8_MAX)
                          : producer == -1
                              ? isIn(edge[5], 0, memories - 1)
                              : -2 - producer < int64_t(inputs.size()) && isIn(edge[5], 0, UINT8_MAX);
      if (!counts || !exists)
        return op->emitOpError("flow edge ") << i / 8 << " names what does not exist";
    }
    return mlir::success();
  }

  ProgramOp program;
  const target::Target &target;
  int64_t issues = 0, memories = 0;
  llvm::DenseSet<mlir::Attribute> inputs;                                   ///< names and layouts
  llvm::DenseMap<std::pair<unsigned, llvm::StringRef>, BindingOp> bindings; ///< the first of each tensor
};

} // namespace

mlir::LogicalResult sched::checkSchedule(ProgramOp program, const target::Target &target) {
  return Checker(program, target).run();
}
