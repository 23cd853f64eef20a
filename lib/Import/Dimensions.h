//===- Dimensions.h - Sizes of dynamic axes ---------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_DIMENSIONS_H
#define SLUICE_LIB_IMPORT_DIMENSIONS_H

#include "DimensionExpression.h"
#include "Proto.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Error.h"

#include <map>
#include <string>

namespace sluice::import {

/// Gives the dynamic axes of a model's inputs their sizes: those given by name, those of tensors that are
/// given, and those that follow from others by the formula that an axis has for its name.
class Dimensions {
public:
  explicit Dimensions(const std::map<std::string, int64_t> &sizes);

  /// Notes the dynamic axes of a graph input. To be called for each, before all else.
  void declare(const pb::ValueInfoProto &input);

  /// Gives the axes of an input the sizes of a tensor that is given for it. The error says which axis has
  /// another size.
  llvm::Error bind(const pb::ValueInfoProto &input, llvm::ArrayRef<int64_t> shape);

  /// Finds the sizes that follow from those known so far.
  void infer();

  /// The type of a graph input with the sizes known so far. An axis whose size is not known stays dynamic
  /// until verify() reports it. The error says why the input cannot be had.
  llvm::Expected<mlir::Type> inputType(const pb::ValueInfoProto &input, mlir::MLIRContext &context) const;

  /// The size of axes of a name or formula, or mlir::ShapedType::kDynamic.
  int64_t sizeOf(llvm::StringRef name) const;

  /// Reports the names without a size (one error for all), those that no input has, sizes below 0, and sizes
  /// that contradict each other.
  mlir::LogicalResult verify(mlir::Location loc, llvm::StringRef path) const;

private:
  std::optional<int64_t> known(llvm::StringRef name) const;
  std::optional<Fraction> evaluate(const DimensionExpression &expression) const;
  bool isPart(llvm::StringRef name) const;
  bool inferOnce();
  mlir::LogicalResult verifyGiven(mlir::Location loc, llvm::StringRef path) const;
  mlir::LogicalResult verifyExpressions(mlir::Location loc, llvm::StringRef path) const;
  std::string advice(const std::string &name, llvm::ArrayRef<std::string> uses) const;

  /// Sizes by name as the user gave them.
  const std::map<std::string, int64_t> &given;
  /// All sizes found, and for those of tensors the input that it is given for.
  std::map<std::string, int64_t, std::less<>> sizes;
  std::map<std::string, std::string> boundBy;
  /// The places "axis 0 of input 'x'" that each name stands at, in the model's order.
  llvm::MapVector<std::string, llvm::SmallVector<std::string>, std::map<std::string, unsigned>> places;
  /// The names that are formulas.
  std::map<std::string, DimensionExpression> expressions;
};

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_DIMENSIONS_H
