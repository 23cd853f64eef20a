//===- Elementwise.cpp - Arithmetic on elements ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

using namespace mlir;

namespace sluice::conversion {

using Unary = Value (*)(Scalars &, Value);
using Binary = Value (*)(Scalars &, Value, Value);

/// `onDoubles`, if there is one, takes the place of `function` where that is less exact than f64.
static void addUnary(OperatorTable &table, llvm::StringRef opType, Unary function,
                     double (*onDoubles)(double) = nullptr) {
  table.add(opType, 1, "X:real", [function, onDoubles](Node &node) -> Results {
    if (onDoubles && isDouble(node.input(0).element))
      return {{node.mapDoubles(node.input(0), [&](llvm::ArrayRef<double> x) { return onDoubles(x[0]); })}};
    return {{node.map(node.input(0), node.input(0).element,
                      [&](Scalars &s, llvm::ArrayRef<Value> x) { return function(s, x[0]); })}};
  });
}

/// Operators that take integers as well, those without sign among them.
static void addNumeric(OperatorTable &table, llvm::StringRef opType,
                       Value (*function)(Scalars &, Value, Type element)) {
  table.add(opType, 1, "X:number", [function](Node &node) -> Results {
    Type element = node.input(0).element;
    return {{node.map(node.input(0), element,
                      [&](Scalars &s, llvm::ArrayRef<Value> x) { return function(s, x[0], element); })}};
  });
}

/// Operators of any number of operands, combined from the left.
static void addFold(OperatorTable &table, llvm::StringRef opType, llvm::StringRef operands, Binary function) {
  table.add(opType, 7, operands, [function](Node &node) -> Results {
    return {{node.map(node.operands(), node.input(0).element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
      Value sum = x[0];
      for (Value next : x.drop_front())
        sum = function(s, sum, next);
      return sum;
    })}};
  });
}

static void addExtremum(OperatorTable &table, llvm::StringRef opType, bool isMax) {
  table.add(opType, 7, "data_0+:number[~]", [isMax](Node &node) -> Results {
    Type element = node.input(0).element;
    return {{node.map(node.operands(), element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
      Value best = s.orderKey(x[0], element);
      for (Value next : x.drop_front()) {
        Value key = s.orderKey(next, element);
        best = isMax ? s.max(best, key) : s.min(best, key);
      }
      return s.orderKey(best, element);
    })}};
  });
}

static Results convertDiv(Node &node) {
  const Tensor &dividend = node.input(0);
  return {{node.map(node.operands(), dividend.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    if (dividend.isReal())
      return s.div(x[0], x[1]);
    return s.isUnsignedWord(dividend.element) ? s.divideUnsigned(x[0], x[1]) : s.divide(x[0], x[1]);
  })}};
}

/// fmod: the sign of the dividend; otherwise, for integers only, that of the divisor.
static Results convertMod(Node &node) {
  bool fmod = node.integerAttr("fmod", 0);
  const Tensor &dividend = node.input(0);
  if (dividend.isReal() && !fmod)
    return node.refuse("fmod = 0 is not defined for floating-point numbers");
  if (isDouble(dividend.element))
    return {
        {node.mapDoubles(node.operands(), [](llvm::ArrayRef<double> x) { return std::fmod(x[0], x[1]); })}};
  return {{node.map(node.operands(), dividend.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    if (s.isUnsignedWord(dividend.element))
      return s.sub(x[0], s.mul(s.divideUnsigned(x[0], x[1]), x[1]));
    if (!dividend.isReal()) {
      Value rest = s.remainder(x[0], x[1]);
      if (fmod)
        return rest;
      Value differs = s.less(s.bitXor(rest, x[1]), s.integer(0));
      Value adjust = s.bitAnd(differs, s.logicalNot(s.equal(rest, s.integer(0))));
      return s.select(adjust, s.add(rest, x[1]), rest);
    }
    // On magnitudes; a quotient rounded up leaves a negative rest.
    Value a = s.absolute(x[0]), b = s.absolute(x[1]);
    Value rest = s.fma(s.negate(s.trunc(s.div(a, b))), b, a);
    rest = s.select(s.less(rest, s.real(0)), s.add(rest, b), rest);
    return s.select(s.less(x[0], s.real(0)), s.negate(rest), rest);
  })}};
}

static Results convertMean(Node &node) {
  double count = node.numInputs();
  return {{node.map(node.operands(), node.input(0).element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value sum = x[0];
    for (Value next : x.drop_front())
      sum = s.add(sum, next);
    return x.size() == 1 ? sum : s.div(sum, s.real(count));
  })}};
}

static Results convertClip(Node &node) {
  const Tensor &input = node.input(0);
  bool fromAttributes = node.hasAttribute("min") || node.hasAttribute("max");
  Tensor low = node.input(1), high = node.input(2);
  if (fromAttributes) {
    low = node.splat(input.element, {}, node.realAttr("min", std::numeric_limits<float>::lowest()));
    high = node.splat(input.element, {}, node.realAttr("max", std::numeric_limits<float>::max()));
  }
  llvm::SmallVector<Tensor> operands = {input};
  if (low)
    operands.push_back(low);
  if (high)
    operands.push_back(high);
  Type element = input.element;
  return {{node.map(operands, element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value result = s.orderKey(x[0], element);
    if (low)
      result = s.max(result, s.orderKey(x[1], element));
    if (high)
      result = s.min(result, s.orderKey(x.back(), element));
    return s.orderKey(result, element);
  })}};
}

/// atan on |x| <= 1 is x times a polynomial in x^2 (least squares, relative error 1.5e-8); beyond, the
/// complement of that of 1 / x.
static Value arcTangent(Scalars &s, Value x) {
  static constexpr std::array<double, 9> coefficients = {1.0,
                                                         -0.3333307206630707,
                                                         0.1999261975288391,
                                                         -0.14203643798828125,
                                                         0.10640931874513626,
                                                         -0.07504286617040634,
                                                         0.04269137978553772,
                                                         -0.016068514436483383,
                                                         0.0028498531319200993};
  Value magnitude = s.absolute(x), one = s.real(1);
  Value isLarge = s.less(one, magnitude);
  Value t = s.select(isLarge, s.div(one, magnitude), magnitude);
  Value angle = s.mul(t, s.polynomial(s.mul(t, t), coefficients));
  angle = s.select(isLarge, s.sub(s.real(std::numbers::pi / 2), angle), angle);
  return s.select(s.less(x, s.real(0)), s.negate(angle), angle);
}

/// asin x = atan(x / sqrt((1 - x) (1 + x))).
static Value arcSine(Scalars &s, Value x) {
  Value one = s.real(1);
  Value cosine = s.sqrt(s.mul(s.sub(one, x), s.add(one, x)));
  return arcTangent(s, s.div(x, cosine));
}

/// 2 atan(sqrt((1 - x) / (1 + x))): no cancellation near 1.
static Value arcCosine(Scalars &s, Value x) {
  Value one = s.real(1);
  return s.mul(s.real(2), arcTangent(s, s.sqrt(s.div(s.sub(one, x), s.add(one, x)))));
}

/// The mean of e^x and e^-x.
static Value hyperbolicCosine(Scalars &s, Value x) {
  Value half = s.real(0.5), power = s.exp(s.absolute(x));
  return s.fma(half, power, s.div(half, power));
}

/// log(1 + x) for x >= 0 as log(u) x / (u - 1) with u = 1 + x: the error of u cancels.
static Value logOnePlus(Scalars &s, Value x) {
  Value one = s.real(1), sum = s.add(one, x), excess = s.sub(sum, one);
  Value corrected = s.mul(s.log(sum), s.div(x, excess));
  Value tiny = s.equal(excess, s.real(0));
  return s.select(tiny, x, corrected);
}

/// sign(x) log(1 + |x| + x^2 / (1 + sqrt(x^2 + 1))).
static Value areaSine(Scalars &s, Value x) {
  Value one = s.real(1), magnitude = s.absolute(x), square = s.mul(x, x);
  Value root = s.add(one, s.sqrt(s.add(square, one)));
  Value result = logOnePlus(s, s.add(magnitude, s.div(square, root)));
  return s.select(s.less(x, s.real(0)), s.negate(result), result);
}

static Value areaCosine(Scalars &s, Value x) {
  Value one = s.real(1), excess = s.sub(x, one);
  return logOnePlus(s, s.add(excess, s.sqrt(s.mul(excess, s.add(x, one)))));
}

/// log(1 + 2 |x| / (1 - |x|)) / 2 with x's sign.
static Value areaTangent(Scalars &s, Value x) {
  Value magnitude = s.absolute(x);
  Value ratio = s.div(s.add(magnitude, magnitude), s.sub(s.real(1), magnitude));
  Value result = s.mul(s.real(0.5), logOnePlus(s, ratio));
  return s.select(s.less(x, s.real(0)), s.negate(result), result);
}

static Value sign(Scalars &s, Value x, Type element) {
  bool real = llvm::isa<FloatType>(x.getType());
  Value zero = real ? s.real(0) : s.integer(0), one = real ? s.real(1) : s.integer(1);
  if (s.isUnsignedWord(element))
    return s.select(s.equal(x, zero), zero, one);
  Value minusOne = real ? s.real(-1) : s.integer(-1);
  return s.select(s.less(zero, x), one, s.select(s.less(x, zero), minusOne, x));
}

static Value absolute(Scalars &s, Value x, Type element) {
  return s.isUnsignedWord(element) ? x : s.absolute(x);
}

void addElementwise(OperatorTable &table) {
  addFold(table, "Add", "A:number[~] B:number[~]", [](Scalars &s, Value a, Value b) { return s.add(a, b); });
  addFold(table, "Sub", "A:number[~] B:number[~]", [](Scalars &s, Value a, Value b) { return s.sub(a, b); });
  addFold(table, "Mul", "A:number[~] B:number[~]", [](Scalars &s, Value a, Value b) { return s.mul(a, b); });
  addFold(table, "Sum", "data_0+:number[~]", [](Scalars &s, Value a, Value b) { return s.add(a, b); });
  addExtremum(table, "Max", true);
  addExtremum(table, "Min", false);
  table.add("Div", 7, "A:number[~] B:number[~]", convertDiv);
  table.add("Mod", 10, "A:number[~] B:number[~]", convertMod);
  table.add("Mean", 7, "data_0+:real[~]", convertMean);
  table.add("Clip", 6, "input:number min?:number! max?:number!", convertClip);

  addNumeric(table, "Abs", absolute);
  addNumeric(table, "Neg", [](Scalars &s, Value x, Type) { return s.negate(x); });
  addNumeric(table, "Sign", sign);
  addUnary(table, "Reciprocal", [](Scalars &s, Value x) { return s.div(s.real(1), x); });
  addUnary(table, "Sqrt", [](Scalars &s, Value x) { return s.sqrt(x); });
  addUnary(table, "Exp", [](Scalars &s, Value x) { return s.exp(x); });
  addUnary(table, "Log", [](Scalars &s, Value x) { return s.log(x); });
  addUnary(table, "Floor", [](Scalars &s, Value x) { return s.floor(x); });
  addUnary(table, "Ceil", [](Scalars &s, Value x) { return s.ceil(x); });
  addUnary(table, "Round", [](Scalars &s, Value x) { return s.roundEven(x); });
  addUnary(table, "Sin", [](Scalars &s, Value x) { return s.sin(x); });
  addUnary(table, "Cos", [](Scalars &s, Value x) { return s.cos(x); });
  addUnary(table, "Tan", [](Scalars &s, Value x) { return s.div(s.sin(x), s.cos(x)); }, std::tan);
  addUnary(table, "Asin", arcSine, std::asin);
  addUnary(table, "Acos", arcCosine, std::acos);
  addUnary(table, "Atan", arcTangent, std::atan);
  addUnary(
      table, "Sinh", [](Scalars &s, Value x) { return s.mul(s.tanh(x), hyperbolicCosine(s, x)); }, std::sinh);
  addUnary(table, "Cosh", hyperbolicCosine, std::cosh);
  addUnary(table, "Asinh", areaSine, std::asinh);
  addUnary(table, "Acosh", areaCosine, std::acosh);
  addUnary(table, "Atanh", areaTangent, std::atanh);
}

} // namespace sluice::conversion
