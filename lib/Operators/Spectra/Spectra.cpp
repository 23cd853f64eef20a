//===- Spectra.cpp - Fourier transforms and what surrounds them -----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "FourierTransform.h"
#include "OperatorTable.h"
#include "sluice/Conversion/OptionalOperators.h"

#include <array>
#include <cmath>
#include <numeric>

using namespace mlir;

namespace sluice::conversion {

/// The one integer of operand `index`; none, refused, if it is not known or not one.
static std::optional<int64_t> knownInteger(Node &node, size_t index, llvm::StringRef name) {
  std::optional<Shape> values = node.knownIntegers(index, name);
  if (values && values->size() == 1)
    return values->front();
  if (values)
    (void)node.refuse(name + " is not one number");
  return std::nullopt;
}

static Results convertDft(Node &node) {
  bool inverse = node.integerAttr("inverse", 0), oneSided = node.integerAttr("onesided", 0);
  int64_t axis = node.version() >= 20 ? -2 : node.integerAttr("axis", 1);
  const Tensor &input = node.input(0);
  if (node.version() >= 20 && node.has(2)) {
    std::optional<int64_t> given = knownInteger(node, 2, "axis");
    if (!given)
      return failure();
    axis = *given;
  }
  int64_t dim = node.normaliseAxis(axis, input.rank()), last = input.rank() - 1;
  if (node.refused())
    return failure();
  int64_t parts = input.shape[last], size = input.shape[dim];
  if (dim == last || parts < 1 || parts > 2)
    return node.refuseAt("the last dimension does not hold a real or complex number");
  bool toReal = inverse && oneSided;
  Transform t = {toReal ? 2 * (size - 1) : size, 0, parts, 0, toReal ? 1 : 2, inverse, toReal};
  if (node.has(1)) {
    std::optional<int64_t> given = knownInteger(node, 1, "dft_length");
    if (!given)
      return failure();
    t.length = *given;
  }
  if (t.length < 1 || size < 1)
    return node.refuseAt("a transform of length " + llvm::Twine(t.length));
  t.inputs = std::min(size, toReal ? t.length / 2 + 1 : t.length); // what is missing counts as zero
  t.outputs = oneSided && !inverse ? t.length / 2 + 1 : t.length;

  Shape order(input.rank()), shape, inverseOrder(input.rank());
  std::iota(order.begin(), order.end(), 0);
  std::rotate(order.begin() + dim, order.begin() + dim + 1, order.begin() + last);
  Tensor x = node.transpose(node.slice(input, dim, 0, t.inputs), order);
  shape.assign(x.shape.begin(), x.shape.end() - 2);
  int64_t rows = countElements(shape);
  shape.append({t.outputs, t.outputParts});
  x = node.reshape(x, {rows, t.inputs, parts});
  for (auto [position, from] : llvm::enumerate(order))
    inverseOrder[from] = position;
  Tensor result = node.transpose(node.reshape(applyTransform(node, x, t), shape), inverseOrder);
  return {{node.cast(result, input.element)}};
}

/// Transforms of windows of a signal [batch, length, 1 or 2].
static Results convertStft(Node &node) {
  bool oneSided = node.integerAttr("onesided", 1);
  const Tensor &signal = node.input(0), &window = node.input(2);
  std::optional<int64_t> step = knownInteger(node, 1, "frame_step");
  if (!step)
    return failure();
  int64_t batch = signal.shape[0], parts = signal.rank() == 3 ? signal.shape[2] : 1;
  if (parts < 1 || parts > 2)
    return node.refuseAt("the signal is not of shape [batch, length, 1 or 2]");
  int64_t length = window ? window.count() : signal.shape[1];
  if (node.has(3)) {
    std::optional<int64_t> given = knownInteger(node, 3, "frame_length");
    if (!given)
      return failure();
    length = *given;
  }
  if (*step < 1 || length < 1 || length > signal.shape[1] || (window && window.count() != length))
    return node.refuseAt("frame_step, frame_length and window do not fit a signal of " +
                         llvm::Twine(signal.shape[1]) + " elements");
  Tensor frames =
      node.window(node.reshape(signal, {batch, signal.shape[1], parts}), 1, {length}, {*step}, {1});
  int64_t count = frames.shape[1];
  // A window that is known becomes part of the transform.
  llvm::SmallVector<double> weights;
  if (window && !node.canList(window.shape))
    return failure();
  if (window && window.constant)
    weights = readFloats(window.constant);
  else if (window)
    frames = node.map({frames, node.reshape(window, {length, 1})}, node.getBuilder().getF32Type(),
                      [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], x[1]); });
  Transform t = {length, length, parts, oneSided ? length / 2 + 1 : length, 2, /*inverse=*/false};
  Tensor result = applyTransform(node, node.reshape(frames, {batch * count, length, parts}), t, weights);
  return {{node.cast(node.reshape(result, {batch, count, t.outputs, 2}), signal.element)}};
}

/// Sums of cosines of multiples of n / N turns, N the size or, where the window is symmetric, one less.
static void addWindow(OperatorTable &table, llvm::StringRef opType, std::array<double, 3> factors) {
  table.add(opType, 17, "size:integer!", [factors](Node &node) -> Results {
    bool periodic = node.integerAttr("periodic", 1);
    Type element = node.elementType(node.integerAttr("output_datatype", 1));
    std::optional<int64_t> size = knownInteger(node, 0, "size");
    if (!size || !element)
      return failure();
    if (*size < 0)
      return node.refuse("a window of " + llvm::Twine(*size) + " elements");
    if (!node.canList(*size))
      return failure();
    int64_t period = periodic ? *size : *size - 1;
    llvm::SmallVector<double> values;
    for (int64_t n = 0; n < *size; ++n) {
      double value = 0;
      for (auto [multiple, factor] : llvm::enumerate(factors)) {
        int64_t turn = multiple * n;
        // A symmetric window of one element has no period.
        value += factor * (period ? onUnitCircle(turn, period).first : std::nan(""));
      }
      values.push_back(value);
    }
    return {{node.cast(node.reals(*size, values, node.getBuilder().getF32Type()), element)}};
  });
}

/// Triangles that sum the bins of a spectrum into bands of equal width in mel, [dft_length / 2 + 1, bands].
static Results convertMelWeightMatrix(Node &node) {
  Type element = node.elementType(node.integerAttr("output_datatype", 1));
  std::optional<int64_t> bands = knownInteger(node, 0, "num_mel_bins"),
                         length = knownInteger(node, 1, "dft_length");
  if (!bands || !length || !element)
    return failure();
  static constexpr llvm::StringLiteral names[] = {"sample_rate", "lower_edge_hertz", "upper_edge_hertz"};
  std::array<double, 3> numbers;
  for (size_t i = 0; i < 3; ++i) {
    const Tensor &input = node.input(2 + i);
    if (!input.constant)
      return node.refuse(node.unknownInput(2 + i, names[i]));
    numbers[i] = readFloats(input.constant).front();
  }
  auto [rate, lower, upper] = numbers;
  auto toMel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  int64_t bins = *length / 2 + 1;
  if (*bands < 1 || *length < 1 || !node.canList({bins, *bands}))
    return node.refuse(llvm::Twine(*bands) + " bands of a spectrum of " + llvm::Twine(*length));
  double low = toMel(lower), step = (toMel(upper) - low) / (*bands + 2);
  Shape edges;
  for (int64_t i = 0; i < *bands + 2; ++i) {
    double hertz = 700 * (std::pow(10, (i * step + low) / 2595) - 1);
    edges.push_back(saturatingInteger(std::floor((*length + 1) * hertz / rate)));
  }
  if (!(rate > 0) || !llvm::is_sorted(edges) || edges.front() < 0 || edges.back() > bins)
    return node.refuse("the bands do not lie within the spectrum of " + llvm::Twine(bins) + " bins");
  llvm::SmallVector<double> values(bins * *bands, 0);
  for (int64_t band = 0; band < *bands; ++band) {
    int64_t left = edges[band], centre = edges[band + 1], right = edges[band + 2];
    auto weight = [&](int64_t bin) -> double & { return values[bin * *bands + band]; };
    for (int64_t bin = left; bin < centre; ++bin)
      weight(bin) = static_cast<double>(bin - left) / (centre - left);
    if (centre < bins)
      weight(centre) = 1;
    for (int64_t bin = centre + 1; bin < right; ++bin)
      weight(bin) = static_cast<double>(right - bin) / (right - centre);
  }
  return {{node.cast(node.reals({bins, *bands}, values, node.getBuilder().getF32Type()), element)}};
}

static void addSpectra(OperatorTable &table) {
  table.add("DFT", 17, "input:real[2..] dft_length?:integer! axis?:integer!", convertDft);
  table.add("STFT", 17, "signal:real[2..3] frame_step:integer! window?:real[1] frame_length?:integer!",
            convertStft);
  addWindow(table, "HannWindow", {0.5, -0.5, 0});
  addWindow(table, "HammingWindow", {25.0 / 46, -21.0 / 46, 0});
  addWindow(table, "BlackmanWindow", {0.42, -0.5, 0.08});
  table.add("MelWeightMatrix", 17,
            "num_mel_bins:integer! dft_length:integer! sample_rate:integer! lower_edge_hertz:real! "
            "upper_edge_hertz:real!",
            convertMelWeightMatrix);
}

} // namespace sluice::conversion

void sluice::registerSpectralOperators() { conversion::OperatorTable::extend(conversion::addSpectra); }
