//===- Elements.h - The bits of single elements -----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_VIEWS_ELEMENTS_H
#define SLUICE_LIB_CONVERSION_VIEWS_ELEMENTS_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

#include <cstdint>

namespace sluice::tiling {

/// The bits of a scalar attribute as they lie in memory.
uint32_t elementBits(mlir::Attribute value);
/// The reverse.
mlir::TypedAttr elementAttribute(mlir::Type type, uint32_t bits);

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_VIEWS_ELEMENTS_H
