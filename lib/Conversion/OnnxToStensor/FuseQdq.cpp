//===- FuseQdq.cpp - Quantized operators from QuantizeLinear pairs --------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model in QDQ form computes with DequantizeLinear's reals and quantizes what comes out.
// Nodes are visited in graph order:
// - what only moves elements, or picks the largest, does so before DequantizeLinear;
// - QuantizeLinear of what was dequantized with the same parameters is left out;
// - QuantizeLinear takes the place of a Relu or Clip in front of it;
// - an operator between the two becomes the one that computes with the integers, as ONNX
//   Runtime fuses them; products with no QuantizeLinear after them give scaled reals.
//
//===----------------------------------------------------------------------===//

#include "QdqGraph.h"

#include "mlir/Pass/Pass.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace mlir;

namespace sluice::conversion {
namespace {

class QdqFusion {
public:
  explicit QdqFusion(func::FuncOp function) : builder(function.getContext()), function(function) {}
  void run();

private:
  void visit(onnx::NodeOp node);
  bool forwardInput(onnx::NodeOp node);
  bool sinkDequantize(onnx::NodeOp node);
  bool visitQuantize(onnx::NodeOp quantize);
  bool absorbClamp(onnx::NodeOp quantize);
  void fuseToReal(onnx::NodeOp node);
  bool fuse(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization &result);
  bool fuseConvolution(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization &result);
  bool fuseConvolutionToReal(onnx::NodeOp node);
  bool fuseProduct(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization *result);
  bool fuseGemm(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization *result);
  bool fuseBinary(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization &result);
  bool fuseConcat(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization &result);
  bool fuseUnary(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization &result);

  /// A node in place of the only result of `replaced`, named like `named`, whose elements are of type
  /// `element`.
  void replace(onnx::NodeOp replaced, onnx::NodeOp named, Type element, StringRef opType, StringRef domain,
               ArrayRef<Value> inputs, DictionaryAttr attributes) {
    Type type = replaced.getResult(0).getType();
    if (isa<onnx::AnyType>(type) && !isReturned(replaced.getResult(0)))
      type = UnrankedTensorType::get(element);
    onnx::NodeOp fresh = create(named.getLoc(), opType, domain, inputs, attributes, type);
    replaced.getResult(0).replaceAllUsesWith(fresh.getResult(0));
  }
  onnx::NodeOp create(Location loc, StringRef opType, StringRef domain, ArrayRef<Value> inputs,
                      DictionaryAttr attributes, TypeRange results) {
    int64_t version = domain == onnx::kDefaultDomain ? newestVersion : 1;
    return onnx::NodeOp::create(builder, loc, results, builder.getStringAttr(opType),
                                builder.getStringAttr(domain), builder.getI64IntegerAttr(version), inputs,
                                attributes, builder.getStrArrayAttr({}), 0);
  }
  Value createReal(Location loc, StringRef opType, ArrayRef<Value> inputs, DictionaryAttr attributes) {
    return create(loc, opType, onnx::kDefaultDomain, inputs, attributes,
                  onnx::AnyType::get(builder.getContext()))
        .getResult(0);
  }
  Value absent() { return onnx::AbsentOp::create(builder, function.getLoc(), builder.getNoneType()); }
  DictionaryAttr attribute(StringRef name, int64_t value) {
    return builder.getDictionaryAttr(builder.getNamedAttr(name, builder.getI64IntegerAttr(value)));
  }

  /// Version of the operator set that new nodes are written for.
  static constexpr int64_t newestVersion = 21;

  OpBuilder builder;
  func::FuncOp function;
};

} // namespace

//===----------------------------------------------------------------------===//
// What passes by
//===----------------------------------------------------------------------===//

/// Identity, and a cast to the type that there is.
bool QdqFusion::forwardInput(onnx::NodeOp node) {
  bool isNothing = isStandard(node, "Identity");
  if (isStandard(node, "Cast")) {
    auto to = node.getOnnxAttributes().getAs<IntegerAttr>("to");
    Type element = elementTypeOf(node.getInputs()[0]);
    isNothing = to && element && dataTypeOf(element) == to.getInt();
  }
  // An output of the model keeps its node.
  if (!isNothing || isReturned(node.getResult(0)))
    return false;
  node.getResult(0).replaceAllUsesWith(node.getInputs()[0]);
  return true;
}

/// Whether the result's elements are some of the first operand's, chosen by the other operands or, for
/// positive scales, by their order.
static bool movesElements(onnx::NodeOp node) {
  if (node.getDomain() != onnx::kDefaultDomain)
    return false;
  if (node.getOpType() == "Resize" || node.getOpType() == "Upsample") {
    auto mode = node.getOnnxAttributes().getAs<StringAttr>("mode");
    return !mode || mode.getValue() == "nearest";
  }
  return llvm::StringSwitch<bool>(node.getOpType())
      .Cases({"Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Slice", "Gather", "GatherElements"},
             true)
      .Cases({"GatherND", "Expand", "Tile", "DepthToSpace", "SpaceToDepth", "Split", "ReverseSequence"}, true)
      .Case("MaxPool", node.getNumResults() == 1)
      .Default(false);
}

bool QdqFusion::sinkDequantize(onnx::NodeOp node) {
  if (!movesElements(node) || !hasItsOperands(node) || node.getInputs().empty())
    return false;
  std::optional<Dequantized> input = dequantized(node.getInputs()[0]);
  if (!input || !input->isPerTensor())
    return false;
  builder.setInsertionPoint(node);
  SmallVector<Value> inputs(node.getInputs());
  inputs[0] = input->stored;
  SmallVector<Type> types(node.getNumResults(), UnrankedTensorType::get(input->element));
  auto moved = onnx::NodeOp::create(builder, node.getLoc(), types, node.getOpTypeAttr(), node.getDomainAttr(),
                                    node.getVersionAttr(), inputs, node.getOnnxAttributes(),
                                    builder.getStrArrayAttr({}), 0);
  for (auto [real, stored] : llvm::zip_equal(node.getResults(), moved.getResults())) {
    onnx::NodeOp like = input->node;
    SmallVector<Value> parameters(like.getInputs());
    parameters[0] = stored;
    auto after = onnx::NodeOp::create(builder, node.getLoc(), real.getType(), like.getOpTypeAttr(),
                                      like.getDomainAttr(), like.getVersionAttr(), parameters,
                                      like.getOnnxAttributes(), builder.getStrArrayAttr({}), 0);
    real.replaceAllUsesWith(after.getResult(0));
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Operators whose result is quantized
//===----------------------------------------------------------------------===//

/// Puts Relu or Clip, which nothing but `quantize` reads, behind it, and leaves out what the range of the
/// result does anyway.
bool QdqFusion::absorbClamp(onnx::NodeOp quantize) {
  std::optional<Quantization> to = quantizationOf(quantize);
  auto clamp = quantize.getInputs()[0].getDefiningOp<onnx::NodeOp>();
  if (!to || !to->isPerTensor() || !clamp || !clamp.getResult(0).hasOneUse())
    return false;
  std::optional<std::pair<double, double>> bounds = clampBounds(clamp);
  if (!bounds)
    return false;
  auto [least, greatest] = *rangeOf(to->element);
  int64_t low = to->quantize(bounds->first), high = to->quantize(bounds->second);
  Location loc = clamp.getLoc();
  quantize.setOperand(0, clamp.getInputs()[0]);
  clamp.erase();
  if (low <= least && high >= greatest)
    return true;
  builder.setInsertionPointAfter(quantize);
  auto bound = [&](int64_t value) -> Value {
    auto type = RankedTensorType::get({}, to->element);
    return onnx::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(type, APInt(8, value, /*isSigned=*/true, /*trunc=*/true)));
  };
  Value result = quantize.getResult(0);
  onnx::NodeOp clip = create(loc, "Clip", onnx::kDefaultDomain, {result, bound(low), bound(high)},
                             builder.getDictionaryAttr({}), result.getType());
  result.replaceAllUsesExcept(clip.getResult(0), clip);
  return true;
}

bool QdqFusion::visitQuantize(onnx::NodeOp quantize) {
  while (absorbClamp(quantize))
    ;
  std::optional<Quantization> result = quantizationOf(quantize);
  if (!result || !result->isPerTensor())
    return false;
  Value input = quantize.getInputs()[0];
  if (std::optional<Dequantized> same = dequantized(input)) {
    Value stored = same->stored;
    if (!same->isSame(*result))
      return false;
    // What leaves the model has the type that the model declares.
    Type declared = quantize.getResult(0).getType();
    if (isReturned(quantize.getResult(0)) && stored.getType() != declared) {
      if (!stored.getDefiningOp<onnx::NodeOp>())
        return false;
      stored.setType(declared);
    }
    quantize.getResult(0).replaceAllUsesWith(stored);
    return true;
  }
  auto producer = input.getDefiningOp<onnx::NodeOp>();
  return producer && producer.getDomain() == onnx::kDefaultDomain && input.hasOneUse() &&
         fuse(producer, quantize, *result);
}

bool QdqFusion::fuse(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization &result) {
  StringRef type = node.getOpType();
  if (!hasItsOperands(node))
    return false;
  if (type == "Conv")
    return fuseConvolution(node, quantize, result);
  if (type == "MatMul")
    return fuseProduct(node, quantize, &result);
  if (type == "Gemm")
    return fuseGemm(node, quantize, &result);
  if (type == "Add" || type == "Mul")
    return fuseBinary(node, quantize, result);
  if (type == "Concat")
    return fuseConcat(node, quantize, result);
  return fuseUnary(node, quantize, result);
}

/// The integers of a bias whose scale is the product of the operands' scales, as far as float32 can tell.
/// None if it is something else; a null value if there is no bias.
static std::optional<Value> integerBias(onnx::NodeOp node, size_t index, const Dequantized &x,
                                        const Dequantized &w) {
  if (index >= node.getNumOperands() || isa<NoneType>(node.getInputs()[index].getType()))
    return Value();
  std::optional<Dequantized> bias = dequantized(node.getInputs()[index], /*bits=*/32);
  if (!bias || !bias->hasZeroZero())
    return std::nullopt;
  size_t count = std::max(bias->scales.size(), w.scales.size());
  if (w.scales.size() != 1 && w.scales.size() != count)
    return std::nullopt;
  for (size_t i = 0; i < count; ++i) {
    double expected = x.scales[0] * w.scales[w.scales.size() == 1 ? 0 : i];
    double actual = bias->scales[bias->scales.size() == 1 ? 0 : i];
    if ((bias->scales.size() != 1 && bias->scales.size() != count) ||
        std::abs(actual - expected) > 1e-6 * expected)
      return std::nullopt;
  }
  return bias->stored;
}

bool QdqFusion::fuseConvolution(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization &result) {
  std::optional<Dequantized> x = dequantized(node.getInputs()[0]), w = dequantized(node.getInputs()[1]);
  if (!x || !w || !x->isPerTensor() || !w->isAlong(0))
    return false;
  std::optional<Value> bias = integerBias(node, 2, *x, *w);
  if (!bias)
    return false;
  builder.setInsertionPoint(quantize);
  SmallVector<Value> inputs = {x->stored, x->scale,           x->zeroOr(builder), w->stored,
                               w->scale,  w->zeroOr(builder), result.scale,       result.zeroOr(builder)};
  if (*bias)
    inputs.push_back(*bias);
  replace(quantize, node, result.element, "QLinearConv", onnx::kDefaultDomain, inputs,
          node.getOnnxAttributes());
  return true;
}

bool QdqFusion::fuseBinary(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization &result) {
  std::optional<Dequantized> a = dequantized(node.getInputs()[0]), b = dequantized(node.getInputs()[1]);
  if (!a || !b || !a->isPerTensor() || !b->isPerTensor() || a->element != b->element ||
      a->element != result.element)
    return false;
  builder.setInsertionPoint(quantize);
  replace(quantize, node, result.element, ("QLinear" + node.getOpType()).str(), onnx::kMicrosoftDomain,
          {a->stored, a->scale, a->zeroOr(builder), b->stored, b->scale, b->zeroOr(builder), result.scale,
           result.zeroOr(builder)},
          builder.getDictionaryAttr({}));
  return true;
}

bool QdqFusion::fuseConcat(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization &result) {
  builder.setInsertionPoint(quantize);
  SmallVector<Value> inputs = {result.scale, result.zeroOr(builder)};
  for (Value operand : node.getInputs()) {
    std::optional<Dequantized> part = dequantized(operand);
    if (!part || !part->isPerTensor() || part->element != result.element)
      return false;
    inputs.append({part->stored, part->scale, part->zeroOr(builder)});
  }
  replace(quantize, node, result.element, "QLinearConcat", onnx::kMicrosoftDomain, inputs,
          node.getOnnxAttributes());
  return true;
}

bool QdqFusion::fuseUnary(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization &result) {
  StringRef type = node.getOpType();
  bool isKnown = llvm::StringSwitch<bool>(type)
                     .Cases({"Sigmoid", "LeakyRelu", "Softmax", "GlobalAveragePool"}, true)
                     // Windows with holes are not part of the quantized operator.
                     .Case("AveragePool", !node.getOnnxAttributes().contains("dilations"))
                     .Default(false);
  if (!isKnown)
    return false;
  std::optional<Dequantized> x = dequantized(node.getInputs()[0]);
  if (!x || !x->isPerTensor() || x->element != result.element)
    return false;
  builder.setInsertionPoint(quantize);
  NamedAttrList attributes(node.getOnnxAttributes());
  if (type == "Softmax") {
    int64_t version = node.getVersionAttr().getInt();
    attributes.set("opset", builder.getI64IntegerAttr(version));
    if (!attributes.get("axis"))
      attributes.set("axis", builder.getI64IntegerAttr(version < 13 ? 1 : -1));
  }
  replace(quantize, node, result.element, ("QLinear" + type).str(), onnx::kMicrosoftDomain,
          {x->stored, x->scale, x->zeroOr(builder), result.scale, result.zeroOr(builder)},
          attributes.getDictionary(builder.getContext()));
  return true;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

bool QdqFusion::fuseProduct(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization *result) {
  std::optional<Dequantized> a = dequantized(node.getInputs()[0]), b = dequantized(node.getInputs()[1]);
  if (!a || !b || !a->isPerTensor())
    return false;
  // Parameters for each column are those of one matrix.
  if (!b->isPerTensor() && (b->axis != 1 || rankOf(b->stored) != 2))
    return false;
  builder.setInsertionPoint(result ? quantize : node);
  if (result)
    replace(quantize, node, result->element, "QLinearMatMul", onnx::kDefaultDomain,
            {a->stored, a->scale, a->zeroOr(builder), b->stored, b->scale, b->zeroOr(builder), result->scale,
             result->zeroOr(builder)},
            builder.getDictionaryAttr({}));
  else
    replace(node, node, builder.getF32Type(), "MatMulIntegerToFloat", onnx::kMicrosoftDomain,
            {a->stored, b->stored, a->scale, b->scale, a->zeroOr(builder), b->zeroOr(builder)},
            builder.getDictionaryAttr({}));
  return true;
}

bool QdqFusion::fuseGemm(onnx::NodeOp node, onnx::NodeOp quantize, const Quantization *result) {
  std::optional<Dequantized> a = dequantized(node.getInputs()[0]), b = dequantized(node.getInputs()[1]);
  DictionaryAttr attributes = node.getOnnxAttributes();
  auto beta = attributes.getAs<FloatAttr>("beta");
  auto alpha = attributes.getAs<FloatAttr>("alpha");
  auto transB = attributes.getAs<IntegerAttr>("transB");
  int64_t columnAxis = transB && transB.getInt() ? 0 : 1;
  if (!a || !b || !a->isPerTensor() || !b->isAlong(columnAxis))
    return false;
  std::optional<Value> bias = integerBias(node, 2, *a, *b);
  // The integers of a bias count as often as a product does.
  bool isWhole = (!alpha || alpha.getValueAsDouble() == 1) && (!beta || beta.getValueAsDouble() == 1);
  bool addsReal = !bias || (*bias && !isWhole);
  if (addsReal && (result || (beta && beta.getValueAsDouble() != 1)))
    return false;
  builder.setInsertionPoint(result ? quantize : node);
  SmallVector<Value> inputs = {a->stored, a->scale, a->zeroOr(builder),
                               b->stored, b->scale, b->zeroOr(builder)};
  if (result)
    inputs.append({*bias ? *bias : absent(), result->scale, result->zeroOr(builder)});
  else if (!addsReal && *bias)
    inputs.push_back(*bias);
  NamedAttrList kept(attributes);
  kept.erase("beta");
  DictionaryAttr keptAttributes = kept.getDictionary(builder.getContext());
  if (!addsReal) {
    Type element = result ? result->element : builder.getF32Type();
    replace(result ? quantize : node, node, element, "QGemm", onnx::kMicrosoftDomain, inputs, keptAttributes);
    return true;
  }
  auto anyType = onnx::AnyType::get(builder.getContext());
  Value product =
      create(node.getLoc(), "QGemm", onnx::kMicrosoftDomain, inputs, keptAttributes, anyType).getResult(0);
  replace(node, node, builder.getF32Type(), "Add", onnx::kDefaultDomain, {product, node.getInputs()[2]},
          builder.getDictionaryAttr({}));
  return true;
}

/// The exact sums, scaled, and the bias added: y = real(sums) * (sx * sw) + bias.
bool QdqFusion::fuseConvolutionToReal(onnx::NodeOp node) {
  std::optional<Dequantized> x = dequantized(node.getInputs()[0]), w = dequantized(node.getInputs()[1]);
  std::optional<int64_t> rank = rankOf(node.getInputs()[1]);
  if (!x || !w || !x->isPerTensor() || !w->isAlong(0) || !rank || *rank < 3)
    return false;
  builder.setInsertionPoint(node);
  Location loc = node.getLoc();
  auto alongChannels = [&](Value parameter) {
    SmallVector<int64_t> shape(*rank - 1, 1);
    shape[0] = -1;
    auto type = RankedTensorType::get({*rank - 1}, builder.getI64Type());
    Value dims =
        onnx::ConstantOp::create(builder, loc, DenseElementsAttr::get(type, ArrayRef<int64_t>(shape)));
    return createReal(loc, "Reshape", {parameter, dims}, builder.getDictionaryAttr({}));
  };
  Value sums = createReal(loc, "ConvInteger", {x->stored, w->stored, x->zeroOr(builder), w->zeroOr(builder)},
                          node.getOnnxAttributes());
  Value scale = createReal(loc, "Mul", {x->scale, w->scale}, builder.getDictionaryAttr({}));
  Value result = createReal(loc, "Cast", {sums}, attribute("to", dataTypeOf(builder.getF32Type())));
  result = createReal(loc, "Mul", {result, alongChannels(scale)}, builder.getDictionaryAttr({}));
  if (node.getNumOperands() > 2 && !isa<NoneType>(node.getInputs()[2].getType()))
    result =
        createReal(loc, "Add", {result, alongChannels(node.getInputs()[2])}, builder.getDictionaryAttr({}));
  result.setType(node.getResult(0).getType());
  node.getResult(0).replaceAllUsesWith(result);
  return true;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Whether something other than one QuantizeLinear that may be fused reads the node's result.
static bool staysReal(onnx::NodeOp node) {
  if (node.getNumResults() == 0)
    return false;
  Value result = node.getResult(0);
  for (; result.hasOneUse();) {
    auto reader = dyn_cast<onnx::NodeOp>(*result.user_begin());
    if (!reader)
      return true;
    if (std::optional<Quantization> to = quantizationOf(reader))
      return !to->isPerTensor();
    if (!clampBounds(reader))
      return true;
    result = reader.getResult(0);
  }
  return true;
}

void QdqFusion::visit(onnx::NodeOp node) {
  if (forwardInput(node) || sinkDequantize(node))
    return;
  if (isQuantize(node)) {
    if (visitQuantize(node))
      return;
    // Nothing takes the result's scale into an operator on integers: at least the product is one.
    if (auto producer = node.getInputs()[0].getDefiningOp<onnx::NodeOp>())
      fuseToReal(producer);
    return;
  }
  if (staysReal(node))
    fuseToReal(node);
}

void QdqFusion::fuseToReal(onnx::NodeOp node) {
  if (isStandard(node, "MatMul"))
    fuseProduct(node, {}, nullptr);
  else if (isStandard(node, "Gemm"))
    fuseGemm(node, {}, nullptr);
  else if (isStandard(node, "Conv"))
    fuseConvolutionToReal(node);
}

void QdqFusion::run() {
  for (Block &block : function.getBody()) {
    SmallVector<onnx::NodeOp> nodes(block.getOps<onnx::NodeOp>());
    for (onnx::NodeOp node : nodes)
      visit(node);
    // What is not read any more goes, its producers first having lost their readers.
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isa<onnx::NodeOp, onnx::ConstantOp>(op) && op.use_empty())
        op.erase();
  }
}

namespace {

/// `--onnx-fuse-qdq`.
class FuseQdqPass : public PassWrapper<FuseQdqPass, OperationPass<func::FuncOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(FuseQdqPass)
  llvm::StringRef getArgument() const override { return "onnx-fuse-qdq"; }
  llvm::StringRef getDescription() const override {
    return "Compute with the integers between DequantizeLinear and QuantizeLinear";
  }
  void runOnOperation() override { fuseQdq(getOperation()); }
};

} // namespace

void fuseQdq(func::FuncOp function) { QdqFusion(function).run(); }

void registerFuseQdqPass() { PassRegistration<FuseQdqPass>(); }

} // namespace sluice::conversion
