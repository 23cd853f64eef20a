//===- NGrams.cpp - Counts of n-grams -------------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Learning.h"

#include "sluice/Conversion/BeyondMachine.h"

#include <numeric>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// How often each of `grams` (one after the other, `length` items each) occurs in the rows [R, C], items
/// `distance` apart: [R, G], i32. None if a row is too short for one.
static std::optional<Tensor> countGrams(Node &node, const Tensor &rows, llvm::ArrayRef<int64_t> grams,
                                        int64_t length, int64_t distance) {
  int64_t count = grams.size() / length, batch = rows.shape[0],
          positions = rows.shape[1] - (length - 1) * distance;
  if (positions < 1)
    return std::nullopt;
  llvm::SmallVector<Tensor> operands;
  for (int64_t item = 0; item < length; ++item) {
    llvm::SmallVector<int64_t> wanted;
    for (int64_t gram = 0; gram < count; ++gram)
      wanted.push_back(grams[gram * length + item]);
    Tensor found = node.slice(rows, 1, item * distance, positions);
    operands.push_back(node.reshape(found, {batch, positions, 1}));
    operands.push_back(node.integers({1, 1, count}, wanted, rows.element));
  }
  Type i32 = node.getBuilder().getI32Type();
  Tensor hits = node.map(operands, i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value all = s.equal(x[0], x[1]);
    for (size_t item = 2; item < x.size(); item += 2)
      all = s.bitAnd(all, s.equal(x[item], x[item + 1]));
    return s.toNumber(all);
  });
  return node.reshape(node.reduce(ReduceKind::add, hits, 1), {batch, count});
}

/// The counts over all distances between items, [R, G].
static Tensor countAllDistances(Node &node, const Tensor &rows, llvm::ArrayRef<int64_t> grams, int64_t length,
                                int64_t mostSkipped) {
  Type i32 = node.getBuilder().getI32Type();
  Tensor sum = node.splat(i32, {rows.shape[0], static_cast<int64_t>(grams.size()) / length}, 0);
  for (int64_t distance = 1; distance <= (length == 1 ? 1 : mostSkipped + 1); ++distance) {
    std::optional<Tensor> counts = countGrams(node, rows, grams, length, distance);
    if (!counts || node.refused())
      break; // nor do greater distances fit
    sum =
        node.map({sum, *counts}, i32, [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
  }
  return sum;
}

static Results convertTfIdfVectorizer(Node &node) {
  int64_t least = node.integerAttr("min_gram_length", 1), most = node.integerAttr("max_gram_length", 1),
          skip = node.integerAttr("max_skip_count", 0);
  llvm::StringRef mode = node.stringAttr("mode", "TF");
  Shape starts = node.integersAttr("ngram_counts").value_or(Shape()),
        outputs = node.integersAttr("ngram_indexes").value_or(Shape()),
        pool = node.numbersAttr("pool_int64s").value_or(Shape());
  std::optional<llvm::SmallVector<double>> weights = node.realsAttr("weights");
  const Tensor &input = node.input(0);
  if (node.hasAttribute("pool_strings"))
    return node.refuse(kBeyondMachine + "strings");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF")
    return node.refuse("mode = '" + mode + "' is not supported");
  bool valid = !outputs.empty() && skip >= 0;
  int64_t size = valid ? *llvm::max_element(outputs) + 1 : 0;
  starts.push_back(pool.size());
  valid &= llvm::is_sorted(starts) && starts.front() >= 0 && *llvm::min_element(outputs) >= 0;
  valid &= !weights || weights->size() == outputs.size();
  if (!valid)
    return node.refuse("the input, 'ngram_counts', 'ngram_indexes' and 'weights' do not fit one another");

  if (!node.canList({size}))
    return failure();
  int64_t batch = input.rank() == 2 ? input.shape[0] : 1;
  Tensor rows = node.reshape(input, {batch, input.shape.back()});
  // Counts of all n-grams in the pool's order, then the one of those that nothing counts.
  llvm::SmallVector<Tensor> counts;
  int64_t grams = 0;
  Type i32 = node.getBuilder().getI32Type();
  for (int64_t length = 1; length < static_cast<int64_t>(starts.size()); ++length) {
    llvm::ArrayRef<int64_t> items =
        llvm::ArrayRef(pool).slice(starts[length - 1], starts[length] - starts[length - 1]);
    int64_t count = items.size() / length;
    grams += count;
    bool counted = length >= least && length <= most && count > 0;
    counts.push_back(counted ? countAllDistances(node, rows, items.take_front(count * length), length, skip)
                             : node.splat(i32, {batch, count}, 0));
  }
  counts.push_back(node.splat(i32, {batch, 1}, 0));
  if (static_cast<int64_t>(outputs.size()) < grams)
    return node.refuse("'ngram_indexes' has " + llvm::Twine(outputs.size()) + " entries for " +
                       llvm::Twine(grams) + " n-grams");
  Shape source(size, grams);
  llvm::SmallVector<double> factors(size, 0);
  for (int64_t gram = 0; gram < grams; ++gram) {
    source[outputs[gram]] = gram;
    factors[outputs[gram]] = weights ? (*weights)[gram] : 1;
  }
  Type f32 = node.getBuilder().getF32Type();
  Tensor found = takeKnown(node, node.concat(counts, 1), 1, source);
  Tensor weight = node.reals({1, size}, factors, f32);
  Tensor result = node.map({found, weight}, f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    if (mode == "IDF")
      return s.select(s.less(s.integer(0), x[0]), x[1], s.real(0));
    return mode == "TF" ? s.toReal(x[0]) : s.mul(s.toReal(x[0]), x[1]);
  });
  Shape shape(input.shape.begin(), input.shape.end() - 1);
  shape.push_back(size);
  return {{node.reshape(result, shape)}};
}

void addNGrams(OperatorTable &table) {
  table.add("TfIdfVectorizer", 9, "X:integer[1..2]", convertTfIdfVectorizer);
}

} // namespace sluice::conversion
