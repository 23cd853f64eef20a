//===- OnnxToStensor.cpp - From ONNX graphs to whole tensors --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Conversion/OnnxToStensor.h"

#include "OperatorTable.h"
#include "QdqGraph.h"
#include "sluice/Conversion/BeyondMachine.h"
#include "sluice/Support/Cancellation.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sluice {
namespace conversion {
namespace {

/// A place in the model and why it cannot be converted.
struct Refusal {
  Location loc;
  std::string text;
};

/// Scalar steps and bytes of result that evaluating constants may take, and what an element of the model's
/// own constants brings with it: several layouts and types of the same weights.
constexpr double kFoldingSteps = 0x1p28, kStepsForElement = 1024;
constexpr int64_t kFoldedBytes = int64_t{1} << 29, kBytesForElement = 64;

/// Converts @main in place: arguments, nodes in order, results.
class GraphConverter {
public:
  GraphConverter(func::FuncOp function, const OnnxToStensorOptions &options)
      : function(function), builder(function.getContext()) {
    state.options = options;
    state.mostFoldingSteps = kFoldingSteps;
    state.mostFoldedBytes = kFoldedBytes;
    state.entry = &function.getBody().front();
  }

  LogicalResult run();

private:
  void convertArgument(BlockArgument argument);
  void convertConstant(onnx::ConstantOp op);
  void convertNode(onnx::NodeOp op);
  Results convertGraph(Block &graph, llvm::ArrayRef<Tensor> inputs);
  void refuseUnknownOperators(onnx::NodeOp holder);
  std::string sizeRefusal(const Tensor &result);
  LogicalResult convertReturn(func::ReturnOp op);
  void eraseUnused();
  LogicalResult report();

  /// The ONNX type that values of `element` are computed in; null if there is none.
  Type computedType(Type element) const;
  /// Why computedType is null.
  static std::string typeRefusal(Type element);
  void poison(ValueRange values);
  void setEdgeAttrs(unsigned index, bool isArgument, Type declared, const Tensor &tensor);

  func::FuncOp function;
  OpBuilder builder;
  EmitterState state;
  llvm::DenseMap<Value, Tensor> tensors;
  llvm::SmallVector<Refusal> refusals;
  /// Graphs around the node that is being converted.
  unsigned depth = 0;
  /// Elements of constants that nodes in graphs gave.
  int64_t graphConstants = 0;
};

} // namespace

Type GraphConverter::computedType(Type element) const {
  if (element.isF64() && state.options.demoteF64)
    return Float32Type::get(element.getContext());
  return storageType(element) ? element : Type();
}

std::string GraphConverter::typeRefusal(Type element) {
  if (element.isF64())
    return doubleRefusal();
  if (llvm::isa<onnx::StringType, ComplexType>(element))
    return kBeyondMachine.str() + "element type " + elementName(element);
  return "element type " + elementName(element) + " is not supported";
}

void GraphConverter::poison(ValueRange values) {
  for (Value value : values) {
    Tensor tensor;
    tensor.poisoned = true;
    tensors[value] = tensor;
  }
}

void GraphConverter::setEdgeAttrs(unsigned index, bool isArgument, Type declared, const Tensor &tensor) {
  auto name = isArgument ? function.getArgAttr(index, onnx::kNameAttr)
                         : function.getResultAttr(index, onnx::kNameAttr);
  auto set = [&](llvm::StringRef attr, Attribute value) {
    if (isArgument)
      function.setArgAttr(index, attr, value);
    else
      function.setResultAttr(index, attr, value);
  };
  if (isArgument)
    function.removeArgAttr(index, onnx::kNameAttr);
  else
    function.removeResultAttr(index, builder.getStringAttr(onnx::kNameAttr));
  if (name)
    set(stensor::kNameAttr, name);
  if (declared != storageType(tensor.element))
    set(stensor::kTypeAttr, TypeAttr::get(declared));
}

void GraphConverter::convertArgument(BlockArgument argument) {
  unsigned index = argument.getArgNumber();
  auto name = function.getArgAttrOfType<StringAttr>(index, onnx::kNameAttr);
  std::string what = "input '" + (name ? name.str() : std::to_string(index)) + "': ";
  if (auto other = llvm::dyn_cast<onnx::OtherType>(argument.getType())) {
    refusals.push_back({argument.getLoc(), what + kBeyondMachine.str() + other.getKind().str() + "s"});
    return poison(argument);
  }
  auto type = llvm::dyn_cast<RankedTensorType>(argument.getType());
  if (!type || !type.hasStaticShape()) {
    refusals.push_back({argument.getLoc(), what + "its shape is not known"});
    return poison(argument);
  }
  Type element = computedType(type.getElementType());
  if (!element) {
    refusals.push_back({argument.getLoc(), what + typeRefusal(type.getElementType())});
    return poison(argument);
  }
  Emitter emitter(state, builder, argument.getLoc());
  if (!emitter.fits(type.getShape())) {
    refusals.push_back({argument.getLoc(), what + emitter.getRefusal()});
    return poison(argument);
  }
  Tensor tensor;
  tensor.element = element;
  tensor.shape.assign(type.getShape().begin(), type.getShape().end());
  tensor.value = argument;
  argument.setType(RankedTensorType::get(tensor.shape, storageType(element)));
  setEdgeAttrs(index, /*isArgument=*/true, type.getElementType(), tensor);
  tensors[argument] = tensor;
}

void GraphConverter::convertConstant(onnx::ConstantOp op) {
  if (tensors.contains(op.getResult()))
    return; // in a graph that runs again
  auto elements = llvm::cast<ElementsAttr>(op.getValue());
  Type declared = elements.getElementType();
  Type element = declared.isF64() && !state.options.demoteF64 ? declared : computedType(declared);
  if (!element) {
    // Said where it is used: most nodes that need such a constant are refused for themselves.
    Tensor tensor;
    tensor.unsupported = typeRefusal(declared);
    tensor.poisoned = true;
    tensors[op.getResult()] = tensor;
    return;
  }
  llvm::ArrayRef<int64_t> shape = elements.getShapedType().getShape();
  Emitter emitter(state, builder, op.getLoc());
  if (!emitter.fits(shape)) {
    Tensor tensor;
    tensor.unsupported = emitter.getRefusal();
    tensor.poisoned = true;
    tensors[op.getResult()] = tensor;
    return;
  }
  auto dense = llvm::dyn_cast<DenseElementsAttr>(elements);
  int64_t listed = dense && dense.isSplat() ? 1 : elements.getNumElements();
  state.mostFoldingSteps += kStepsForElement * static_cast<double>(listed);
  state.mostFoldedBytes += kBytesForElement * listed;
  if (declared != element)
    elements = makeFloats(shape, element, readFloats(elements));
  else if (declared.isUnsignedInteger() && declared.getIntOrFloatBitWidth() == 32)
    elements = makeIntegers(shape, builder.getI64Type(), readIntegers(elements));
  else if (!declared.isInteger(64) && !llvm::isa<FloatType>(declared))
    elements = reinterpret(elements, shape, storageType(declared));
  else if (declared.isUnsignedInteger())
    elements = reinterpret(elements, shape, builder.getI64Type());
  tensors[op.getResult()] = emitter.constant(element, elements);
}

/// "operator Op, domain 'ai.onnx', version 17: " for the list of refusals; the location names the node.
static std::string describe(onnx::NodeOp op) {
  return "operator " + op.getOpType().str() + ", domain '" + op.getDomain().str() + "', version " +
         std::to_string(op.getVersionAttr().getInt()) + ": ";
}

/// Bound of the elements of all constants computed within graphs, which a loop can double at every turn.
static constexpr int64_t kMaxGraphConstants = int64_t{1} << 26;

/// Why a node's result is too large; empty if it is not.
std::string GraphConverter::sizeRefusal(const Tensor &result) {
  if (depth == 0 || !result.constant)
    return {};
  graphConstants += countElements(result.shape);
  if (graphConstants <= kMaxGraphConstants)
    return {};
  return "takes the constants computed within graphs beyond " + std::to_string(kMaxGraphConstants) +
         " elements";
}

/// Refuses what the table does not have within the graphs of a node that are not converted, so that one run
/// tells all.
void GraphConverter::refuseUnknownOperators(onnx::NodeOp holder) {
  for (Region &graph : holder.getGraphs())
    graph.walk([&](onnx::NodeOp op) {
      if (!OperatorTable::get().find(op.getDomain(), op.getOpType(), op.getVersionAttr().getInt()))
        refusals.push_back({op.getLoc(), describe(op) + whyNotConverted(op.getDomain(), op.getOpType())});
    });
}

Results GraphConverter::convertGraph(Block &graph, llvm::ArrayRef<Tensor> inputs) {
  size_t before = refusals.size();
  for (auto [argument, tensor] : llvm::zip_equal(graph.getArguments(), inputs))
    tensors[argument] = tensor;
  ++depth;
  for (Operation &op : graph) {
    if (auto constant = llvm::dyn_cast<onnx::ConstantOp>(op))
      convertConstant(constant);
    else if (auto node = llvm::dyn_cast<onnx::NodeOp>(op))
      convertNode(node);
  }
  --depth;
  if (refusals.size() != before)
    return failure();
  return llvm::map_to_vector(graph.back().getOperands(),
                             [&](Value output) { return tensors.lookup(output); });
}

void GraphConverter::convertNode(onnx::NodeOp op) {
  // The graph's loop reports it; a loop of the model's may have many rounds of this.
  if (isCancelled())
    return poison(op.getResults());
  size_t before = refusals.size();
  auto giveUp = [&] {
    if (refusals.size() == before)
      refuseUnknownOperators(op);
    poison(op.getResults());
  };
  auto refuse = [&](const llvm::Twine &reason) {
    std::string text = describe(op) + reason.str();
    giveUp();
    refusals.push_back({op.getLoc(), std::move(text)});
  };
  int64_t version = op.getVersionAttr().getInt();
  const Operator *entry = OperatorTable::get().find(op.getDomain(), op.getOpType(), version);
  if (!entry)
    return refuse(whyNotConverted(op.getDomain(), op.getOpType()));
  auto isAbsent = [&](size_t index) { return llvm::isa<NoneType>(op.getInputs()[index].getType()); };
  if (std::string reason = entry->operands.misfit(op.getInputs().size(), isAbsent); !reason.empty())
    return refuse(reason);

  llvm::SmallVector<Tensor> inputs;
  for (Value input : op.getInputs()) {
    Tensor tensor = isAbsent(inputs.size()) ? Tensor() : tensors.lookup(input);
    if (!tensor.unsupported.empty())
      return refuse("input " + llvm::Twine(inputs.size()) + ": " + tensor.unsupported);
    if (tensor.poisoned)
      return giveUp();
    if (isDouble(tensor.element) && !computesDoubles(op.getDomain(), op.getOpType()))
      return refuse("input " + llvm::Twine(inputs.size()) + ": " + doubleRefusal());
    inputs.push_back(tensor);
  }
  if (std::string reason = entry->operands.misfit(inputs); !reason.empty())
    return refuse(reason);
  // What stands for nodes of inner graphs takes the place of the outermost node.
  if (depth == 0)
    builder.setInsertionPoint(op);
  auto convertInner = [&](Block &graph, llvm::ArrayRef<Tensor> graphInputs) {
    return convertGraph(graph, graphInputs);
  };
  Node node(state, builder, op, entry->operands, inputs, convertInner);
  if (version < 6)
    node.ignoreAttr("consumed_inputs"); // which memory may be reused
  Results results = entry->convert(node);
  // What it was in the middle of is not what the model says.
  if (node.isMisfit())
    return refuse("its inputs do not fit one another or its attributes: " + entry->operands.shapes(inputs));
  if (node.refused())
    return refuse(node.getRefusal());
  if (node.isRefusedWithin())
    return giveUp();
  if (failed(results))
    return refuse("not supported");
  if (std::optional<llvm::StringRef> attribute = node.unknownAttribute())
    return refuse("attribute '" + *attribute + "' is not supported");
  for (auto [index, result] : llvm::enumerate(*results))
    if (std::string reason = sizeRefusal(result); !reason.empty())
      return refuse("output " + llvm::Twine(index) + " " + reason);
  for (auto [index, output] : llvm::enumerate(op.getResults())) {
    if (index < results->size() &&
        ((*results)[index] || (*results)[index].sequence || (*results)[index].isEmptyOptional))
      tensors[output] = (*results)[index];
    else if (isRead(output))
      return refuse("output " + llvm::Twine(index) + " is not supported");
  }
}

LogicalResult GraphConverter::convertReturn(func::ReturnOp op) {
  builder.setInsertionPoint(op);
  Emitter emitter(state, builder, op.getLoc());
  llvm::SmallVector<Value> values;
  llvm::SmallVector<Type> types;
  for (auto [index, operand] : llvm::enumerate(op.getOperands())) {
    const Tensor &tensor = tensors[operand];
    auto name = function.getResultAttrOfType<StringAttr>(index, onnx::kNameAttr);
    std::string what = "output '" + (name ? name.str() : std::to_string(index)) + "': ";
    if (!tensor.unsupported.empty())
      refusals.push_back({op.getLoc(), what + tensor.unsupported});
    if (tensor.poisoned)
      continue;
    auto other = llvm::dyn_cast<onnx::OtherType>(operand.getType());
    if (other || !tensor) {
      llvm::StringRef kind = other ? other.getKind() : tensor.sequence ? "sequence" : "optional";
      refusals.push_back({op.getLoc(), what + kBeyondMachine.str() + kind.str() + "s"});
      continue;
    }
    Type declared = tensor.element;
    if (auto type = llvm::dyn_cast<TensorType>(operand.getType()))
      if (type.getElementType().isF64())
        declared = type.getElementType();
    setEdgeAttrs(index, /*isArgument=*/false, declared, tensor);
    values.push_back(emitter.value(tensor));
    types.push_back(values.back().getType());
    if (emitter.refused()) {
      refusals.push_back({op.getLoc(), what + emitter.getRefusal()});
      return failure();
    }
  }
  if (!refusals.empty())
    return failure();
  op->setOperands(values);
  function.setFunctionType(builder.getFunctionType(function.getBody().getArgumentTypes(), types));
  return success();
}

/// Removes the graph's operations and the constants that evaluation left behind.
void GraphConverter::eraseUnused() {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (llvm::isa<onnx::NodeOp>(op) || isOpTriviallyDead(&op))
      op.erase();
}

LogicalResult GraphConverter::report() {
  InFlightDiagnostic error = emitError(function.getLoc())
                             << "the model has " << refusals.size() << " unsupported "
                             << (refusals.size() == 1 ? "part" : "parts");
  for (const Refusal &refusal : refusals)
    error.attachNote(refusal.loc) << refusal.text;
  return error;
}

LogicalResult GraphConverter::run() {
  if (!function.getBody().hasOneBlock())
    return function.emitError("'main' has several blocks");
  llvm::SmallVector<Operation *> ops;
  for (Operation &op : function.getBody().front())
    ops.push_back(&op);
  for (BlockArgument argument : function.getArguments())
    convertArgument(argument);
  for (Operation *op : ops) {
    if (isCancelled())
      return failure();
    if (auto constant = llvm::dyn_cast<onnx::ConstantOp>(op))
      convertConstant(constant);
    else if (auto node = llvm::dyn_cast<onnx::NodeOp>(op))
      convertNode(node);
    else if (auto returned = llvm::dyn_cast<func::ReturnOp>(op))
      if (failed(convertReturn(returned)))
        return report();
  }
  eraseUnused();
  return success();
}

/// `--convert-onnx-to-stensor`.
class OnnxToStensorPass : public PassWrapper<OnnxToStensorPass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(OnnxToStensorPass)

  OnnxToStensorPass() = default;
  OnnxToStensorPass(const OnnxToStensorPass &other) : PassWrapper(other) {}

  llvm::StringRef getArgument() const override { return "convert-onnx-to-stensor"; }
  llvm::StringRef getDescription() const override { return "Convert ONNX graphs to whole tensors"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<stensor::StensorDialect, arith::ArithDialect, math::MathDialect>();
  }

  void runOnOperation() override {
    OnnxToStensorOptions options;
    options.f32Matmul = f32Matmul;
    options.demoteF64 = demoteF64;
    if (failed(convertOnnxToStensor(getOperation(), options)))
      signalPassFailure();
  }

private:
  Option<F32Matmul> f32Matmul{*this, "f32-matmul", llvm::cl::init(F32Matmul::F16),
                              llvm::cl::desc("How contractions of fp32 operands run"),
                              llvm::cl::values(clEnumValN(F32Matmul::F16, "f16", "operands rounded to fp16"),
                                               clEnumValN(F32Matmul::F32, "f32", "sums of fp16 pieces"))};
  Option<bool> demoteF64{*this, "demote-f64", llvm::cl::init(false),
                         llvm::cl::desc("Compute float64 as float32")};
};

} // namespace conversion

LogicalResult convertOnnxToStensor(ModuleOp module, const OnnxToStensorOptions &options) {
  module.getContext()->loadDialect<stensor::StensorDialect, arith::ArithDialect, math::MathDialect>();
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function || function.isExternal())
    return module.emitError("the module has no function 'main'");
  conversion::fuseQdq(function);
  return conversion::GraphConverter(function, options).run();
}

void registerOnnxToStensorPass() {
  PassRegistration<conversion::OnnxToStensorPass>();
  conversion::registerFuseQdqPass();
}

} // namespace sluice
