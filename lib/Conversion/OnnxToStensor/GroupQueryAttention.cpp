//===- GroupQueryAttention.cpp - Attention over a cache of keys -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionCore.h"
#include "OperatorTable.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;

namespace sluice::conversion {

namespace {
/// One GroupQueryAttention node: S new positions follow those that the cache holds for each batch element.
class GroupQueryAttention {
public:
  explicit GroupQueryAttention(Node &node) : node(node), i32(node.getBuilder().getI32Type()) {}

  Results convert();

private:
  bool readAttributes();
  bool splitOperands();
  bool measureCache();
  void findStart();
  bool turn();
  /// [B, groups, S, D] of a tensor [B, S, groups, D].
  Tensor byGroups(const Tensor &fresh) { return node.transpose(fresh, {0, 2, 1, 3}); }
  Tensor append(const Tensor &past, const Tensor &fresh);
  Tensor newestPlace(const Tensor &position);
  Tensor withinWindow(const Tensor &allowed, const Tensor &position, const Tensor &place);
  Tensor bias();
  Tensor allowedApart();
  Tensor sink();

  Node &node;
  Type i32;
  int64_t heads = 0, groups = 0, window = 0, shown = 0;
  bool isRotary = false, isInterleaved = false, isSmooth = false;
  double scale = 0, softcap = 0;

  int64_t batch = 0, steps = 0, depth = 0;
  /// Positions of the cache before and after.
  int64_t past = 0, present = 0;
  /// Nothing came before, in any batch element.
  bool isPrompt = false;
  /// i32 [B, 1, 1, 1]: how many positions came before the new ones, and which is the last that there is.
  Tensor start, last;
  /// [B, S, heads, D] each.
  Tensor query, key, value;
};
} // namespace

bool GroupQueryAttention::readAttributes() {
  heads = node.integerAttr("num_heads", 0);
  groups = node.integerAttr("kv_num_heads", 0);
  window = node.integerAttr("local_window_size", -1);
  shown = node.integerAttr("qk_output", 0);
  isRotary = node.integerAttr("do_rotary", 0);
  isInterleaved = node.integerAttr("rotary_interleaved", 0);
  isSmooth = node.integerAttr("smooth_softmax", 0) == 1;
  scale = node.realAttr("scale", 0);
  softcap = node.realAttr("softcap", 0);
  for (llvm::StringRef name : {"k_quant_type", "v_quant_type"})
    if (node.stringAttr(name, "NONE") != "NONE")
      (void)node.refuse(name + " is not supported: the cache is not quantized");
  node.ignoreAttr("kv_cache_bit_width");
  return !node.refused() && heads > 0 && groups > 0 && heads % groups == 0 && shown >= 0 && shown <= 2;
}

/// Query, key and value from operands 0 to 2, or packed in operand 0.
bool GroupQueryAttention::splitOperands() {
  const Tensor &first = node.input(0);
  bool isPacked = !node.has(1) && !node.has(2);
  int64_t vectors = isPacked ? heads + 2 * groups : heads;
  if (first.rank() != 3 || first.shape[2] % vectors != 0)
    return false;
  batch = first.shape[0];
  steps = first.shape[1];
  depth = first.shape[2] / vectors;
  query = node.reshape(first, {batch, steps, vectors, depth});
  if (isPacked) {
    key = node.slice(query, 2, heads, groups);
    value = node.slice(query, 2, heads + groups, groups);
    query = node.slice(query, 2, 0, heads);
    return true;
  }
  Shape packed = {batch, steps, groups * depth}, split = {batch, steps, groups, depth};
  if (node.input(1).shape != packed || node.input(2).shape != packed)
    return false;
  key = node.reshape(node.input(1), split);
  value = node.reshape(node.input(2), split);
  return true;
}

/// How long the cache is after the node. total_sequence_length says it; where that is known at run time only,
/// the declared shape of output 1 does.
bool GroupQueryAttention::measureCache() {
  const Tensor &pastKey = node.input(3), &total = node.input(6);
  if (pastKey) {
    if (!node.has(4)) {
      (void)node.refuse("input 3 (past_key) is there without input 4 (past_value)");
      return false;
    }
    Shape expected = {batch, groups, pastKey.shape[2], depth};
    if (failed(node.needShape(3, expected)) || failed(node.needShape(4, expected)))
      return false;
    past = expected[2];
  }
  if (node.input(5).count() != batch) {
    (void)node.refuseInput(5, llvm::Twine(batch));
    return false;
  }
  isPrompt = past == 0;
  present = steps;
  if (total.constant) {
    int64_t known = readIntegers(total.constant).front();
    isPrompt |= known == steps;
    present = std::max(past, known);
  } else if (past > 0) {
    std::optional<Shape> declared = node.declaredShape(1);
    if (!declared || declared->size() != 4) {
      (void)node.refuseShapeOf(6, "total_sequence_length");
      return false;
    }
    present = (*declared)[2];
  }
  if (present >= std::max(past, steps))
    return true;
  (void)node.refuseAt("a cache of " + llvm::Twine(present) + " positions does not hold " + llvm::Twine(past) +
                      " past and " + llvm::Twine(steps) + " new ones");
  return false;
}

/// seqlens_k is the last position that there is.
void GroupQueryAttention::findStart() {
  last = node.cast(node.reshape(node.input(5), {batch, 1, 1, 1}), i32);
  if (isPrompt) {
    start = node.integers({1, 1, 1, 1}, Shape{0}, i32);
    return;
  }
  Tensor total = node.cast(node.reshape(node.input(6), {1, 1, 1, 1}), i32);
  start = node.map({last, total}, i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value before = s.sub(x[0], s.integer(steps - 1));
    // A prompt has no past, however short a batch element's part of it is.
    return steps == 1 ? before : s.select(s.equal(x[1], s.integer(steps)), s.integer(0), before);
  });
}

/// Turns queries and keys by their positions.
bool GroupQueryAttention::turn() {
  const Tensor &cosines = node.input(7), &sines = node.input(8), &given = node.input(9);
  if (!cosines || !sines) {
    (void)node.refuse("do_rotary = 1 needs input 7 (cos_cache) and input 8 (sin_cache)");
    return false;
  }
  if (failed(node.needShape(8, cosines.shape)) || failed(node.needShape(9, {batch, steps})))
    return false;
  if (2 * cosines.shape[1] > depth) {
    (void)node.refuseInput(7, "rows of at most half the head size " + llvm::Twine(depth));
    return false;
  }
  Tensor positions = given ? node.cast(given, i32) : addIntegers(node, start, countAlong(node, 1, steps));
  positions = node.reshape(positions, {positions.shape[0], steps});
  // Positions that follow from the cache lie in it: no further row is ever taken.
  const int64_t rows = given ? cosines.shape[0] : std::min(cosines.shape[0], present);
  Rotation turns = rotation(node, node.slice(cosines, 0, 0, rows), node.slice(sines, 0, 0, rows), positions,
                            cosines.shape[1], isInterleaved);
  query = rotate(node, query, turns);
  key = rotate(node, key, turns);
  return true;
}

Tensor GroupQueryAttention::append(const Tensor &pastVectors, const Tensor &fresh) {
  Tensor vectors = byGroups(fresh);
  if (!isPrompt)
    return extendCache(node, pastVectors, vectors, start, present);
  return node.pad(vectors, {0, 0, 0, 0}, {0, 0, present - steps, 0}, 0);
}

/// The last place that queries at these positions may see.
Tensor GroupQueryAttention::newestPlace(const Tensor &position) {
  if (steps == 1)
    return position;
  return node.map({position, last}, i32,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.min(x[0], x[1]); });
}

Tensor GroupQueryAttention::withinWindow(const Tensor &allowed, const Tensor &position, const Tensor &place) {
  if (window <= 0)
    return allowed;
  return node.map({allowed, position, place}, allowed.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.bitAnd(x[0], s.less(s.sub(x[1], x[2]), s.integer(window)));
  });
}

/// Hides what lies in the future, behind the last position or further back than the window, and adds
/// operand 10.
Tensor GroupQueryAttention::bias() {
  Tensor position = addIntegers(node, start, countAlong(node, 2, steps)),
         place = countAlong(node, 3, present);
  Tensor allowed = compare(node, place, newestPlace(position), /*orEqual=*/true);
  allowed = withinWindow(allowed, position, place);
  llvm::SmallVector<Tensor> parts = {maskBias(node, allowed)};
  if (node.has(10)) {
    const Tensor &given = node.input(10);
    Shape none(given.rank(), 0), high(given.rank(), 0);
    high.back() = present - given.shape.back();
    parts.push_back(node.pad(given, none, high, 0));
  }
  return sumOfBiases(node, parts);
}

/// The same of keys of which the past ones come first and the new ones follow, wherever these have their
/// places: i1 [B, 1, S, P + S].
Tensor GroupQueryAttention::allowedApart() {
  Tensor position = addIntegers(node, start, countAlong(node, 2, steps));
  Tensor count = countAlong(node, 3, past + steps);
  Tensor place = node.map({count, start}, i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value isPast = s.less(x[0], s.integer(past));
    return s.select(isPast, x[0], s.add(x[1], s.sub(x[0], s.integer(past))));
  });
  // Of the cache, what lies before the new positions counts.
  Tensor allowed = node.map({count, start, place, newestPlace(position)}, node.getBuilder().getI1Type(),
                            [&](Scalars &s, llvm::ArrayRef<Value> x) {
                              Value isPast = s.less(x[0], s.integer(past));
                              return s.select(isPast, s.less(x[0], x[1]), s.lessOrEqual(x[2], x[3]));
                            });
  return withinWindow(allowed, position, place);
}

/// A score of each head, or 0, that takes its share of the softmax.
Tensor GroupQueryAttention::sink() {
  Type f32 = node.getBuilder().getF32Type();
  if (node.has(11))
    return node.cast(node.reshape(node.input(11), {1, heads, 1, 1}), f32);
  return isSmooth ? node.splat(f32, {1, 1, 1, 1}, 0) : Tensor();
}

Results GroupQueryAttention::convert() {
  if (!readAttributes() || !splitOperands())
    return node.refuseShapes("num_heads and kv_num_heads");
  if (node.has(12) || node.has(13))
    return node.refuse("a quantized cache is not supported");
  if (!measureCache())
    return failure();
  findStart();
  if (isRotary && !turn())
    return failure();
  AttentionOperands operands;
  operands.query = node.transpose(query, {0, 2, 1, 3});
  Tensor presentKey = append(node.input(3), key), presentValue = append(node.input(4), value);
  Tensor allowed;
  auto hide = [&](const Tensor &scores) {
    return node.map({scores, allowed}, scores.element, [](Scalars &s, llvm::ArrayRef<Value> x) {
      return s.select(x[1], x[0], s.real(-std::numeric_limits<float>::infinity()));
    });
  };
  // New positions need not wait for their place in the cache where nobody asks for scores by places.
  if (!isPrompt && shown == 0 && !node.has(10) && query.element.isF16()) {
    operands.key = node.concat({node.input(3), byGroups(key)}, 2);
    operands.value = node.concat({node.input(4), byGroups(value)}, 2);
    operands.apart = past;
    allowed = allowedApart();
    operands.changeScores = hide;
  } else {
    operands.key = presentKey;
    operands.value = presentValue;
    operands.bias = bias();
  }
  operands.sink = sink();
  operands.scale = scale == 0 ? 1 / std::sqrt(static_cast<double>(depth)) : scale;
  operands.softcap = softcap;
  AttentionSteps result = attend(node, operands);
  Type element = node.input(0).element;
  Results results = {
      {joinHeads(node, node.cast(result.output, element)), presentKey, presentValue, Tensor()}};
  if (shown != 0) // masked scores are shown as 0
    results->back() = node.map(shown == 1 ? result.biased : result.probabilities, element,
                               [](Scalars &s, llvm::ArrayRef<Value> x) {
                                 Value least = s.real(-std::numeric_limits<float>::infinity());
                                 return s.select(s.equal(x[0], least), s.real(0), x[0]);
                               });
  return results;
}

void addGroupQueryAttention(OperatorTable &table) {
  table.add(
      "GroupQueryAttention", 1,
      "query:real[3] key?:real[3] value?:real[3] past_key?:real[4] past_value?:real[4] seqlens_k:integer "
      "total_sequence_length:integer! cos_cache?:real[2] sin_cache?:real[2] position_ids?:integer[2] "
      "attention_bias?:real[1..] head_sink?:real k_scale? v_scale?",
      [](Node &node) { return GroupQueryAttention(node).convert(); }, onnx::kMicrosoftDomain);
}

} // namespace sluice::conversion
