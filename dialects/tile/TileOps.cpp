//===- TileOps.cpp - Verifiers of the tile dialect --------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/tile/PassVerifiers.h"
#include "dialects/tile/TileDialect.h"

namespace sluice::tile {

mlir::LogicalResult BufferType::verify(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                                       int64_t vectors, int64_t bytes) {
  if (vectors < 0)
    return emitError() << "expected a number of vectors, got " << vectors;
  if (bytes != 1 && bytes != 2 && bytes != 4)
    return emitError() << "expected elements of 1, 2 or 4 bytes, got " << bytes;
  return mlir::success();
}

mlir::LogicalResult ConstantOp::verify() { return verifyConstant(*this); }
mlir::LogicalResult InputOp::verify() { return verifyInput(*this); }
mlir::LogicalResult BufferOp::verify() { return verifyBuffer(*this); }
mlir::LogicalResult OutputOp::verify() { return verifyOutput(*this); }
mlir::LogicalResult MapOp::verify() { return verifyMap(*this); }
mlir::LogicalResult ContractOp::verify() { return verifyContract(*this); }
mlir::LogicalResult PermuteOp::verify() { return verifyPermute(*this); }
mlir::LogicalResult GatherOp::verify() { return verifyGather(*this); }
mlir::LogicalResult ExchangeOp::verify() { return verifyExchange(*this); }

} // namespace sluice::tile
