//===- PassBody.h - What the body of a pass may hold ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Checks of passes that no operation's class matters to: they serve the verifiers of `tile` and `slice`
// (PassVerifiers.h).
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_PASSBODY_H
#define SLUICE_DIALECTS_TILE_PASSBODY_H

#include "mlir/IR/Operation.h"

namespace sluice::tile {

/// Whether elements of `type` stream: f32, f16, i32, i16, i8 and i1.
bool isBodyType(mlir::Type type);
/// Bytes of an element of `type`, which is one that streams.
int64_t widthOf(mlir::Type type);

/// Fails unless `body`, of the pass `op`, computes with scalars that stream, in operations that are one
/// machine operation, and ends with the yield of the pass's dialect. The body is not verified yet.
mlir::LogicalResult verifyBody(mlir::Operation *op, mlir::Block &body);

/// Fails unless `types`, which stream, have the widths of their buffers.
mlir::LogicalResult verifyWidths(mlir::Operation *op, llvm::StringRef what, mlir::TypeRange types,
                                 mlir::ValueRange buffers);

/// Fails unless the bytes of `data`, int8 of static shape, are of a kind that is known; those of a resource
/// that is at hand must be as many as its type says.
mlir::LogicalResult verifyBytes(mlir::Operation *op, mlir::Attribute data);

} // namespace sluice::tile

#endif // SLUICE_DIALECTS_TILE_PASSBODY_H
