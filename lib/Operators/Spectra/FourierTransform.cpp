//===- FourierTransform.cpp - Discrete Fourier transforms -----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A length N = r M is transformed by decimation in frequency: butterflies of r elements that lie M apart,
// twiddle factors, and then r transforms of length M. Stages pass the results on in the order in which the
// last one leaves them sorted (Stockham): each sees its numbers as [done, r, M, rows] and gives [r, done, M,
// rows].
//
//===----------------------------------------------------------------------===//

#include "FourierTransform.h"
#include "Families.h"

#include <array>
#include <cmath>
#include <numbers>

using namespace mlir;

namespace sluice::conversion {

std::pair<double, double> onUnitCircle(int64_t r, int64_t n) {
  int64_t quarter = 4 * (r % n) / n, rest = 4 * (r % n) % n;
  double angle = static_cast<double>(rest) / n * (std::numbers::pi / 2);
  double c = std::cos(angle), s = std::sin(angle);
  const std::array<std::pair<double, double>, 4> turned = {{{c, s}, {-s, c}, {-c, -s}, {s, -c}}};
  return turned[quarter];
}

/// Longest butterfly: its work grows with the square of its elements.
static constexpr int64_t kMaxRadix = 13;

/// The radices of a transform, in the order of its stages; none if `length` has a greater prime factor.
static std::optional<Shape> radicesOf(int64_t length) {
  Shape radices;
  if (llvm::countr_zero(static_cast<uint64_t>(length)) % 2 == 1) {
    radices.push_back(2);
    length /= 2;
  }
  for (; length % 4 == 0; length /= 4)
    radices.push_back(4);
  for (int64_t prime = 3; prime <= kMaxRadix; prime += 2)
    for (; length % prime == 0; length /= prime)
      radices.push_back(prime);
  return length == 1 ? std::optional(radices) : std::nullopt;
}

namespace {

struct Complex {
  Tensor real, imaginary;
};

/// The butterflies of one transform.
class FastTransform {
public:
  FastTransform(Node &node, bool inverse) : node(node), sign(inverse ? 1 : -1) {}

  /// One stage of [done, radix, rest, rows]: [radix, done, rest, rows].
  Complex stage(const Complex &x, int64_t radix);

private:
  Tensor add(const Tensor &a, const Tensor &b);
  Tensor subtract(const Tensor &a, const Tensor &b);
  Tensor negate(const Tensor &a);
  /// The sum of tensors times factors, from left to right.
  Tensor weightedSum(llvm::ArrayRef<std::pair<Tensor, double>> terms);

  Complex add(const Complex &a, const Complex &b) {
    return {add(a.real, b.real), add(a.imaginary, b.imaginary)};
  }
  Complex subtract(const Complex &a, const Complex &b) {
    return {subtract(a.real, b.real), subtract(a.imaginary, b.imaginary)};
  }
  /// a times the imaginary unit.
  Complex turn(const Complex &a) { return {negate(a.imaginary), a.real}; }
  Complex twiddle(const Complex &a, int64_t output, int64_t length);

  llvm::SmallVector<Complex, 4> butterfly(llvm::ArrayRef<Complex> x);
  llvm::SmallVector<Complex, 4> oddButterfly(llvm::ArrayRef<Complex> x);

  Node &node;
  double sign;
};

} // namespace

Tensor FastTransform::add(const Tensor &a, const Tensor &b) {
  return node.map({a, b}, a.element, [](Scalars &s, llvm::ArrayRef<Value> v) { return s.add(v[0], v[1]); });
}

Tensor FastTransform::subtract(const Tensor &a, const Tensor &b) {
  return node.map({a, b}, a.element, [](Scalars &s, llvm::ArrayRef<Value> v) { return s.sub(v[0], v[1]); });
}

Tensor FastTransform::negate(const Tensor &a) {
  return node.map(a, a.element, [](Scalars &s, llvm::ArrayRef<Value> v) { return s.negate(v[0]); });
}

Tensor FastTransform::weightedSum(llvm::ArrayRef<std::pair<Tensor, double>> terms) {
  llvm::SmallVector<Tensor> inputs;
  for (const auto &[tensor, factor] : terms)
    inputs.push_back(tensor);
  return node.map(inputs, inputs.front().element, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    Value sum;
    for (auto [value, term] : llvm::zip_equal(v, terms)) {
      Value product = term.second == 1 ? value : s.mul(value, s.real(term.second));
      sum = sum ? s.add(sum, product) : product;
    }
    return sum;
  });
}

/// Outputs j and r - j share their sums: of the pairs of elements i and r - i, the sum counts with the cosine
/// of ij / r turns and the difference, turned, with the sine.
llvm::SmallVector<Complex, 4> FastTransform::oddButterfly(llvm::ArrayRef<Complex> x) {
  const int64_t radix = x.size(), half = radix / 2;
  llvm::SmallVector<Complex, 4> sums, differences;
  for (int64_t i = 1; i <= half; ++i) {
    sums.push_back(add(x[i], x[radix - i]));
    differences.push_back(subtract(x[i], x[radix - i]));
  }
  llvm::SmallVector<Complex, 4> outputs(radix, x[0]);
  for (const Complex &sum : sums)
    outputs[0] = add(outputs[0], sum);
  for (int64_t j = 1; j <= half; ++j) {
    auto sumsOf = [&](auto part) {
      llvm::SmallVector<std::pair<Tensor, double>> terms = {{x[0].*part, 1}};
      for (int64_t i = 1; i <= half; ++i)
        terms.push_back({sums[i - 1].*part, onUnitCircle(i * j, radix).first});
      return weightedSum(terms);
    };
    auto differencesOf = [&](auto part) {
      llvm::SmallVector<std::pair<Tensor, double>> terms;
      for (int64_t i = 1; i <= half; ++i)
        terms.push_back({differences[i - 1].*part, sign * onUnitCircle(i * j, radix).second});
      return weightedSum(terms);
    };
    Complex even = {sumsOf(&Complex::real), sumsOf(&Complex::imaginary)};
    Complex odd = turn({differencesOf(&Complex::real), differencesOf(&Complex::imaginary)});
    outputs[j] = add(even, odd);
    outputs[radix - j] = subtract(even, odd);
  }
  return outputs;
}

llvm::SmallVector<Complex, 4> FastTransform::butterfly(llvm::ArrayRef<Complex> x) {
  if (x.size() == 2)
    return {add(x[0], x[1]), subtract(x[0], x[1])};
  if (x.size() != 4)
    return oddButterfly(x);
  Complex a = add(x[0], x[2]), b = subtract(x[0], x[2]), c = add(x[1], x[3]);
  Complex d = turn(sign > 0 ? subtract(x[1], x[3]) : subtract(x[3], x[1]));
  return {add(a, c), add(b, d), subtract(a, c), subtract(b, d)};
}

/// a [done, rest, rows] times the factor of each of `rest`, for output number `output` of butterflies of a
/// transform of `length`.
Complex FastTransform::twiddle(const Complex &a, int64_t output, int64_t length) {
  int64_t rest = a.real.shape[1];
  if (output == 0 || rest == 1)
    return a;
  llvm::SmallVector<double> cosines, sines;
  for (int64_t i = 0; i < rest; ++i) {
    auto [c, s] = onUnitCircle(i * output, length);
    cosines.push_back(c);
    sines.push_back(sign * s);
  }
  Tensor c = node.reals({rest, 1}, cosines, a.real.element), s = node.reals({rest, 1}, sines, a.real.element);
  auto times = [&](const Tensor &x, const Tensor &y) {
    return node.map({x, y}, x.element,
                    [](Scalars &sc, llvm::ArrayRef<Value> v) { return sc.mul(v[0], v[1]); });
  };
  return {subtract(times(a.real, c), times(a.imaginary, s)), add(times(a.real, s), times(a.imaginary, c))};
}

Complex FastTransform::stage(const Complex &x, int64_t radix) {
  const int64_t done = x.real.shape[0], rest = x.real.shape[2], rows = x.real.shape[3];
  llvm::SmallVector<Complex, 4> elements;
  for (int64_t i = 0; i < radix; ++i) {
    auto element = [&](const Tensor &part) {
      return node.reshape(node.slice(part, 1, i, 1), {done, rest, rows});
    };
    elements.push_back({element(x.real), element(x.imaginary)});
  }
  llvm::SmallVector<Tensor> reals, imaginaries;
  for (auto [output, value] : llvm::enumerate(butterfly(elements))) {
    Complex turned = twiddle(value, output, radix * rest);
    reals.push_back(node.reshape(turned.real, {1, done, rest, rows}));
    imaginaries.push_back(node.reshape(turned.imaginary, {1, done, rest, rows}));
  }
  return {node.concat(reals, 0), node.concat(imaginaries, 0)};
}

/// Part `part` of numbers [R, count, parts] as [count, R].
static Tensor partOf(Node &node, const Tensor &rows, int64_t part) {
  Tensor numbers = node.slice(rows, 2, part, 1);
  return node.reshape(node.transpose(numbers, {1, 2, 0}), {rows.shape[1], rows.shape[0]});
}

/// The half of a spectrum [count, R] that is given, and the other half: its elements reversed, times
/// `factor`.
static Tensor mirror(Node &node, const Tensor &half, int64_t length, double factor) {
  Shape reversed;
  for (int64_t i = length / 2 + 1; i < length; ++i)
    reversed.push_back(length - i);
  Tensor other = takeKnown(node, half, 0, reversed);
  other = node.map(other, other.element,
                   [&](Scalars &s, llvm::ArrayRef<Value> v) { return factor < 0 ? s.negate(v[0]) : v[0]; });
  return node.concat({half, other}, 0);
}

/// Rows of complex numbers by butterflies.
static Tensor applyFastTransform(Node &node, const Tensor &rows, const Transform &t,
                                 llvm::ArrayRef<int64_t> radices) {
  // The factors of each stage are listed.
  if (!node.canList({t.length, static_cast<int64_t>(radices.size())}))
    return node.splat(node.getBuilder().getF32Type(), {1, 1, 1}, 0);
  const int64_t count = rows.shape[0], given = t.hermitian ? t.length / 2 + 1 : t.length;
  Tensor input =
      node.pad(node.cast(rows, node.getBuilder().getF32Type()), {0, 0, 0}, {0, given - t.inputs, 0}, 0);
  Complex x = {partOf(node, input, 0), partOf(node, input, 1)};
  if (t.hermitian)
    x = {mirror(node, x.real, t.length, 1), mirror(node, x.imaginary, t.length, -1)};

  FastTransform transform(node, t.inverse);
  int64_t done = 1;
  for (int64_t radix : radices) {
    const Shape shape = {done, radix, t.length / done / radix, count};
    x = transform.stage({node.reshape(x.real, shape), node.reshape(x.imaginary, shape)}, radix);
    done *= radix;
  }
  llvm::SmallVector<Tensor> parts;
  for (const Tensor &part : {x.real, x.imaginary})
    if (static_cast<int64_t>(parts.size()) < t.outputParts)
      parts.push_back(node.slice(node.reshape(part, {1, t.length, count}), 1, 0, t.outputs));
  return node.transpose(node.concat(parts, 0), {2, 1, 0});
}

/// The matrix [outputs * outputParts, inputs * inputParts].
static Tensor transformMatrix(Node &node, const Transform &t, llvm::ArrayRef<double> weights) {
  Shape shape = {t.outputs * t.outputParts, t.inputs * t.inputParts};
  if (!node.canList(shape))
    return node.splat(node.getBuilder().getF32Type(), {1, 1}, 0);
  llvm::SmallVector<double> values;
  for (int64_t k = 0; k < t.outputs; ++k)
    for (int64_t part = 0; part < t.outputParts; ++part)
      for (int64_t i = 0; i < t.inputs; ++i) {
        auto [c, s] = onUnitCircle(k * i % t.length, t.length);
        double scale = weights.empty() ? 1 : weights[i];
        if (t.hermitian && i != 0 && 2 * i != t.length)
          scale *= 2;
        if (!t.inverse)
          s = -s;
        // (x + iy)(c + is) = (xc - ys) + i(xs + yc)
        values.push_back(scale * (part == 0 ? c : s));
        if (t.inputParts == 2)
          values.push_back(scale * (part == 0 ? -s : c));
      }
  return node.reals(shape, values, node.getBuilder().getF32Type());
}

static Tensor applyMatrix(Node &node, const Tensor &rows, const Transform &t,
                          llvm::ArrayRef<double> weights) {
  Tensor matrix = transformMatrix(node, t, weights);
  const int64_t count = rows.shape[0], columns = matrix.shape[1], results = matrix.shape[0];
  Tensor product = contractReals(node, node.reshape(rows, {1, count, 1, columns}),
                                 node.reshape(matrix, {1, results, 1, columns}));
  return node.reshape(product, {count, t.outputs, t.outputParts});
}

static Tensor weigh(Node &node, const Tensor &rows, llvm::ArrayRef<double> weights) {
  if (weights.empty())
    return rows;
  Tensor factors =
      node.reals({static_cast<int64_t>(weights.size()), 1}, weights, node.getBuilder().getF32Type());
  return node.map({rows, factors}, factors.element,
                  [](Scalars &s, llvm::ArrayRef<Value> v) { return s.mul(v[0], v[1]); });
}

Tensor applyTransform(Node &node, const Tensor &rows, const Transform &t, llvm::ArrayRef<double> weights) {
  std::optional<Shape> radices = radicesOf(t.length);
  Tensor result = t.inputParts == 2 && radices
                      ? applyFastTransform(node, weigh(node, rows, weights), t, *radices)
                      : applyMatrix(node, rows, t, weights);
  if (!t.inverse)
    return result;
  return node.map(result, result.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.div(x[0], s.real(static_cast<double>(t.length)));
  });
}

} // namespace sluice::conversion
