//===- StensorOps.cpp - Operations that compute or choose -------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/stensor/StensorDialect.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace sluice::stensor;

static RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

//===----------------------------------------------------------------------===//
// constant
//===----------------------------------------------------------------------===//

/// A resource that is at hand has as many bytes as its type needs; one that is
/// only named (its blob not loaded) cannot be checked.
LogicalResult ConstantOp::verify() {
  auto resource = dyn_cast<DenseResourceElementsAttr>(getValue());
  if (!resource || !resource.getRawHandle().getBlob())
    return success();
  auto type = cast<RankedTensorType>(getType());
  std::optional<int64_t> need = elementBytes(type.getElementType());
  for (int64_t extent : type.getShape())
    need = need ? llvm::checkedMul(*need, extent) : std::nullopt;
  int64_t have = static_cast<int64_t>(resource.getRawHandle().getBlob()->getData().size());
  if (have == need)
    return success();
  return emitOpError() << "resource has " << have << " bytes, need "
                       << (need ? std::to_string(*need) : "more than there are numbers for") << " for "
                       << type;
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

//===----------------------------------------------------------------------===//
// contract
//===----------------------------------------------------------------------===//

LogicalResult ContractOp::verify() {
  RankedTensorType lhs = tensorType(getLhs()), rhs = tensorType(getRhs()), result = getType();
  if (lhs.getRank() != 4 || rhs.getRank() != 4 || result.getRank() != 3)
    return emitOpError() << "operands and result have ranks " << lhs.getRank() << ", " << rhs.getRank()
                         << " and " << result.getRank() << ", need 4, 4 and 3";
  static constexpr StringLiteral names[] = {"batch", "", "t", "k"};
  for (unsigned dim : {0u, 2u, 3u})
    if (lhs.getDimSize(dim) != rhs.getDimSize(dim))
      return emitOpError() << "operands differ in dimension " << dim << " (" << names[dim]
                           << "): " << lhs.getDimSize(dim) << " and " << rhs.getDimSize(dim);
  int64_t need[] = {lhs.getDimSize(0), lhs.getDimSize(1), rhs.getDimSize(1)};
  for (unsigned dim = 0; dim < 3; ++dim)
    if (result.getDimSize(dim) != need[dim])
      return emitOpError() << "result has size " << result.getDimSize(dim) << " in dimension " << dim
                           << ", need " << need[dim];
  bool half = lhs.getElementType().isF16() && rhs.getElementType().isF16() && result.getElementType().isF32();
  bool byte = lhs.getElementType().isInteger(8) && rhs.getElementType().isInteger(8) &&
              result.getElementType().isInteger(32);
  if (!half && !byte)
    return emitOpError() << "has element types " << lhs.getElementType() << " x " << rhs.getElementType()
                         << " -> " << result.getElementType() << ", need f16 x f16 -> f32 or i8 x i8 -> i32";
  return success();
}

//===----------------------------------------------------------------------===//
// convolve
//===----------------------------------------------------------------------===//

/// Fails if an attribute has other than one number for each spatial dimension, or one below `least`.
static LogicalResult verifySpatial(ConvolveOp op, StringRef name, ArrayRef<int64_t> values, int64_t least) {
  int64_t spatial = tensorType(op.getInput()).getRank() - 2;
  // Products of a few such numbers are numbers still.
  constexpr int64_t most = int64_t{1} << 31;
  if (static_cast<int64_t>(values.size()) != spatial)
    return op.emitOpError() << name << " has " << values.size() << " numbers, need " << spatial;
  for (int64_t value : values)
    if (value < least || value >= most)
      return op.emitOpError() << name << " has " << value << ", need at least " << least << " and less than "
                              << most;
  return success();
}

LogicalResult ConvolveOp::verify() {
  RankedTensorType input = tensorType(getInput()), filters = tensorType(getFilters()), result = getType();
  int64_t rank = input.getRank(), groups = getGroups();
  if (rank < 3 || filters.getRank() != rank || result.getRank() != rank)
    return emitOpError() << "operands and result have ranks " << rank << ", " << filters.getRank() << " and "
                         << result.getRank() << ", need the same, at least 3";
  if (failed(verifySpatial(*this, "strides", getStrides(), 1)) ||
      failed(verifySpatial(*this, "dilations", getDilations(), 1)) ||
      failed(verifySpatial(*this, "low", getLow(), 0)))
    return failure();
  int64_t channels = input.getDimSize(rank - 1), outputs = filters.getDimSize(0);
  if (groups < 1 || channels % groups != 0 || outputs % groups != 0)
    return emitOpError() << "has " << channels << " channels and " << outputs << " filters, which " << groups
                         << " groups do not divide";
  if (filters.getDimSize(rank - 1) != channels / groups)
    return emitOpError() << "filters have " << filters.getDimSize(rank - 1) << " channels, need "
                         << channels / groups;
  if (result.getDimSize(0) != input.getDimSize(0) || result.getDimSize(rank - 1) != outputs)
    return emitOpError() << "result is " << result << ", need " << input.getDimSize(0) << " images of "
                         << outputs << " channels";
  bool byte = input.getElementType().isInteger(8) && filters.getElementType().isInteger(8) &&
              result.getElementType().isInteger(32);
  bool half =
      input.getElementType().isF16() && filters.getElementType().isF16() && result.getElementType().isF32();
  if (!byte && !half)
    return emitOpError() << "has element types " << input.getElementType() << " x "
                         << filters.getElementType() << " -> " << result.getElementType()
                         << ", need f16 x f16 -> f32 or i8 x i8 -> i32";
  if (static_cast<int64_t>(getJoined()) < 0 || static_cast<int64_t>(getJoined()) > rank - 2)
    return emitOpError() << "joins the taps of " << static_cast<int64_t>(getJoined())
                         << " dimensions, there are " << rank - 2;
  if (getPadding().getType() != input.getElementType())
    return emitOpError() << "padding is " << getPadding().getType() << ", need " << input.getElementType();
  return success();
}

//===----------------------------------------------------------------------===//
// reduce
//===----------------------------------------------------------------------===//

LogicalResult ReduceOp::verify() {
  RankedTensorType input = tensorType(getInput()), result = getType();
  int64_t dim = getDim();
  if (dim < 0 || dim >= input.getRank())
    return emitOpError() << "dim is " << dim << ", but the input has rank " << input.getRank();
  if (!input.getElementType().isF32() && !input.getElementType().isInteger(32))
    return emitOpError() << "element type is " << input.getElementType() << ", need f32 or i32";
  if (input.getDimSize(dim) == 0)
    return emitOpError() << "dimension " << dim << " has no elements";
  SmallVector<int64_t> shape(input.getShape());
  shape[dim] = 1;
  RankedTensorType need = input.clone(shape);
  if (result != need)
    return emitOpError() << "result is " << result << ", need " << need;
  return success();
}

//===----------------------------------------------------------------------===//
// concat
//===----------------------------------------------------------------------===//

LogicalResult ConcatOp::verify() {
  if (getInputs().empty())
    return emitOpError() << "has no inputs";
  RankedTensorType result = getType();
  int64_t dim = getDim();
  if (dim < 0 || dim >= result.getRank())
    return emitOpError() << "dim is " << dim << ", but the result has rank " << result.getRank();
  std::optional<int64_t> total = 0;
  for (auto [index, input] : llvm::enumerate(getInputs())) {
    RankedTensorType type = tensorType(input);
    if (type.getRank() != result.getRank())
      return emitOpError() << "input " << index << " has rank " << type.getRank() << ", need "
                           << result.getRank();
    SmallVector<int64_t> shape(result.getShape());
    shape[dim] = type.getDimSize(dim);
    RankedTensorType need = result.clone(shape);
    if (type != need)
      return emitOpError() << "input " << index << " is " << type << ", need " << need;
    total = total ? llvm::checkedAdd(*total, type.getDimSize(dim)) : std::nullopt;
  }
  if (total != result.getDimSize(dim))
    return emitOpError() << "inputs have " << (total ? std::to_string(*total) : "countless")
                         << " elements in dimension " << dim << ", the result " << result.getDimSize(dim);
  return success();
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  if (getInputs().size() == 1)
    return getInputs().front();
  return {};
}

//===----------------------------------------------------------------------===//
// gather
//===----------------------------------------------------------------------===//

LogicalResult GatherOp::verify() {
  RankedTensorType table = tensorType(getTable()), indices = tensorType(getIndices()), result = getType();
  if (indices.getRank() != 1 || !indices.getElementType().isInteger(32))
    return emitOpError() << "indices are " << indices << ", need a tensor of rank 1 of i32";
  if (table.getRank() == 0)
    return emitOpError() << "table has rank 0, need at least 1";
  SmallVector<int64_t> shape(table.getShape());
  shape[0] = indices.getDimSize(0);
  RankedTensorType need = table.clone(shape);
  if (result != need)
    return emitOpError() << "result is " << result << ", need " << need;
  return success();
}
