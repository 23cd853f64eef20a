//===- ElementTypes.h - Element types as MLIR types --------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_ELEMENTTYPES_H
#define SLUICE_DIALECTS_ELEMENTTYPES_H

#include "sluice/Support/ElementTypes.h"

#include "mlir/IR/BuiltinTypeInterfaces.h"
#include "mlir/IR/Types.h"

#include <optional>
#include <string>

namespace sluice {

/// The MLIR type of elements of `type`: signed integers are signless, unsigned ones are not. Null for a
/// number that is not in ElementType.
mlir::Type toMlirType(ElementType type, mlir::MLIRContext &context);
/// The reverse; none for a type of no number.
std::optional<ElementType> toElementType(mlir::Type type);
/// "a tensor of 6 float32 elements": a tensor as messages to users have it, who know no shapes but those of
/// their model.
std::string tensorText(mlir::ShapedType type);

} // namespace sluice

#endif // SLUICE_DIALECTS_ELEMENTTYPES_H
