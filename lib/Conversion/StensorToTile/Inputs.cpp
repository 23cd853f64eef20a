//===- Inputs.cpp - Inputs that lie in several layouts --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The host lays an input out as the program wants it. Where contractions and maps want it in different
// layouts, it writes it in both: no lane of an input is moved, at the price of memory.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace sluice::tiling {

/// The layout operations between `value` and the arguments that it is made of, on copies of those.
static Value repeatOn(Value value, IRMapping &mapping, OpBuilder &builder) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  if (!op || !isLayoutOp(op))
    return value;
  for (Value operand : op->getOperands())
    mapping.map(operand, repeatOn(operand, mapping, builder));
  return builder.clone(*op, mapping)->getResult(0);
}

/// The input that `operand` of a map is all of whose vectors, if `map` would have it in another layout than
/// the contractions that decide.
Root *Lowering::misfitInput(stensor::MapOp map, Value operand) {
  const View &view = viewOf(operand);
  SmallVector<int32_t> numbers = view.roots();
  if (numbers.size() != 1 || roots[numbers[0]].kind != Root::Input ||
      view.elements() < elementsOf(map.getShape()))
    return nullptr;
  Root &root = roots[numbers[0]];
  const bool isWeight = llvm::any_of(root.wishes, [](const auto &wish) { return wish.second; });
  const DenseMap<int32_t, Layout> wished = translate(view, *rootOf(map.getResult(0)).layout, numbers);
  return isWeight && !wished.empty() && wished.begin()->second != *root.layout ? &root : nullptr;
}

bool Lowering::doubleInputs() {
  // A copy of each input for all maps that want one.
  DenseMap<Value, Value> copies;
  for (auto map : llvm::make_early_inc_range(source.getBody().front().getOps<stensor::MapOp>()))
    for (OpOperand &operand : map->getOpOperands()) {
      Root *root = misfitInput(map, operand.get());
      if (!root)
        continue;
      Value &copy = copies[root->value];
      if (!copy) {
        const unsigned last = source.getNumArguments();
        DictionaryAttr attributes = source.getArgAttrDict(cast<BlockArgument>(root->value).getArgNumber());
        if (failed(source.insertArgument(last, root->value.getType(), attributes, root->value.getLoc())))
          continue;
        copy = source.getArgument(last);
      }
      OpBuilder builder(map);
      IRMapping mapping;
      mapping.map(root->value, copy);
      operand.set(repeatOn(operand.get(), mapping, builder));
    }
  return !copies.empty();
}

} // namespace sluice::tiling
