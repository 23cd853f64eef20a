//===- PassBody.cpp - What the body of a pass may hold ----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/tile/PassBody.h"

#include "dialects/stensor/ScalarOps.h"
#include "dialects/tile/TileDialect.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;

namespace sluice::tile {

bool isBodyType(Type type) {
  return type.isF32() || type.isF16() || type.isInteger(32) || type.isInteger(16) || type.isInteger(8) ||
         type.isInteger(1);
}

int64_t widthOf(Type type) { return type.isInteger(1) ? 1 : type.getIntOrFloatBitWidth() / 8; }

/// Reports the first of `types` that does not stream.
static LogicalResult verifyTypes(Operation *op, StringRef what, TypeRange types) {
  for (auto [i, type] : llvm::enumerate(types))
    if (!isBodyType(type))
      return op->emitOpError("body ")
             << what << " " << i << " is of type " << type << ", need f32, f16, i32, i16, i8 or i1";
  return success();
}

LogicalResult verifyBody(Operation *op, Block &body) {
  Operation &yield = body.back();
  if (yield.getName().stripDialect() != "yield" || yield.getDialect() != op->getDialect())
    return op->emitOpError("body ends with ") << yield.getName() << ", need a yield of the dialect";
  if (failed(verifyTypes(op, "argument", body.getArgumentTypes())) ||
      failed(verifyTypes(op, "result", yield.getOperandTypes())))
    return failure();
  for (Operation &inner : llvm::make_range(body.begin(), std::prev(body.end())))
    if (!stensor::scalarConstant(&inner) && !stensor::scalarStep(&inner)) {
      InFlightDiagnostic error = op->emitOpError("body holds an operation that is not one machine operation");
      error.attachNote(inner.getLoc()) << inner.getName() << " of (" << inner.getOperandTypes() << ") -> ("
                                       << inner.getResultTypes() << ")";
      return error;
    }
  return success();
}

LogicalResult verifyWidths(Operation *op, StringRef what, TypeRange types, ValueRange buffers) {
  if (types.size() != buffers.size())
    return op->emitOpError("body has ")
           << types.size() << " " << what << " for " << buffers.size() << " buffers";
  for (auto [i, type, buffer] : llvm::enumerate(types, buffers)) {
    int64_t bytes = widthOf(type), have = cast<BufferType>(buffer.getType()).getBytes();
    if (bytes != have)
      return op->emitOpError() << what << " " << i << " of " << bytes << " bytes has a buffer of " << have;
  }
  return success();
}

LogicalResult verifyBytes(Operation *op, Attribute data) {
  auto resource = dyn_cast<DenseResourceElementsAttr>(data);
  if (!resource && !isa<DenseElementsAttr, ImageAttr>(data))
    return op->emitOpError("data must be dense, a resource or an image, is ") << data;
  std::optional<int64_t> need = 1;
  for (int64_t extent : cast<ShapedType>(cast<TypedAttr>(data).getType()).getShape())
    need = need ? llvm::checkedMul(*need, extent) : std::nullopt;
  if (!need)
    return op->emitOpError("data of type ")
           << cast<TypedAttr>(data).getType() << " have more bytes than there are numbers for";
  if (!resource || !resource.getRawHandle().getBlob())
    return success();
  if (int64_t have = resource.getRawHandle().getBlob()->getData().size(); have != *need)
    return op->emitOpError("resource has ") << have << " bytes, need " << *need;
  return success();
}

} // namespace sluice::tile
