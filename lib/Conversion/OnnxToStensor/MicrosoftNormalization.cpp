//===- MicrosoftNormalization.cpp - ONNX Runtime's fused normalizations ---===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MeanSquare.h"
#include "OperatorTable.h"

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// The f32 sum of tensors that broadcast, of which absent ones are left out.
static Tensor sumOf(Node &node, llvm::ArrayRef<Tensor> tensors) {
  llvm::SmallVector<Tensor> present;
  llvm::copy_if(tensors, std::back_inserter(present), [](const Tensor &tensor) { return bool(tensor); });
  return node.map(present, node.getBuilder().getF32Type(), [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value sum = x[0];
    for (Value more : x.drop_front())
      sum = s.add(sum, more);
    return sum;
  });
}

/// The normalized sum of input, skip and bias: that sum is the fourth output.
static Results convertSkipLayerNormalization(Node &node) {
  double epsilon = node.realAttr("epsilon", 1e-12);
  bool isSimplified = node.opType() == "SkipSimplifiedLayerNormalization";
  const Tensor &input = node.input(0), &gamma = node.input(2);
  const Tensor &beta = isSimplified ? Tensor() : node.input(3), &bias = node.input(isSimplified ? 3 : 4);
  if (failed(node.needBroadcast(1, input.shape)))
    return failure();
  Tensor sum = sumOf(node, {input, node.input(1), bias});
  int64_t dim = input.rank() - 1;
  const double most = input.element.isF16() ? (bias ? 3 : 2) * kMostHalf : 0;
  Normalized result = isSimplified ? rmsNormalizeBounded(node, sum, dim, epsilon, gamma, input.element, most)
                                   : layerNormalize(node, sum, dim, epsilon, gamma, beta, input.element);
  return {{result.output, result.mean, result.inverse, node.cast(sum, input.element)}};
}

/// Rows of a table [rows, n] for indices [B, S], as [B, S, n].
static Tensor lookUp(Node &node, const Tensor &table, const Tensor &indices) {
  Shape shape = indices.shape;
  shape.push_back(table.shape[1]);
  return node.reshape(node.gather(table, node.reshape(indices, {indices.count()})), shape);
}

/// The normalized sum of a word's, a position's and, if there are any, a segment's row. The second output
/// says how many tokens the mask keeps.
static Results convertEmbedLayerNormalization(Node &node) {
  double epsilon = node.realAttr("epsilon", 1e-12);
  node.ignoreAttr("mask_index_type"); // tells shape inference alone
  const Tensor &ids = node.input(0), &segmentIds = node.input(1), &words = node.input(2),
               &positions = node.input(3), &segments = node.input(4), &mask = node.input(7),
               &positionIds = node.input(8);
  if (bool(segmentIds) != bool(segments))
    return node.refuse("of segment_ids and segment_embedding one is missing");
  if (ids.shape[1] > positions.shape[0])
    return node.refuseInput(3, "at least " + llvm::Twine(ids.shape[1]) + " rows");
  Tensor places = positionIds ? lookUp(node, positions, positionIds)
                              : node.reshape(node.slice(positions, 0, 0, ids.shape[1]),
                                             {1, ids.shape[1], positions.shape[1]});
  Tensor sum = sumOf(
      node, {lookUp(node, words, ids), places, segments ? lookUp(node, segments, segmentIds) : Tensor()});
  if (node.refused())
    return failure();
  Type i32 = node.getBuilder().getI32Type();
  Tensor kept = mask ? node.reshape(node.reduce(ReduceKind::add, mask, 1), {ids.shape[0]})
                     : node.splat(i32, {ids.shape[0]}, 0);
  Normalized result = layerNormalize(node, sum, 2, epsilon, node.input(5), node.input(6), words.element);
  return {{result.output, kept, node.cast(sum, words.element)}};
}

void addMicrosoftNormalization(OperatorTable &table) {
  table.add("SkipLayerNormalization", 1,
            "input:real[..,H] skip:real gamma:real[H] beta?:real[H] bias?:real[H]",
            convertSkipLayerNormalization, onnx::kMicrosoftDomain);
  table.add("SkipSimplifiedLayerNormalization", 1, "input:real[..,H] skip:real gamma:real[H] bias?:real[H]",
            convertSkipLayerNormalization, onnx::kMicrosoftDomain);
  table.add("EmbedLayerNormalization", 1,
            "input_ids:integer[B,S] segment_ids?:integer[B,S] word_embedding:real[_,H] "
            "position_embedding:real[_,H] segment_embedding?:real[_,H] gamma:real[H] beta:real[H] "
            "mask?:integer[B,S] position_ids?:integer[_,S]",
            convertEmbedLayerNormalization, onnx::kMicrosoftDomain);
}

} // namespace sluice::conversion
