//===- Capacity.cpp - What the target cannot hold or compute --------------===//
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
#include "lib/Conversion/Views/View.h"

#include "dialects/ElementTypes.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;

namespace sluice::tiling {

/// Elements of all views together: as many as eight such groups of cards have bytes. A view is not stored,
/// but walked.
static constexpr uint64_t viewFactor = 8;

/// Dimensions of a tensor: twice as many as any runtime takes. Views are walked dimension by dimension.
static constexpr int64_t mostDimensions = 64;

/// Bytes of a tensor's elements at `bytes` each; none if there are more than numbers. Where there are no
/// elements, the other dimensions are still reckoned with.
static std::optional<int64_t> sizeOf(RankedTensorType type, int64_t bytes) {
  std::optional<int64_t> size = bytes;
  for (int64_t extent : type.getShape())
    size = size ? llvm::checkedMul(*size, std::max<int64_t>(extent, 1)) : std::nullopt;
  return size;
}

/// Reports a sum of `outer` times `k` products that is empty, or of another order than the target's.
static LogicalResult checkSum(Operation *op, Type element, int64_t outer, int64_t k,
                              const target::Target &target) {
  const int64_t lanes = target.lanes();
  if (outer == 0 || k == 0)
    return op->emitOpError("sums no products");
  if (element.isF16() && k > lanes && lanes != stensor::kContractionChunk)
    return op->emitOpError("sums chunks of ")
           << stensor::kContractionChunk << " products, target '" << target.name << "' has " << lanes
           << " lanes and cannot sum " << k << " in that order";
  return success();
}

static LogicalResult checkContraction(stensor::ContractOp contract, const target::Target &target) {
  RankedTensorType lhs = contract.getLhs().getType();
  return checkSum(contract, lhs.getElementType(), lhs.getDimSize(2), lhs.getDimSize(3), target);
}

static LogicalResult checkConvolution(stensor::ConvolveOp convolve, const target::Target &target) {
  ArrayRef<int64_t> filters = convolve.getFilters().getType().getShape();
  const auto spatial = static_cast<int64_t>(filters.size()) - 2,
             joined = static_cast<int64_t>(convolve.getJoined());
  return checkSum(convolve, convolve.getInput().getType().getElementType(),
                  elementsOf(filters.slice(1, spatial - joined)), elementsOf(filters.take_back(joined + 1)),
                  target);
}

/// Reports a gather from more vectors than there are words on a card: each row of the table takes whole ones.
static LogicalResult checkTable(stensor::GatherOp gather, const target::Target &target) {
  RankedTensorType type = gather.getTable().getType();
  const int64_t rows = type.getDimSize(0), elements = type.getNumElements(), lanes = target.lanes();
  if (elements == 0)
    return gather.getType().getNumElements() == 0 ? success()
                                                  : gather.emitOpError("takes rows of a table that has none");
  // Rows that fill no vector lie side by side, as many as fit.
  const int64_t width = elements / rows, together = std::max<int64_t>(1, lanes / width);
  const int64_t vectors = (rows + together - 1) / together * ((width + lanes - 1) / lanes);
  const int64_t need = vectors * lanes * stensor::elementBytes(type.getElementType());
  if (need <= int64_t(target.memoryBytes()))
    return success();
  return gather.emitOpError("needs ")
         << need << " bytes for its table of " << vectors << " vectors, a card has " << target.memoryBytes()
         << " bytes of memory, and every card needs the whole table";
}

namespace {

class CapacityChecker {
public:
  CapacityChecker(const LoweringOptions &options)
      : options(options), memory(options.cards * options.target->memoryBytes()) {}

  LogicalResult run(func::FuncOp function) {
    for (Value argument : function.getArguments())
      checkStored(argument);
    for (Operation &op : function.getBody().front()) {
      // Of constants and views, what leaves the program is stored.
      for (Value value : op.getResults())
        isLayoutOp(&op) || isa<stensor::ConstantOp>(op) ? checkView(value) : checkStored(value);
      if (isa<func::ReturnOp>(op))
        for (Value value : op.getOperands())
          checkStored(value);
    }
    if (walked > viewFactor * memory) {
      isSound = false;
      emitError(function.getLoc()) << "the program has views of " << walked << " elements in all, at most "
                                   << viewFactor * memory << " are walked";
    }
    report();
    if (!isSound)
      return failure();
    // Sizes are numbers that can be reckoned with from here on.
    function.walk(
        [&](stensor::ContractOp op) { isSound &= succeeded(checkContraction(op, *options.target)); });
    function.walk(
        [&](stensor::ConvolveOp op) { isSound &= succeeded(checkConvolution(op, *options.target)); });
    function.walk([&](stensor::GatherOp op) { isSound &= succeeded(checkTable(op, *options.target)); });
    return success(isSound);
  }

private:
  void checkStored(Value value) {
    const int64_t bytes = stensor::elementBytes(cast<RankedTensorType>(value.getType()).getElementType());
    check(value, bytes, memory);
  }

  void checkView(Value value) {
    if (check(value, 1, viewFactor * memory))
      walked += cast<RankedTensorType>(value.getType()).getNumElements();
  }

  /// Whether `value`, at `bytes` an element, is within `limit`.
  bool check(Value value, int64_t bytes, uint64_t limit) {
    auto type = cast<RankedTensorType>(value.getType());
    const std::optional<int64_t> counted = sizeOf(type, bytes);
    bool fits = counted && static_cast<uint64_t>(*counted) <= limit;
    if (!fits) {
      // A node may stand for many tensors: its largest will do.
      const std::optional<int64_t> size = sizeOf(type, stensor::elementBytes(type.getElementType()));
      Excess &excess = tooLarge[value.getLoc()];
      if (!excess.type || size.value_or(INT64_MAX) > excess.size.value_or(INT64_MAX))
        excess = {type, size};
    }
    if (type.getRank() > mostDimensions) {
      fits = false;
      emitError(value.getLoc()) << "a tensor has " << type.getRank() << " dimensions, need at most "
                                << mostDimensions;
    }
    isSound &= fits;
    return fits;
  }

  void report() const {
    for (const auto &[location, excess] : tooLarge) {
      InFlightDiagnostic error = emitError(location) << tensorText(excess.type) << " needs ";
      if (excess.size)
        error << *excess.size << " bytes; ";
      else
        error << "more bytes than there are numbers for; ";
      error << options.cards << (options.cards == 1 ? " card has " : " cards have ") << memory;
    }
  }

  struct Excess {
    RankedTensorType type;
    std::optional<int64_t> size; ///< none: beyond all numbers
  };

  const LoweringOptions &options;
  const uint64_t memory;
  /// By the place of the node that makes it.
  llvm::MapVector<Location, Excess> tooLarge;
  uint64_t walked = 0;
  bool isSound = true;
};

} // namespace

LogicalResult checkCapacity(func::FuncOp function, const LoweringOptions &options) {
  return CapacityChecker(options).run(function);
}

} // namespace sluice::tiling
