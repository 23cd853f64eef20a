//===- Narrow.cpp - Floats of 16 bits and less in maps --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Narrow.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace sluice::conversion {

namespace {

constexpr int kFractionBits = 23, kBias = 127; // of f32
constexpr int64_t kSignBit = int64_t{1} << 31, kExponentBits = 0x7f800000;

/// What patterns besides numbers a type with a sign has.
enum class Specials { None, NaN, InfinityAndNaN, OneNaN };

/// A type with a sign, an exponent and a fraction.
struct Format {
  int width, fraction, bias;
  double greatest;
  Specials specials;

  int64_t sign() const { return int64_t{1} << (width - 1); }
  int64_t magnitudes() const { return sign() - 1; }
  /// Places that an f32's fraction has and this type's has not.
  int excess() const { return kFractionBits - fraction; }
  /// The number that would follow `greatest`: its pattern is the infinity or the NaN.
  double beyond() const { return greatest + std::ldexp(1, std::ilogb(greatest) - fraction); }
  /// The pattern of a number's NaN: the canonical one, or -0 where there is none, as ONNX's own results.
  int64_t nan() const {
    return specials == Specials::NaN || specials == Specials::InfinityAndNaN ? magnitudes() : sign();
  }
};

Format formatOf(Type element) {
  if (llvm::isa<Float8E4M3FNType>(element))
    return {8, 3, 7, 448, Specials::NaN};
  if (llvm::isa<Float8E4M3FNUZType>(element))
    return {8, 3, 8, 240, Specials::OneNaN};
  if (llvm::isa<Float8E5M2Type>(element))
    return {8, 2, 15, 57344, Specials::InfinityAndNaN};
  if (llvm::isa<Float8E5M2FNUZType>(element))
    return {8, 2, 16, 57344, Specials::OneNaN};
  assert(llvm::isa<Float4E2M1FNType>(element) && "the other types have functions of their own");
  return {4, 1, 1, 6, Specials::None};
}

int64_t bitsOf(double value) { return llvm::bit_cast<int32_t>(static_cast<float>(value)); }

Value quietNaN(Scalars &s) { return s.real(std::numeric_limits<double>::quiet_NaN()); }

//===----------------------------------------------------------------------===//
// To f32
//===----------------------------------------------------------------------===//

Value decodeBFloat16(Scalars &s, Value bits) { return s.fromBits(s.shiftLeft(bits, s.integer(16))); }

/// A power of two: the exponent field alone, but for the least, which f32 has as a subnormal number.
Value decodeScale(Scalars &s, Value bits) {
  Value field = s.shiftLeft(bits, s.integer(kFractionBits));
  field = s.max(s.bitAnd(field, s.integer(kExponentBits)), s.integer(bitsOf(std::ldexp(1, -kBias))));
  Value isNaN = s.equal(bits, s.integer(-1));
  return s.select(isNaN, quietNaN(s), s.fromBits(field));
}

/// `bits` as the bits of the f32 that has its fields: smaller than its number by the difference of biases.
Value toFields(Scalars &s, Value bits, const Format &format) {
  int64_t magnitudes = format.magnitudes() << format.excess();
  Value fields = s.shiftLeft(bits, s.integer(format.excess()));
  if (format.width == 8) // the copies of the sign include f32's
    return s.bitAnd(fields, s.integer(magnitudes | kSignBit));
  Value sign = s.bitAnd(s.shiftLeft(bits, s.integer(32 - format.width)), s.integer(kSignBit));
  return s.bitOr(s.bitAnd(fields, s.integer(magnitudes)), sign);
}

Value decodeFormat(Scalars &s, Value bits, const Format &format) {
  Value fields = toFields(s, bits, format);
  if (format.specials == Specials::InfinityAndNaN) {
    int64_t exponent = format.magnitudes() & ~((int64_t{1} << format.fraction) - 1);
    Value isSpecial = s.equal(s.bitAnd(bits, s.integer(exponent)), s.integer(exponent));
    fields = s.select(isSpecial, s.bitOr(fields, s.integer(kExponentBits)), fields);
  }
  Value number = s.mul(s.fromBits(fields), s.real(std::ldexp(1, kBias - format.bias)));
  if (format.specials == Specials::NaN) {
    Value magnitude = s.bitAnd(bits, s.integer(format.magnitudes()));
    return s.select(s.equal(magnitude, s.integer(format.magnitudes())), quietNaN(s), number);
  }
  if (format.specials == Specials::OneNaN)
    return s.select(s.equal(bits, s.integer(-format.sign())), quietNaN(s), number);
  return number;
}

//===----------------------------------------------------------------------===//
// From f32
//===----------------------------------------------------------------------===//

/// Half of the last kept place less one, plus that place, carries exactly when it must.
Value encodeBFloat16(Scalars &s, Value real) {
  Value bits = s.toBits(real);
  Value last = s.bitAnd(s.shiftRightUnsigned(bits, s.integer(16)), s.integer(1));
  Value rounded = s.add(s.add(bits, s.integer(0x7fff)), last);
  return s.select(s.equal(real, real), s.shiftRightUnsigned(rounded, s.integer(16)), s.integer(0x7fc0));
}

/// Twice the number, clamped, is normal or the infinity, whose exponent field is one above the result.
Value encodeScale(Scalars &s, Value real, const NarrowRounding &rounding) {
  Value least = s.real(std::ldexp(1, -kBias)), greatest = s.real(std::ldexp(1, kBias));
  Value clamped = s.min(s.max(real, least), greatest);
  Value bits = s.toBits(s.add(clamped, clamped));
  int64_t fraction = (int64_t{1} << kFractionBits) - 1;
  if (rounding.scale != ScaleRounding::Down)
    bits = s.add(bits, s.integer(rounding.scale == ScaleRounding::Up ? fraction : (fraction + 1) / 2));
  Value code = s.sub(s.shiftRightUnsigned(bits, s.integer(kFractionBits)), s.integer(1));
  Value isNumber = rounding.saturate ? s.equal(real, real) : s.equal(real, clamped);
  return s.select(isNumber, code, s.integer(0xff));
}

/// The sum with a power of two whose last place is the type's at this magnitude rounds to nearest even; the
/// difference is exact. Fields follow from the number divided by the difference of biases.
Value encodeFormat(Scalars &s, Value real, const Format &format, bool saturate) {
  Value bits = s.toBits(real);
  double bound = saturate || format.specials == Specials::None ? format.greatest : format.beyond();
  Value magnitude = s.min(s.bitAnd(bits, s.integer(~kSignBit & 0xffffffff)), s.integer(bitsOf(bound)));
  Value exponent = s.max(s.bitAnd(magnitude, s.integer(kExponentBits)),
                         s.integer(int64_t{kBias + 1 - format.bias} << kFractionBits));
  Value anchor = s.fromBits(s.add(exponent, s.integer(int64_t{format.excess()} << kFractionBits)));
  Value rounded = s.sub(s.add(s.fromBits(magnitude), anchor), anchor);
  Value fields = s.toBits(s.mul(rounded, s.real(std::ldexp(1, format.bias - kBias))));
  Value code = s.shiftRightUnsigned(fields, s.integer(format.excess()));

  Value sign = s.bitAnd(s.shiftRightUnsigned(bits, s.integer(32 - format.width)), s.integer(format.sign()));
  Value withSign = s.bitOr(code, sign);
  if (format.specials == Specials::OneNaN) // whose pattern -0 would have
    withSign = s.select(s.equal(code, s.integer(0)), code, withSign);
  return s.select(s.equal(real, real), withSign, s.integer(format.nan()));
}

} // namespace

Value decodeNarrow(Scalars &s, Value bits, Type element) {
  if (element.isBF16())
    return decodeBFloat16(s, bits);
  if (llvm::isa<Float8E8M0FNUType>(element))
    return decodeScale(s, bits);
  return decodeFormat(s, bits, formatOf(element));
}

Value encodeNarrow(Scalars &s, Value real, Type element, const NarrowRounding &rounding) {
  if (element.isBF16())
    return encodeBFloat16(s, real);
  if (llvm::isa<Float8E8M0FNUType>(element))
    return encodeScale(s, real, rounding);
  return encodeFormat(s, real, formatOf(element), rounding.saturate);
}

} // namespace sluice::conversion
