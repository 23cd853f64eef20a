//===- Scalars.h - Builds the bodies of maps --------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_SCALARS_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_SCALARS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <optional>

namespace sluice::conversion {

/// Builds scalar operations of a map's body. Operands are f32, i32 or i1; each function
/// is one machine operation unless its comment says otherwise. One that gets operands of other types than it
/// takes gives a constant and is remembered (see areFitting).
///
/// A wide builder makes 64-bit integers and f64 instead of i32 and f32: such a body is never part of a
/// program, evaluateWide runs it on constants.
class Scalars {
public:
  Scalars(mlir::OpBuilder &builder, mlir::Location loc, bool wide = false)
      : builder(builder), loc(loc), wide(wide) {}

  /// Whether every operation so far got operands of the types that it takes.
  bool areFitting() const { return fitting; }
  bool isWide() const { return wide; }

  mlir::Value real(double value);
  mlir::Value integer(int64_t value);
  mlir::Value truth(bool value);

  /// Of two numbers of one type, f32 or integer.
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value max(mlir::Value a, mlir::Value b);
  mlir::Value min(mlir::Value a, mlir::Value b);
  mlir::Value equal(mlir::Value a, mlir::Value b);
  mlir::Value less(mlir::Value a, mlir::Value b);
  mlir::Value lessOrEqual(mlir::Value a, mlir::Value b);
  mlir::Value greater(mlir::Value a, mlir::Value b) { return less(b, a); }
  mlir::Value greaterOrEqual(mlir::Value a, mlir::Value b) { return lessOrEqual(b, a); }
  /// Integers: two operations.
  mlir::Value negate(mlir::Value a);
  mlir::Value absolute(mlir::Value a);
  /// A number of ONNX type `element` less than 0: never one without a sign.
  mlir::Value isNegative(mlir::Value a, mlir::Type element);
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);

  /// Of f32.
  mlir::Value div(mlir::Value a, mlir::Value b);
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c);
  mlir::Value floor(mlir::Value a);
  mlir::Value ceil(mlir::Value a);
  mlir::Value roundEven(mlir::Value a);
  mlir::Value trunc(mlir::Value a);
  mlir::Value sqrt(mlir::Value a);
  mlir::Value rsqrt(mlir::Value a);
  mlir::Value exp(mlir::Value a);
  mlir::Value log(mlir::Value a);
  mlir::Value tanh(mlir::Value a);
  mlir::Value sin(mlir::Value a);
  mlir::Value cos(mlir::Value a);

  /// Of integers or of i1.
  mlir::Value bitAnd(mlir::Value a, mlir::Value b);
  mlir::Value bitOr(mlir::Value a, mlir::Value b);
  mlir::Value bitXor(mlir::Value a, mlir::Value b);
  mlir::Value shiftLeft(mlir::Value a, mlir::Value b);
  mlir::Value shiftRightUnsigned(mlir::Value a, mlir::Value b);
  mlir::Value shiftRightSigned(mlir::Value a, mlir::Value b);
  /// Of i1.
  mlir::Value logicalNot(mlir::Value a);

  /// a / b towards zero and the remainder with a's sign: 30 operations. b = 0 gives an unspecified number.
  mlir::Value divide(mlir::Value a, mlir::Value b);
  mlir::Value remainder(mlir::Value a, mlir::Value b);
  /// a / b of words without sign.
  mlir::Value divideUnsigned(mlir::Value a, mlir::Value b);
  /// The root of a word without sign, cut to an integer: exact; 15 operations.
  mlir::Value wholeRoot(mlir::Value a);

  /// i32 to f32, f32 to i32 (towards zero, saturating; NaN gives 0).
  mlir::Value toReal(mlir::Value a);
  mlir::Value toInteger(mlir::Value a);
  /// The same of words without sign: 5 operations each. Negative numbers give those of toInteger.
  mlir::Value unsignedToReal(mlir::Value a);
  mlir::Value toUnsigned(mlir::Value a);
  /// The bits of an f32 as an i32 and back: no operation.
  mlir::Value toBits(mlir::Value a);
  mlir::Value fromBits(mlir::Value a);
  /// i1 to 0 or 1.
  mlir::Value toNumber(mlir::Value a);
  /// c[0] + c[1] x + c[2] x^2 ...: one operation a degree.
  mlir::Value polynomial(mlir::Value x, llvm::ArrayRef<double> coefficients);

  /// An integer that orders as the real number `x` does: -0 as +0, NaN above everything. Four operations.
  mlir::Value realOrderKey(mlir::Value x);
  /// The number that realOrderKey made `key` of; +0 for both zeros. Two operations.
  mlir::Value fromOrderKey(mlir::Value key);
  /// Whether a register of ONNX type `element` may have its sign bit set without being negative.
  bool isUnsignedWord(mlir::Type element) const;
  /// A number that orders as `x` of ONNX type `element` does: flips the sign bit of unsigned words, and back.
  mlir::Value orderKey(mlir::Value x, mlir::Type element);

  /// An element as it is stored, of ONNX type `element`, as the f32, integer or i1 to compute with; and back,
  /// floats rounded, integers to their low bits.
  mlir::Value load(mlir::Value stored, mlir::Type element);
  mlir::Value store(mlir::Value computed, mlir::Type element);
  /// An f32 rounded to the numbers of ONNX type `element`: nothing for f32, what store and load do else.
  mlir::Value roundTo(mlir::Value real, mlir::Type element);

  /// Types of `integer` and `real`.
  mlir::Type integerType() { return builder.getIntegerType(wide ? 64 : 32); }
  mlir::Type realType() { return wide ? mlir::Type(builder.getF64Type()) : builder.getF32Type(); }

private:
  bool isReal(mlir::Value value) { return value && value.getType() == realType(); }
  bool isInteger(mlir::Value value) { return value && value.getType() == integerType(); }
  static bool isTruth(mlir::Value value) { return value && value.getType().isInteger(1); }
  /// Remembers whether the operands fit.
  bool expect(bool fits);
  /// 0 of type real, integer or i1, for an operand of any other type an integer.
  mlir::Value zeroLike(mlir::Value value);
  template <typename Op>
  mlir::Value ofReals(llvm::ArrayRef<mlir::Value> operands);
  template <typename RealOp, typename IntegerOp>
  mlir::Value ofNumbers(mlir::Value a, mlir::Value b);
  template <typename Op>
  mlir::Value ofIntegers(mlir::Value a, mlir::Value b);
  template <typename Op>
  mlir::Value ofBits(mlir::Value a, mlir::Value b);
  mlir::Value compare(mlir::arith::CmpFPredicate ofReals, mlir::arith::CmpIPredicate ofIntegers,
                      mlir::Value a, mlir::Value b);
  template <typename Op>
  mlir::Value convert(mlir::Value a, bool fits, mlir::Type to);
  mlir::Value divideMagnitudes(mlir::Value dividend, mlir::Value divisor);
  /// The integer with only the sign bit set.
  mlir::Value signBit();

  mlir::OpBuilder &builder;
  mlir::Location loc;
  bool wide, fitting = true;
};

/// Runs a body that a wide builder made: row i of the result is the body's value on element i of each
/// input; real numbers are the bits of doubles. None if the body divides an integer by zero.
std::optional<llvm::SmallVector<int64_t>> evaluateWide(mlir::Block &body, mlir::Value result,
                                                       llvm::ArrayRef<llvm::SmallVector<int64_t>> inputs,
                                                       int64_t count);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_SCALARS_H
