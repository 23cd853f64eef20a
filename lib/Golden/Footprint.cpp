//===- Footprint.cpp - Memory that interpreting a program takes -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Golden/Footprint.h"

#include "dialects/ElementTypes.h"
#include "dialects/stensor/StensorDialect.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <tuple>
#include <vector>

using namespace mlir;

namespace sluice::golden {
namespace {

/// Bytes of a tensor's elements at `width` each; as many as there are numbers for if there are more.
uint64_t bytesOf(RankedTensorType type, uint64_t width) {
  uint64_t bytes = width;
  for (int64_t size : type.getShape())
    bytes = llvm::SaturatingMultiply<uint64_t>(bytes, size);
  return bytes;
}

/// 0 for what is no tensor of the level, which the interpreter refuses.
uint64_t storedBytes(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return 0;
  return bytesOf(type, stensor::elementBytes(type.getElementType()));
}

/// Whether the interpreter uses the bytes where they lie.
bool isShared(stensor::ConstantOp constant) { return isa<DenseResourceElementsAttr>(constant.getValue()); }

bool isSplat(stensor::ConstantOp constant) {
  auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
  return dense && dense.isSplat();
}

/// Follows the lives of tensors as the interpreter has them.
class Footprint {
public:
  Footprint(func::FuncOp function, const CardMemory &memory) : function(function), memory(memory) {}

  LogicalResult run() {
    uint64_t own = 0;
    for (BlockArgument argument : function.getArguments())
      own = llvm::SaturatingAdd(own, storedBytes(argument));
    for (auto constant : function.getOps<stensor::ConstantOp>())
      if (!isSplat(constant))
        own = llvm::SaturatingAdd(own, storedBytes(constant.getResult()));
    most = llvm::SaturatingMultiplyAdd(own, kBytesForOwnByte, memory.bytes);
    for (BlockArgument argument : function.getArguments())
      if (failed(define(argument, storedBytes(argument))))
        return failure();
    for (Operation &op : function.getBody().front())
      if (failed(step(&op)))
        return failure();
    return success();
  }

private:
  struct Holder {
    Value value;
    uint64_t bytes;
    size_t uses = 0;
  };

  LogicalResult step(Operation *op) {
    if (isa<func::ReturnOp>(op))
      return checkResults(op);
    auto constant = dyn_cast<stensor::ConstantOp>(op);
    if (isa<stensor::ReshapeOp>(op)) // the same bytes
      alias(op->getResult(0), op->getOperand(0));
    else
      for (Value result : op->getResults())
        if (failed(define(result, constant && isShared(constant) ? 0 : storedBytes(result))))
          return failure();
    for (Value operand : op->getOperands())
      release(holderOf.lookup(operand));
    for (Value result : op->getResults())
      if (result.use_empty())
        drop(holderOf.lookup(result));
    return success();
  }

  static size_t usesOf(Value value) { return std::distance(value.use_begin(), value.use_end()); }

  LogicalResult define(Value value, uint64_t bytes) {
    holderOf[value] = holders.size();
    holders.push_back({value, bytes, usesOf(value)});
    if (bytes > most)
      return reportTensor(value, bytes);
    alive = llvm::SaturatingAdd(alive, bytes);
    return alive > most ? reportAll(value.getLoc(), alive) : success();
  }

  void alias(Value value, Value same) {
    size_t holder = holderOf.lookup(same);
    holderOf[value] = holder;
    holders[holder].uses += usesOf(value);
  }

  void release(size_t holder) {
    if (--holders[holder].uses == 0)
      drop(holder);
  }

  void drop(size_t holder) {
    if (holders[holder].uses != 0)
      return;
    alive -= holders[holder].bytes;
    holders[holder].bytes = 0;
  }

  /// Results are handed over as copies in the user's types, each by itself.
  LogicalResult checkResults(Operation *op) {
    uint64_t all = alive;
    for (auto [index, value] : llvm::enumerate(op->getOperands())) {
      uint64_t bytes = storedBytes(value);
      if (auto user = function.getResultAttrOfType<TypeAttr>(index, stensor::kTypeAttr); user && bytes != 0)
        if (std::optional<ElementType> element = toElementType(user.getValue()))
          bytes = std::max(bytes, bytesOf(cast<RankedTensorType>(value.getType()), elementBytes(*element)));
      all = llvm::SaturatingAdd(all, bytes);
      if (all > most)
        return reportAll(value.getLoc(), all);
    }
    return success();
  }

  InFlightDiagnostic &addCards(InFlightDiagnostic &error) const {
    return error << memory.cards << (memory.cards == 1 ? " card has " : " cards have ") << memory.bytes;
  }

  LogicalResult reportTensor(Value value, uint64_t bytes) const {
    auto type = cast<RankedTensorType>(value.getType());
    InFlightDiagnostic error = emitError(value.getLoc());
    error << tensorText(type) << " needs ";
    if (bytes == UINT64_MAX)
      error << "more bytes than there are numbers for; ";
    else
      error << bytes << " bytes; ";
    return addCards(error);
  }

  LogicalResult reportAll(Location loc, uint64_t bytes) const {
    InFlightDiagnostic error = emitError(loc);
    error << "the tensors that are alive at once need " << bytes << " bytes; ";
    addCards(error);
    std::vector<std::tuple<uint64_t, size_t>> largest;
    for (auto [index, holder] : llvm::enumerate(holders))
      if (holder.bytes != 0)
        largest.emplace_back(UINT64_MAX - holder.bytes, index);
    llvm::sort(largest);
    for (auto [key, index] : ArrayRef(largest).take_front(3))
      error.attachNote(holders[index].value.getLoc())
          << tensorText(cast<RankedTensorType>(holders[index].value.getType())) << " takes "
          << holders[index].bytes << " bytes";
    return error;
  }

  func::FuncOp function;
  const CardMemory &memory;
  uint64_t most = 0, alive = 0;
  std::vector<Holder> holders;
  llvm::DenseMap<Value, size_t> holderOf;
};

} // namespace

LogicalResult checkFootprint(func::FuncOp function, const CardMemory &memory) {
  if (!function.getBody().hasOneBlock())
    return success(); // which the interpreter refuses
  return Footprint(function, memory).run();
}

} // namespace sluice::golden
