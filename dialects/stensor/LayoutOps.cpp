//===- LayoutOps.cpp - Operations that only move elements -------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/stensor/ScalarOps.h"
#include "dialects/stensor/StensorDialect.h"

#include "mlir/IR/PatternMatch.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace sluice::stensor;

/// Elements keep their type and, unless `sameRank` is false, tensors their rank.
template <class Op>
static LogicalResult verifyElements(Op op, bool sameRank = true) {
  RankedTensorType input = op.getInput().getType(), result = op.getType();
  if (input.getElementType() != result.getElementType())
    return op.emitOpError() << "result has elements " << result.getElementType() << ", need "
                            << input.getElementType();
  if (sameRank && input.getRank() != result.getRank())
    return op.emitOpError() << "result has rank " << result.getRank() << ", need " << input.getRank();
  return success();
}

/// An attribute that has one number a dimension.
template <class Op>
static LogicalResult verifyCount(Op op, StringRef name, ArrayRef<int64_t> values, int64_t need) {
  if (static_cast<int64_t>(values.size()) != need)
    return op.emitOpError() << "'" << name << "' has " << values.size() << " values, need " << need;
  return success();
}

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

LogicalResult ReshapeOp::verify() {
  if (failed(verifyElements(*this, /*sameRank=*/false)))
    return failure();
  int64_t have = getType().getNumElements(), need = getInput().getType().getNumElements();
  if (have != need)
    return emitOpError() << "result has " << have << " elements, the input " << need;
  return success();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto inner = getInput().getDefiningOp<ReshapeOp>()) {
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

//===----------------------------------------------------------------------===//
// transpose
//===----------------------------------------------------------------------===//

LogicalResult TransposeOp::verify() {
  RankedTensorType input = getInput().getType(), result = getType();
  if (failed(verifyElements(*this)) ||
      failed(verifyCount(*this, "permutation", getPermutation(), input.getRank())))
    return failure();
  llvm::SmallBitVector seen(input.getRank());
  for (auto [index, dim] : llvm::enumerate(getPermutation())) {
    if (dim < 0 || dim >= input.getRank() || seen.test(dim))
      return emitOpError() << "'permutation' is [" << getPermutation() << "], need each of 0 to "
                           << input.getRank() - 1 << " once";
    seen.set(dim);
    if (result.getDimSize(index) != input.getDimSize(dim))
      return emitOpError() << "result has size " << result.getDimSize(index) << " in dimension " << index
                           << ", need " << input.getDimSize(dim);
  }
  return success();
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (llvm::equal(getPermutation(), llvm::seq<int64_t>(0, getType().getRank())))
    return getInput();
  if (auto inner = getInput().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> permutation;
    for (int64_t dim : getPermutation())
      permutation.push_back(inner.getPermutation()[dim]);
    setPermutation(permutation);
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

namespace {

/// A transpose that only moves dimensions of size 1 changes no order: a reshape.
struct TransposeToReshape : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    int64_t last = -1;
    for (auto [index, dim] : llvm::enumerate(op.getPermutation())) {
      if (op.getType().getDimSize(index) == 1)
        continue;
      if (dim < last)
        return failure();
      last = dim;
    }
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput());
    return success();
  }
};

} // namespace

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<TransposeToReshape>(context);
}

//===----------------------------------------------------------------------===//
// slice
//===----------------------------------------------------------------------===//

LogicalResult SliceOp::verify() {
  RankedTensorType input = getInput().getType(), result = getType();
  if (failed(verifyElements(*this)) || failed(verifyCount(*this, "offsets", getOffsets(), input.getRank())) ||
      failed(verifyCount(*this, "strides", getStrides(), input.getRank())))
    return failure();
  for (int64_t dim = 0; dim < input.getRank(); ++dim) {
    int64_t count = result.getDimSize(dim), size = input.getDimSize(dim), first = getOffsets()[dim];
    if (count == 0 && first >= 0 && first <= size)
      continue;
    // A last element that has no number lies outside as well.
    int64_t last =
        llvm::checkedMulAdd(std::max<int64_t>(count - 1, 0), getStrides()[dim], first).value_or(-1);
    if (first < 0 || first >= size || last < 0 || last >= size)
      return emitOpError() << "takes elements " << first << " to " << last << " of dimension " << dim
                           << ", which has " << size;
  }
  return success();
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  RankedTensorType input = getInput().getType();
  bool forward = llvm::all_of(llvm::seq<int64_t>(0, input.getRank()), [&](int64_t dim) {
    return input.getDimSize(dim) <= 1 || getStrides()[dim] == 1;
  });
  if (input == getType() && forward)
    return getInput();
  if (auto inner = getInput().getDefiningOp<SliceOp>()) {
    SmallVector<int64_t> offsets, strides;
    for (int64_t dim = 0; dim < input.getRank(); ++dim) {
      // What no second element follows may have any stride.
      int64_t count = getType().getDimSize(dim),
              step = input.getDimSize(dim) > 1 ? inner.getStrides()[dim] : 0;
      offsets.push_back(inner.getOffsets()[dim] + (count > 0 ? getOffsets()[dim] * step : 0));
      strides.push_back(count > 1 ? getStrides()[dim] * step : 1);
    }
    setOffsets(offsets);
    setStrides(strides);
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

//===----------------------------------------------------------------------===//
// pad
//===----------------------------------------------------------------------===//

LogicalResult PadOp::verify() {
  RankedTensorType input = getInput().getType(), result = getType();
  if (failed(verifyElements(*this)) || failed(verifyCount(*this, "low", getLow(), input.getRank())))
    return failure();
  if (getValue().getType() != input.getElementType() || !scalarRegister(getValue()))
    return emitOpError() << "'value' is " << getValue() << ", need a number of type "
                         << input.getElementType();
  for (int64_t dim = 0; dim < input.getRank(); ++dim) {
    int64_t low = getLow()[dim], more = result.getDimSize(dim) - input.getDimSize(dim);
    int64_t high = llvm::checkedSub(more, low).value_or(-1);
    if (low < 0 || high < 0)
      return emitOpError() << "puts " << low << " elements before and " << high << " after dimension " << dim
                           << ", need none negative";
  }
  return success();
}

OpFoldResult PadOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  return {};
}

//===----------------------------------------------------------------------===//
// broadcast
//===----------------------------------------------------------------------===//

LogicalResult BroadcastOp::verify() {
  RankedTensorType input = getInput().getType(), result = getType();
  if (failed(verifyElements(*this)))
    return failure();
  for (int64_t dim = 0; dim < input.getRank(); ++dim)
    if (input.getDimSize(dim) != 1 && input.getDimSize(dim) != result.getDimSize(dim))
      return emitOpError() << "input has size " << input.getDimSize(dim) << " in dimension " << dim
                           << ", need 1 or " << result.getDimSize(dim);
  return success();
}

OpFoldResult BroadcastOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto inner = getInput().getDefiningOp<BroadcastOp>()) {
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

//===----------------------------------------------------------------------===//
// window
//===----------------------------------------------------------------------===//

LogicalResult WindowOp::verify() {
  RankedTensorType input = getInput().getType(), result = getType();
  int64_t first = getFirst(), count = getSizes().size();
  if (failed(verifyElements(*this, /*sameRank=*/false)) ||
      failed(verifyCount(*this, "strides", getStrides(), count)) ||
      failed(verifyCount(*this, "dilations", getDilations(), count)))
    return failure();
  if (first < 0 || first > input.getRank() - count)
    return emitOpError() << "slides over " << count << " dimensions from " << first
                         << " on, but the input has rank " << input.getRank();
  if (result.getRank() != input.getRank() + count)
    return emitOpError() << "result has rank " << result.getRank() << ", need " << input.getRank() + count;
  for (int64_t dim = 0; dim < result.getRank(); ++dim) {
    if (dim >= first && dim < first + count)
      continue;
    bool isWindow = dim >= first + count && dim < first + 2 * count;
    int64_t need = isWindow      ? getSizes()[dim - first - count]
                   : dim < first ? input.getDimSize(dim)
                                 : input.getDimSize(dim - count);
    if (result.getDimSize(dim) != need)
      return emitOpError() << "result has size " << result.getDimSize(dim) << " in dimension " << dim
                           << ", need " << need;
  }
  for (int64_t i = 0; i < count; ++i) {
    if (getSizes()[i] < 1 || getStrides()[i] < 1 || getDilations()[i] < 1)
      return emitOpError() << "window " << i << " has size " << getSizes()[i] << ", stride "
                           << getStrides()[i] << ", dilation " << getDilations()[i] << ", need at least 1";
    int64_t windows = result.getDimSize(first + i), size = input.getDimSize(first + i);
    if (windows == 0)
      continue;
    std::optional<int64_t> last = llvm::checkedMul(windows - 1, getStrides()[i]);
    last = last ? llvm::checkedMulAdd(getSizes()[i] - 1, getDilations()[i], *last) : std::nullopt;
    if (!last || *last >= size)
      return emitOpError() << "windows reach to element "
                           << (last ? std::to_string(*last) : "beyond all numbers") << " of dimension "
                           << first + i << ", which has " << size;
  }
  return success();
}

OpFoldResult WindowOp::fold(FoldAdaptor) {
  if (getSizes().empty())
    return getInput();
  return {};
}
