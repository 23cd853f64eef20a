//===- Experts.h - Mixtures of experts --------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_EXPERTS_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_EXPERTS_H

#include "Node.h"

namespace sluice::conversion {

/// How the router's scores choose experts and weigh what they give.
struct Routing {
  /// Experts of each row.
  int64_t best = 1;
  /// Whether a row's shares add up to one.
  bool isNormalized = false;
  /// Whether the first and the second expert get their shares among the experts whose scores are close to
  /// theirs (SparseMixer, as Phi-3.5-MoE has it).
  bool isSparse = false;
  /// The router's scores [rows, experts], f32; those that give the shares where `shares` is absent.
  Tensor scores;
  /// Shares that are given, f32.
  Tensor shares;
};

/// Of each row, [rows, experts]: the experts' shares (f32), and how many experts the router likes better
/// (i32). Only the shares of the `best` ones mean something.
struct Routed {
  Tensor shares, ranks;
};

Routed route(Node &node, const Routing &routing);

/// How the weights of a node's experts are stored.
struct ExpertFormat {
  bool isQuantized = false;
  int64_t bits = 0;  ///< of quantized ones
  int64_t block = 0; ///< how many of a column share a scale; 0: all

  /// Reads the attributes of a node with quantized weights; false, refused, if one is not supported.
  bool read(Node &node);
  /// Elements in a dimension of so many numbers.
  int64_t packed(int64_t numbers) const;
};

/// What the experts have of one layer.
struct ExpertLayer {
  Tensor weights; ///< [experts, columns, depth], the depth packed
  Tensor bias;    ///< [experts, columns] or absent
  /// Of quantized weights: [experts, columns] or [experts, columns, blocks]; zero points, packed, or absent
  Tensor scales = {}, zeros = {};
  int64_t columns = 0, depth = 0;
};

/// Refuses an operand of another shape; one that is absent has any.
void expectShape(Node &node, const Tensor &operand, const llvm::Twine &name, llvm::ArrayRef<int64_t> shape);

/// Refuses a layer whose operands do not fit its columns and depth.
void checkLayer(Node &node, const ExpertLayer &layer, const ExpertFormat &format, int64_t experts,
                llvm::StringRef name);

/// B of the experts' tensors, [B, vectors, size] out of [experts, vectors, size].
using ChooseExperts = llvm::function_ref<Tensor(const Tensor &)>;

/// The chosen experts' weights as a contraction's operand [B, columns, places, size]. Quantized ones are
/// fetched in bytes, and the numbers at one place in the bytes stay side by side.
Tensor chosenWeights(Node &node, const ExpertLayer &layer, const ExpertFormat &format, ChooseExperts choose);

/// Rows x [B, M, depth] in the same order, [B, M, places, size].
Tensor arrangeRows(Node &node, const Tensor &x, const ExpertFormat &format);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_EXPERTS_H
