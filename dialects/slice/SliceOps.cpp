//===- SliceOps.cpp - Verifiers of the slice dialect ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/slice/SliceDialect.h"
#include "dialects/tile/PassVerifiers.h"

namespace sluice::slice {

/// Fails unless `hemispheres` are 0 (east) or 1 (west).
template <typename Op>
static mlir::LogicalResult verifyHemispheres(Op op, llvm::ArrayRef<int64_t> hemispheres) {
  for (int64_t hemisphere : hemispheres)
    if (hemisphere != 0 && hemisphere != 1)
      return op.emitOpError("hemisphere ") << hemisphere << " is neither 0 (east) nor 1 (west)";
  return mlir::success();
}

/// A placed buffer names a slice for every stripe's byte plane, each once.
template <typename Op>
static mlir::LogicalResult verifyPlace(Op op) {
  int64_t stripes = op.getStripes(), bytes = op.getBuffer().getType().getBytes();
  llvm::ArrayRef<int64_t> hemispheres = op.getHemispheres();
  llvm::SmallVector<int64_t> slices(op.getSlices());
  if (llvm::checkedMul(stripes, bytes) != int64_t(slices.size()))
    return op.emitOpError("needs ") << stripes << " x " << bytes << " slices (stripes x bytes), has "
                                    << slices.size();
  if (hemispheres.empty())
    return op.emitOpError("needs a hemisphere");
  if (failed(verifyHemispheres(op, hemispheres)))
    return mlir::failure();
  if (hemispheres.size() > 2 || (hemispheres.size() == 2 && hemispheres[0] == hemispheres[1]))
    return op.emitOpError("names a hemisphere twice");
  llvm::sort(slices);
  if (auto twice = std::adjacent_find(slices.begin(), slices.end()); twice != slices.end())
    return op.emitOpError("uses slice ") << *twice << " twice";
  return mlir::success();
}

mlir::LogicalResult ConstantOp::verify() {
  return mlir::success(mlir::succeeded(tile::verifyConstant(*this)) && mlir::succeeded(verifyPlace(*this)));
}
mlir::LogicalResult InputOp::verify() {
  return mlir::success(mlir::succeeded(tile::verifyInput(*this)) && mlir::succeeded(verifyPlace(*this)));
}
mlir::LogicalResult BufferOp::verify() {
  return mlir::success(mlir::succeeded(tile::verifyBuffer(*this)) && mlir::succeeded(verifyPlace(*this)));
}
mlir::LogicalResult OutputOp::verify() { return tile::verifyOutput(*this); }
mlir::LogicalResult MapOp::verify() {
  if (getReadHemispheres().size() != getInputs().size())
    return emitOpError("needs a read hemisphere for each of ")
           << getInputs().size() << " inputs, has " << getReadHemispheres().size();
  if (failed(verifyHemispheres(*this, getReadHemispheres())))
    return mlir::failure();
  return tile::verifyMap(*this);
}
mlir::LogicalResult ContractOp::verify() {
  if (getExtraHemispheres().size() != getExtras().size())
    return emitOpError("needs a read hemisphere for each of ")
           << getExtras().size() << " extras, has " << getExtraHemispheres().size();
  if (failed(verifyHemispheres(*this, getExtraHemispheres())) ||
      failed(verifyHemispheres(*this, int64_t(getHemisphere()))))
    return mlir::failure();
  return tile::verifyContract(*this);
}
mlir::LogicalResult PermuteOp::verify() {
  if (failed(verifyHemispheres(*this, int64_t(getHemisphere()))))
    return mlir::failure();
  return tile::verifyPermute(*this);
}
mlir::LogicalResult GatherOp::verify() {
  if (failed(verifyHemispheres(*this, int64_t(getHemisphere()))))
    return mlir::failure();
  return tile::verifyGather(*this);
}
mlir::LogicalResult ExchangeOp::verify() { return tile::verifyExchange(*this); }

} // namespace sluice::slice
