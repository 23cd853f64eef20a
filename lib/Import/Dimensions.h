//===- Dimensions.h - Sizes of dynamic axes ---------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_DIMENSIONS_H
#define SLUICE_LIB_IMPORT_DIMENSIONS_H

#include "Proto.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Error.h"

#include <map>
#include <string>

namespace sluice::import {

/// Gives the dynamic axes of a model's inputs their sizes.
class Dimensions {
public:
  explicit Dimensions(const std::map<std::string, int64_t> &sizes) : sizes(sizes) {}

  /// The type of a graph input with the sizes bound. An axis whose size is not known stays dynamic until
  /// verify() reports it. The error says why the input cannot be had.
  llvm::Expected<mlir::Type> inputType(const pb::ValueInfoProto &input, mlir::MLIRContext &context);

  /// The size bound to a name, or mlir::ShapedType::kDynamic.
  int64_t sizeOf(const std::string &name) const;

  /// Reports the names without a size (one error for all), those that no input has, and sizes below 0.
  mlir::LogicalResult verify(mlir::Location loc, llvm::StringRef path) const;

private:
  mlir::LogicalResult verifyGiven(mlir::Location loc, llvm::StringRef path) const;

  const std::map<std::string, int64_t> &sizes;
  /// The places "axis 0 of input 'x'" that each name stands at, in the model's order.
  llvm::MapVector<std::string, llvm::SmallVector<std::string>, std::map<std::string, unsigned>> places;
};

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_DIMENSIONS_H
