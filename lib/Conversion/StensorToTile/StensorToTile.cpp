//===- StensorToTile.cpp - From whole tensors to streamed passes ----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Capacity.h"

#include "ExpandConvolutions.h"
#include "Lowering.h"
#include "Orient.h"
#include "SplitBodies.h"
#include "SplitGathers.h"
#include "lib/Conversion/Partition/CardShares.h"
#include "lib/Conversion/Views/Elements.h"
#include "sluice/Support/Cancellation.h"

#include "dialects/tile/PassBody.h"
#include "lib/Conversion/Checks/ProgramForm.h"
#include "lib/Conversion/Partition/Partition.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cstring>

using namespace mlir;

namespace sluice::tiling {

Lowering::Lowering(func::FuncOp source, Block &block, const LoweringOptions &options)
    : source(source), options(options), emitter(block, *options.target) {}

int32_t Lowering::addRoot(Root::Kind kind, Value value) {
  Root &root = roots.emplace_back();
  root.kind = kind;
  root.value = value;
  root.type = cast<RankedTensorType>(value.getType());
  return rootNumbers[value] = static_cast<int32_t>(roots.size()) - 1;
}

/// The one value of all elements of a constant, if there is one.
static std::optional<uint32_t> splatOf(ElementsAttr value) {
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense || !dense.isSplat())
    return std::nullopt;
  return elementBits(dense.getSplatValue<Attribute>());
}

void Lowering::buildViews() {
  for (BlockArgument argument : source.getArguments()) {
    views[argument] =
        View::ofRoot(addRoot(Root::Input, argument), cast<RankedTensorType>(argument.getType()).getShape());
    if (auto cut = source.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(), part::kDealtAttr))
      roots.back().cutDim = cut.getInt();
  }
  for (Operation &op : source.getBody().front().without_terminator()) {
    if (isCancelled())
      return;
    if (isLayoutOp(&op)) {
      SmallVector<View> operands;
      for (Value operand : op.getOperands())
        operands.push_back(viewOf(operand));
      views[op.getResult(0)] = applyLayoutOp(&op, operands);
      continue;
    }
    auto constant = dyn_cast<stensor::ConstantOp>(op);
    std::optional<uint32_t> splat = constant ? splatOf(constant.getValue()) : std::nullopt;
    for (Value result : op.getResults()) {
      ArrayRef<int64_t> shape = cast<RankedTensorType>(result.getType()).getShape();
      views[result] = splat
                          ? View::uniform(*splat, shape)
                          : View::ofRoot(addRoot(constant ? Root::Constant : Root::Computed, result), shape);
    }
  }
}

bool Lowering::isConstant(const View &view) const {
  return llvm::all_of(view.roots(), [&](int32_t root) { return roots[root].kind == Root::Constant; });
}

uint32_t Lowering::bitsOf(const Element &element) const {
  if (element.isFixed())
    return element.value;
  const golden::TensorValue &data = roots[element.root].data;
  int64_t bytes = data.elementBytes();
  uint32_t bits = 0;
  std::memcpy(&bits, data.bytes().data() + element.number * bytes, bytes);
  return bits;
}

void Lowering::define(Root &root, Refs refs, int64_t replicas) {
  root.refs = std::move(refs);
  root.replicas = replicas;
}

/// Whether an operation computes nothing, which takes no pass.
static bool hasNoElements(Operation &op) {
  return op.getNumResults() != 0 && !isa<stensor::ConstantOp>(op) &&
         llvm::all_of(op.getResultTypes(), [](Type type) {
           return llvm::is_contained(cast<RankedTensorType>(type).getShape(), 0);
         });
}

LogicalResult Lowering::lower(Operation &op) {
  if (isLayoutOp(&op))
    return success();
  if (hasNoElements(op)) {
    for (Value result : op.getResults())
      define(rootOf(result), {});
    return success();
  }
  return TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](stensor::ConstantOp) { return success(); })
      .Case([&](stensor::MapOp map) {
        Operation *product = contractOf.lookup(map);
        if (auto convolve = dyn_cast_or_null<stensor::ConvolveOp>(product))
          return lowerConvolve(convolve, map);
        return product ? lowerContract(cast<stensor::ContractOp>(product), map) : lowerMap(map);
      })
      .Case([&](stensor::ContractOp contract) {
        return fusedInto.contains(contract) ? success() : lowerContract(contract, {});
      })
      .Case([&](stensor::ConvolveOp convolve) {
        return fusedInto.contains(convolve) ? success() : lowerConvolve(convolve, {});
      })
      .Case([&](stensor::ReduceOp reduce) { return lowerReduce(reduce); })
      .Case([&](stensor::GatherOp gather) { return lowerGather(gather); })
      .Case<part::ConstantOp, part::GatherOp, part::HaloOp>([&](auto part) { return lowerPart(part); })
      .Case([&](stensor::ConcatOp unite) { return lowerUnite(unite); })
      .Case([&](func::ReturnOp op) { return lowerReturn(op); })
      .Default(
          [](Operation *other) { return other->emitOpError("is not an operation of the stensor level"); });
}

/// Reads the elements of every constant root.
static LogicalResult readConstants(std::vector<Root> &roots) {
  for (Root &root : roots) {
    if (root.kind != Root::Constant)
      continue;
    auto constant = root.value.getDefiningOp<stensor::ConstantOp>();
    FailureOr<golden::TensorValue> data = golden::TensorValue::fromAttribute(constant.getValue());
    if (failed(data))
      return constant.emitOpError("the constant's elements are not at hand");
    root.data = std::move(*data);
  }
  return success();
}

void Lowering::forgetPlans() {
  views.clear();
  rootNumbers.clear();
  roots.clear();
  contractOf.clear();
  fusedInto.clear();
  inputLayouts.clear();
  packings.clear();
}

void Lowering::replan() {
  forgetPlans();
  buildViews();
  if (!isCancelled())
    planLayouts();
}

void Lowering::expandUnpackable() {
  while (!unpackable.empty()) {
    for (stensor::ConvolveOp convolve : std::exchange(unpackable, {}))
      expandConvolution(convolve);
    replan();
  }
}

int64_t Lowering::constantTileBytes() {
  const int64_t lanes = emitter.target.lanes();
  int64_t bytes = 0;
  for (auto contract : source.getOps<stensor::ContractOp>())
    if (isConstant(viewOf(contract.getRhs()))) {
      RankedTensorType type = contract.getRhs().getType();
      const int64_t k = type.getDimSize(3);
      bytes += type.getNumElements() / std::max<int64_t>(k, 1) * llvm::alignTo(k, lanes) *
               bytesOf(type.getElementType());
    }
  return bytes;
}

LogicalResult Lowering::run() {
  splitGathers(source, emitter.target);
  expandConvolutions(source, emitter.target);
  if (failed(splitBodies(source, emitter.target)))
    return failure();
  orientContractions(source, options);
  buildViews();
  if (isCancelled())
    return failure(); // Some values may have no view.
  source->getParentOp()->setAttr(kDividedBytesAttr,
                                 Builder(source.getContext()).getDenseI64ArrayAttr(dividedBytes()));
  if (options.cards > 1 && !source->hasAttr(part::kCutAttr)) {
    partition::shareAmongCards(source, options);
    forgetPlans();
    buildViews();
    if (isCancelled())
      return failure();
  }
  planLayouts();
  if (isCancelled())
    return failure(); // Some values may have no layout.
  expandUnpackable();
  if (doubleInputs()) {
    replan();
    expandUnpackable();
  }
  if (isCancelled())
    return failure();
  if (failed(readConstants(roots)))
    return failure();
  placeInputs();
  areWeightsScarce = 2 * constantTileBytes() > int64_t(emitter.target.memoryBytes());
  LogicalResult result = success();
  // What depends on what failed is left out, so that all errors of the program come at once.
  llvm::DenseSet<Value> missing;
  for (Operation &op : source.getBody().front()) {
    if (isCancelled())
      return failure();
    bool isMissing = llvm::any_of(op.getOperands(), [&](Value operand) { return missing.contains(operand); });
    if (!isMissing && succeeded(lower(op)))
      continue;
    result = failure();
    missing.insert_range(op.getResults());
  }
  return result;
}

} // namespace sluice::tiling

using sluice::tiling::Lowering;

/// Whether values of `type` are tensors of the level.
static bool isStensorTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() && !tensor.getEncoding() &&
         sluice::tile::isBodyType(tensor.getElementType());
}

LogicalResult sluice::checkStensor(ModuleOp module, const LoweringOptions &options) {
  FailureOr<func::FuncOp> form = checkForm(module, "stensor", isStensorTensor);
  return failed(form) ? failure() : tiling::checkCapacity(*form, options);
}

LogicalResult sluice::partitionStensor(ModuleOp module, const LoweringOptions &options) {
  if (failed(checkStensor(module, options)))
    return failure();
  partitionOverCards(module.lookupSymbol<func::FuncOp>("main"), options);
  return success();
}

LogicalResult sluice::convertStensorToTile(ModuleOp module, const LoweringOptions &options) {
  if (failed(partitionStensor(module, options)))
    return failure();
  auto source = module.lookupSymbol<func::FuncOp>("main");
  module.getContext()->loadDialect<tile::TileDialect>();
  OpBuilder builder(source);
  auto target = func::FuncOp::create(builder, source.getLoc(), "main", builder.getFunctionType({}, {}));
  Block *block = target.addEntryBlock();
  OpBuilder atEnd = OpBuilder::atBlockEnd(block);
  func::ReturnOp::create(atEnd, source.getLoc());
  if (failed(Lowering(source, *block, options).run())) {
    target.erase();
    return failure();
  }
  source.erase();
  return success();
}
