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
  double scale = 1;
  double softcap = 0; ///< 0: none
};

/// The steps' results, of f32 and shape [B, H, S, T] each; `output` is [B, H, S, E].
struct AttentionSteps {
  Tensor scores, capped, biased, probabilities, output;
};

/// scores = query times key, scaled; capped = c tanh(scores / c); biased = capped + bias; the softmax of
/// that over T, where a row that is masked throughout gives zeros; and that times value.
AttentionSteps attend(Node &node, const AttentionOperands &operands);

/// [B, S, H * D] as [B, H, S, D], and back.
Tensor splitHeads(Node &node, const Tensor &input, int64_t heads);
Tensor joinHeads(Node &node, const Tensor &input);

/// 0 where the i1 tensor `allowed` is set, -infinity elsewhere; f32.
Tensor maskBias(Node &node, const Tensor &allowed);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_ATTENTIONCORE_H
