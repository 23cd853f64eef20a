//===- Reference.h - Expected values from MPFR ------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TEST_UNIT_NUMERICS_REFERENCE_H
#define SLUICE_TEST_UNIT_NUMERICS_REFERENCE_H

#include "sluice/Numerics/Scalar.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <ostream>

#include <mpfr.h>

namespace sluice::numerics::test {

inline float asFloat(uint32_t bits) { return std::bit_cast<float>(bits); }
inline uint32_t asBits(float value) { return std::bit_cast<uint32_t>(value); }

/// A number of `precision` bits.
class Real {
public:
  explicit Real(mpfr_prec_t precision) { mpfr_init2(value, precision); }
  ~Real() { mpfr_clear(value); }
  Real(const Real &) = delete;
  Real &operator=(const Real &) = delete;
  operator mpfr_ptr() { return value; }

private:
  mpfr_t value;
};

using MpfrFunction = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);

/// 1 / sqrt(x) with IEEE 754's sign at -0, which MPFR takes as +0.
inline int reciprocalSquareRoot(mpfr_ptr result, mpfr_srcptr x, mpfr_rnd_t rounding) {
  int inexact = mpfr_rec_sqrt(result, x, rounding);
  if (mpfr_zero_p(x))
    mpfr_set_inf(result, mpfr_signbit(x) ? -1 : 1);
  return inexact;
}

/// A one-argument operation, its exact counterpart, and a fast one for screening.
struct Elementary {
  const char *name;
  ScalarOp op;
  MpfrFunction exact;
  double (*screen)(double); ///< within 2^-50 relative
};

inline void PrintTo(const Elementary &function, std::ostream *stream) { *stream << function.name; }

inline constexpr Elementary elementaryFunctions[] = {
    {"sqrt", ScalarOp::SqrtF, mpfr_sqrt, std::sqrt},
    {"rsqrt", ScalarOp::RsqrtF, reciprocalSquareRoot, [](double x) { return 1 / std::sqrt(x); }},
    {"exp", ScalarOp::ExpF, mpfr_exp, std::exp},
    {"log", ScalarOp::LogF, mpfr_log, std::log},
    {"tanh", ScalarOp::TanhF, mpfr_tanh, std::tanh},
    {"sin", ScalarOp::SinF, mpfr_sin, std::sin},
    {"cos", ScalarOp::CosF, mpfr_cos, std::cos},
};

/// Rounds `value`, the result of an MPFR call that returned `inexact` with `precision`
/// bits and unbounded exponents, into the subnormal range and to infinity: emin and emax
/// are MPFR's exponents of the smallest subnormal and the largest number.
inline void bound(mpfr_ptr value, int inexact, mpfr_exp_t emin, mpfr_exp_t emax) {
  mpfr_exp_t oldMin = mpfr_get_emin(), oldMax = mpfr_get_emax();
  mpfr_set_emin(emin);
  mpfr_set_emax(emax);
  inexact = mpfr_check_range(value, inexact, MPFR_RNDN);
  mpfr_subnormalize(value, inexact, MPFR_RNDN);
  mpfr_set_emin(oldMin);
  mpfr_set_emax(oldMax);
}

/// The correctly rounded fp32 bits of `function` at `argument`.
inline uint32_t correctlyRounded(MpfrFunction function, uint32_t argument) {
  Real x(24), y(24);
  mpfr_set_flt(x, asFloat(argument), MPFR_RNDN);
  int inexact = function(y, x, MPFR_RNDN);
  if (mpfr_nan_p(y))
    return canonicalNaN;
  bound(y, inexact, -148, 128);
  return asBits(mpfr_get_flt(y, MPFR_RNDN));
}

/// The last place of fp32 at a value with MPFR exponent `exponent`.
inline double lastPlace(mpfr_exp_t exponent) {
  return std::ldexp(1.0, int(std::max<mpfr_exp_t>(exponent - 24, -149)));
}

/// |result - function(argument)| in last places of the exact value. Infinity is right
/// from the overflow threshold on, and counts as 2^128 below it. The exact value must be
/// a number.
inline double errorInUlps(MpfrFunction function, uint32_t argument, uint32_t result) {
  Real x(24), exact(128), difference(128);
  mpfr_set_flt(x, asFloat(argument), MPFR_RNDN);
  function(exact, x, MPFR_RNDN);
  float value = asFloat(result);
  if (!mpfr_regular_p(static_cast<mpfr_ptr>(exact)))
    return mpfr_get_flt(exact, MPFR_RNDN) == value ? 0 : INFINITY;
  if (mpfr_get_exp(static_cast<mpfr_ptr>(exact)) > 128)
    return std::isinf(value) ? 0 : INFINITY;
  mpfr_set_d(difference, std::isinf(value) ? std::copysign(0x1p128, value) : value, MPFR_RNDN);
  mpfr_sub(difference, difference, exact, MPFR_RNDN);
  return std::fabs(mpfr_get_d(difference, MPFR_RNDN)) / lastPlace(mpfr_get_exp(static_cast<mpfr_ptr>(exact)));
}

} // namespace sluice::numerics::test

#endif // SLUICE_TEST_UNIT_NUMERICS_REFERENCE_H
