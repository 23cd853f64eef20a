//===- DimensionExpression.h - Sizes made of other sizes --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exporters name an axis whose size follows from others by a formula:
// "past_sequence_length + sequence_length", "2*s0", "floor(h/2 - 1/2) + 1".
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_DIMENSIONEXPRESSION_H
#define SLUICE_LIB_IMPORT_DIMENSIONEXPRESSION_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::import {

/// A rational number in lowest terms; the denominator is positive.
struct Fraction {
  int64_t numerator = 0;
  int64_t denominator = 1;

  bool operator==(const Fraction &) const = default;
  /// Whether it is a size.
  bool isSize() const { return denominator == 1 && numerator >= 0; }
  /// "9" or "9/2".
  std::string text() const;
};

/// A name that is a formula over other names: sums, differences, products, quotients ('/' exact, '//' and '%'
/// towards minus infinity), parentheses, and the functions floor, ceil, ceiling, min, max, Mod, FloorDiv.
class DimensionExpression {
public:
  /// The formula, or nothing where the text is a plain name, a number, or anything else.
  static std::optional<DimensionExpression> parse(llvm::StringRef text);

  /// The names that it is made of, each once, in order.
  llvm::ArrayRef<std::string> names() const { return parts; }

  /// Its value; none where a name has no size, a divisor is 0 or numbers are beyond 64 bits.
  using SizeOf = llvm::function_ref<std::optional<int64_t>(llvm::StringRef name)>;
  std::optional<Fraction> evaluate(SizeOf sizeOf) const;

  /// The size of `name` for which the formula is `value`, where that is linear in it and there is one.
  std::optional<int64_t> solve(llvm::StringRef name, int64_t value, SizeOf sizeOf) const;

private:
  std::string text;
  llvm::SmallVector<std::string> parts;
  /// It only adds, subtracts, multiplies and divides.
  bool isSmooth = true;
};

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_DIMENSIONEXPRESSION_H
