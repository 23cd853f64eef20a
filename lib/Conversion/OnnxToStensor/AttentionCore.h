//===- AttentionCore.h - Scaled dot-product attention -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_ATTENTIONCORE_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_ATTENTIONCORE_H

#include "Node.h"

namespace sluice::conversion {

/// What attention is computed from: H heads of queries, of which each run of H / G shares one of G heads of
/// keys and values.
struct AttentionOperands {
  Tensor query; ///< [B, H, S, D]
  Tensor key;   ///< [B, G, T, D]
  Tensor value; ///< [B, G, T, E]
  Tensor bias;  ///< f32, broadcasts to [B, H, S, T], -infinity where masked; or absent
  Tensor sink;  ///< f32, broadcasts to [B, H, 1, 1]: one more score, of a key without a value; or absent
  /// The first so many values of f16 are multiplied apart from those behind them, and nobody asks for
  /// probabilities; 0: all are one product.
  int64_t apart = 0;
  double scale = 1;
  double softcap = 0; ///< 0: none
  /// What is made of the biased scores and of the probabilities, [B, H, S, T] of f32; null: nothing.
  llvm::function_ref<Tensor(const Tensor &)> changeScores, changeProbabilities;
};

/// The steps' results, of f32 and shape [B, H, S, T] each; `output` is [B, H, S, E].
struct AttentionSteps {
  Tensor scores, capped, biased, probabilities, output;
};

/// Whether shapes of query, key and value fit each other.
bool fitTogether(const AttentionOperands &operands);

/// scores = query times key, scaled; capped = c tanh(scores / c); biased = capped + bias, changed; the
/// softmax of that over T, changed, where a row that is masked throughout gives zeros; and that times value.
AttentionSteps attend(Node &node, const AttentionOperands &operands);

/// [B, S, H * D] as [B, H, S, D], and back.
Tensor splitHeads(Node &node, const Tensor &input, int64_t heads);
Tensor joinHeads(Node &node, const Tensor &input);

/// 0 where the i1 tensor `allowed` is set, -infinity elsewhere; f32.
Tensor maskBias(Node &node, const Tensor &allowed);

/// The f32 sum of biases that broadcast; absent if there are none.
Tensor sumOfBiases(Node &node, llvm::ArrayRef<Tensor> parts);

/// 0, 1, 2, ... along dimension `dim` of an i32 tensor of rank 4.
Tensor countAlong(Node &node, int64_t dim, int64_t size);

/// Of i32 tensors that broadcast: a + b; a < b, or with `orEqual` a <= b.
Tensor addIntegers(Node &node, const Tensor &a, const Tensor &b);
Tensor compare(Node &node, const Tensor &a, const Tensor &b, bool orEqual);

/// The cache [B, G, present, D] that holds the first `start` (i32 [B, 1, 1, 1] or [1, 1, 1, 1]) positions of
/// past [B, G, P, D], then fresh [B, G, S, D], then zeros.
/// A run whose positions do not fit ends with a fault.
Tensor extendCache(Node &node, const Tensor &past, const Tensor &fresh, const Tensor &start, int64_t present);

/// By what pairs of numbers are turned: [B, S, 1, 2 n], for each number its pair's cosine, and the sine with
/// the sign with which the pair's other number counts. Pairs are neighbours if `interleaved`, else n apart.
struct Rotation {
  Tensor cosine, sine;
  bool interleaved;
};

/// Of tables [positions, m] of cosines and sines the rows that the integers `positions` [B, S] name, or of
/// tables [B, S, m] all: their first `width` numbers.
Rotation rotation(Node &node, const Tensor &cosines, const Tensor &sines, const Tensor &positions,
                  int64_t width, bool interleaved);

/// Pairs of the first 2 n numbers of each vector of x [B, S, H, D] turned.
Tensor rotate(Node &node, const Tensor &x, const Rotation &rotation);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_ATTENTIONCORE_H
