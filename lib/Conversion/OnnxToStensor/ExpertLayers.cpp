//===- ExpertLayers.cpp - What experts have of a layer --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Experts.h"

#include "BlockQuantized.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sluice::conversion {

bool ExpertFormat::read(Node &node) {
  bits = node.integerAttr("expert_weight_bits", 4);
  block = node.integerAttr("block_size", 0);
  llvm::StringRef type = node.stringAttr("quant_type", "int");
  if (node.integerAttr("weights_prepacked", -1) == 1)
    (void)node.refuse("weights that are packed for one of ONNX Runtime's devices are not supported");
  if (type != "int")
    (void)node.refuse("quant_type = '" + type + "' is not supported");
  if (bits != 2 && bits != 4 && bits != 8)
    (void)node.refuse("weights of " + llvm::Twine(bits) + " bits are not supported");
  else if (block < 0 || block % numbersPerByte(bits) != 0)
    (void)node.refuse("block_size is " + llvm::Twine(block));
  return !node.refused();
}

int64_t ExpertFormat::packed(int64_t numbers) const { return isQuantized ? bytesOf(numbers, bits) : numbers; }

void expectShape(Node &node, const Tensor &operand, const llvm::Twine &name, llvm::ArrayRef<int64_t> shape) {
  if (operand && operand.shape != Shape(shape))
    (void)node.needShape(node.placeOf(name.str()), shape);
}

void checkLayer(Node &node, const ExpertLayer &layer, const ExpertFormat &format, int64_t experts,
                llvm::StringRef name) {
  expectShape(node, layer.weights, name + "_experts_weights",
              {experts, layer.columns, format.packed(layer.depth)});
  expectShape(node, layer.bias, name + "_experts_bias", {experts, layer.columns});
  if (layer.bias && !layer.bias.isReal())
    (void)node.refuse(name + "_experts_bias is not real");
  if (!format.isQuantized) {
    if (!layer.weights.isReal())
      (void)node.refuse(name + "_experts_weights is not real");
    return;
  }
  if (!layer.scales.isReal() || !layer.weights.element.isUnsignedInteger(8) ||
      (layer.zeros && layer.zeros.element != layer.weights.element)) {
    (void)node.refuse(name + " has no real scales, or weights or zero points that are not uint8");
    return;
  }
  if (format.block == 0) {
    expectShape(node, layer.scales, name + "_scales", {experts, layer.columns});
    expectShape(node, layer.zeros, name + "_zero_points", {experts, format.packed(layer.columns)});
    return;
  }
  int64_t blocks = llvm::divideCeilSigned(layer.depth, format.block);
  expectShape(node, layer.scales, name + "_scales", {experts, layer.columns, blocks});
  expectShape(node, layer.zeros, name + "_zero_points", {experts, layer.columns, format.packed(blocks)});
}

/// The chosen experts' part of a parameter [experts, ...], as [B, ...]: fetched as one vector each.
static Tensor chooseWhole(Node &node, const Tensor &parameter, ChooseExperts choose) {
  int64_t experts = parameter.shape.front();
  Tensor chosen = choose(node.reshape(parameter, {experts, 1, parameter.count() / experts}));
  Shape shape = parameter.shape;
  shape.front() = chosen.shape.front();
  return node.reshape(chosen, shape);
}

Tensor chosenWeights(Node &node, const ExpertLayer &layer, const ExpertFormat &format, ChooseExperts choose) {
  Tensor chosen = choose(layer.weights);
  int64_t batch = chosen.shape.front(), columns = layer.columns;
  if (!format.isQuantized)
    return node.reshape(chosen, {batch, columns, 1, layer.depth});
  // The numbers of a byte belong to one block.
  int64_t bytes = chosen.shape.back(), blockBytes = format.block / numbersPerByte(format.bits);
  bool isByColumn = format.block == 0;
  int64_t blocks = isByColumn ? 1 : llvm::divideCeilSigned(bytes, blockBytes);
  auto forEach = [&](const Tensor &parameter) {
    Tensor byBlock = node.reshape(parameter, {batch, columns, 1, blocks});
    return blocks == 1 ? byBlock : spread(node, byBlock, 3, blockBytes, bytes);
  };
  Tensor zeros = node.splat(node.getBuilder().getI32Type(), {}, middleOf(format.bits));
  if (layer.zeros)
    zeros = forEach(
        unpack(node, chooseWhole(node, layer.zeros, choose), format.bits, isByColumn ? columns : blocks));
  return dequantize(node, unpackApart(node, chosen, format.bits), zeros,
                    forEach(chooseWhole(node, layer.scales, choose)));
}

Tensor arrangeRows(Node &node, const Tensor &x, const ExpertFormat &format) {
  int64_t batch = x.shape[0], rows = x.shape[1], depth = x.shape[2];
  int64_t places = format.isQuantized ? numbersPerByte(format.bits) : 1, size = format.packed(depth);
  if (places == 1)
    return node.reshape(x, {batch, rows, 1, depth});
  // Behind the last number a byte may hold others, which count nothing.
  Tensor whole = size * places == depth ? x : node.pad(x, {0, 0, 0}, {0, 0, size * places - depth}, 0);
  return node.transpose(node.reshape(whole, {batch, rows, size, places}), {0, 1, 3, 2});
}

} // namespace sluice::conversion
