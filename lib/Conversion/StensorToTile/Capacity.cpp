//===- Capacity.cpp - Tensors that no memory holds ------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The steps below this level cost what their vectors cost. Tensors that do not fit, which a model of a few
// bytes can ask for, are refused before.
//
//===----------------------------------------------------------------------===//

#include "Capacity.h"
#include "View.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;

namespace sluice::tiling {

/// Elements of a view: as many as eight such groups of cards have bytes. A view is not stored, but walked.
static constexpr uint64_t viewFactor = 8;

/// Reports a value whose elements, at `bytes` each, are more than `limit` bytes.
static LogicalResult checkSize(Value value, int64_t bytes, uint64_t limit, const LoweringOptions &options) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || llvm::is_contained(type.getShape(), 0))
    return success();
  std::optional<int64_t> size = bytes;
  for (int64_t extent : type.getShape())
    size = size ? llvm::checkedMul(*size, extent) : std::nullopt;
  if (size && static_cast<uint64_t>(*size) <= limit)
    return success();
  InFlightDiagnostic error = emitError(value.getLoc()) << "a tensor of type " << type << " needs ";
  if (size)
    error << *size << " bytes; ";
  else
    error << "more bytes than there are numbers for; ";
  return error << options.cards << (options.cards == 1 ? " card has " : " cards have ")
               << options.cards * options.target->memoryBytes();
}

LogicalResult checkCapacity(func::FuncOp function, const LoweringOptions &options) {
  const uint64_t memory = options.cards * options.target->memoryBytes();
  LogicalResult result = success();
  auto check = [&](Value value, bool isStored) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    const int64_t bytes = type && isStored ? stensor::elementBytes(type.getElementType()) : 1;
    if (failed(checkSize(value, bytes, isStored ? memory : viewFactor * memory, options)))
      result = failure();
  };
  for (Value argument : function.getArguments())
    check(argument, /*isStored=*/true);
  for (Operation &op : function.getBody().front()) {
    // Of constants and views, what leaves the program is stored.
    for (Value value : op.getResults())
      check(value, !isLayoutOp(&op) && !isa<stensor::ConstantOp>(op));
    if (isa<func::ReturnOp>(op))
      for (Value value : op.getOperands())
        check(value, /*isStored=*/true);
  }
  return result;
}

} // namespace sluice::tiling
