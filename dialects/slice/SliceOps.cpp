//===- SliceOps.cpp - Verifiers of the slice dialect ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/slice/SliceDialect.h"
#include "dialects/tile/PassVerifiers.h"

namespace sluice::slice {

/// A placed buffer names a slice for every stripe's byte plane, each once.
template <typename Op>
static mlir::LogicalResult verifyPlace(Op op) {
  auto type = op.getBuffer().getType();
  int64_t need = op.getStripes() * type.getBytes();
  llvm::ArrayRef<int64_t> slices = op.getSlices();
  if (int64_t(slices.size()) != need)
    return op.emitOpError("needs ") << need << " slices (stripes x bytes), has " << slices.size();
  if (op.getHemispheres().empty())
    return op.emitOpError("needs a hemisphere");
  for (int64_t hemisphere : op.getHemispheres())
    if (hemisphere != 0 && hemisphere != 1)
      return op.emitOpError("hemisphere ") << hemisphere << " is neither 0 (east) nor 1 (west)";
  for (size_t i = 0; i < slices.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (slices[i] == slices[j])
        return op.emitOpError("uses slice ") << slices[i] << " twice";
  return mlir::success();
}

mlir::LogicalResult ConstantOp::verify() {
  return mlir::success(mlir::succeeded(tile::verifyConstant(*this)) && mlir::succeeded(verifyPlace(*this)));
}
mlir::LogicalResult InputOp::verify() {
  return mlir::success(mlir::succeeded(tile::verifyInput(*this)) && mlir::succeeded(verifyPlace(*this)));
}
mlir::LogicalResult BufferOp::verify() {
  return mlir::success(mlir::succeeded(tile::verifyStripes(*this)) && mlir::succeeded(verifyPlace(*this)));
}
mlir::LogicalResult OutputOp::verify() { return tile::verifyOutput(*this); }
mlir::LogicalResult MapOp::verify() {
  if (getReadHemispheres().size() != getInputs().size())
    return emitOpError("needs a read hemisphere for each of ")
           << getInputs().size() << " inputs, has " << getReadHemispheres().size();
  return tile::verifyMap(*this);
}
mlir::LogicalResult ContractOp::verify() {
  if (getExtraHemispheres().size() != getExtras().size())
    return emitOpError("needs a read hemisphere for each of ")
           << getExtras().size() << " extras, has " << getExtraHemispheres().size();
  return tile::verifyContract(*this);
}
mlir::LogicalResult PermuteOp::verify() { return tile::verifyPermute(*this); }
mlir::LogicalResult GatherOp::verify() { return tile::verifyGather(*this); }
mlir::LogicalResult ExchangeOp::verify() { return tile::verifyExchange(*this); }

} // namespace sluice::slice
