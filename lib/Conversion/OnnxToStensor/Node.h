//===- Node.h - What a conversion sees of a node ----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_NODE_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_NODE_H

#include "Operands.h"

#include "dialects/onnx/OnnxDialect.h"

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringSet.h"

namespace sluice::conversion {

/// The results of a converted node, in order; trailing outputs that a conversion does not provide may be
/// missing (the node is refused if one of them is used).
using Results = mlir::FailureOr<llvm::SmallVector<Tensor>>;

/// Whether something reads the output of a node, other than a graph to hand it on to nobody.
bool isRead(mlir::Value output);

/// One ONNX node: its operands, its attributes by name with their defaults, and an
/// Emitter for what takes its place. An attribute that a conversion does not ask for gets the node refused,
/// so that nothing is ignored in silence; a conversion asks for all it knows before anything else.
class Node : public Emitter {
public:
  /// Converts a graph that the node holds, in place, with these tensors as its inputs. Fails, having reported
  /// why, where a node inside is refused. Outlives the node.
  using ConvertGraph = llvm::function_ref<Results(mlir::Block &graph, llvm::ArrayRef<Tensor> inputs)>;

  Node(EmitterState &state, mlir::OpBuilder &builder, onnx::NodeOp op, const OperandList &list,
       llvm::ArrayRef<Tensor> inputs, ConvertGraph convertGraph)
      : Emitter(state, builder, op.getLoc()), op(op), list(list), inputs(inputs), convertGraph(convertGraph) {
  }

  llvm::StringRef opType() { return op.getOpType(); }
  /// Version of the operator set that the node is written for.
  int64_t version() { return op.getVersionAttr().getInt(); }
  size_t numInputs() const { return inputs.size(); }
  size_t numOutputs() { return op.getNumResults(); }
  /// Whether output `index` exists and something reads it, other than a graph to hand it on to nobody.
  bool isUsed(size_t index);
  /// The shape that the model declares for output `index`; none if it is not wholly known.
  std::optional<Shape> declaredShape(size_t index);
  mlir::OpBuilder &getBuilder() { return builder; }

  bool has(size_t index) const { return index < inputs.size() && inputs[index]; }
  /// Operand `index`; absent if left out.
  const Tensor &input(size_t index) const;
  llvm::ArrayRef<Tensor> operands() const { return inputs; }
  /// Puts another tensor in an operand's place, for a conversion of a later version of the operator.
  void setInput(size_t index, const Tensor &tensor);

  /// Where the operand of that name stands, which the table has.
  size_t placeOf(llvm::StringRef name) const { return list.placeOf(name); }
  /// Refuses the node for operand `index`: "input 1 (W) has shape 2x3, need <need>".
  mlir::LogicalResult refuseInput(size_t index, const llvm::Twine &need);
  /// "input 1 (W) of shape 2x3".
  std::string shapeOf(size_t index) const;
  /// Refuses the node for a reason that its operands' shapes explain, which are said behind it.
  mlir::LogicalResult refuseAt(const llvm::Twine &reason);
  /// Refuses the node for its operands' shapes, which do not fit one another or, where that plays a part,
  /// what `beside` names. All are named; to be used where no single one is wrong.
  mlir::LogicalResult refuseShapes(llvm::StringRef beside = {});
  /// Refuses an operand, unless it is left out, of another shape; a size of kAny may be any.
  mlir::LogicalResult needShape(size_t index, llvm::ArrayRef<int64_t> shape);
  /// The same of one of several elements.
  mlir::LogicalResult needOne(size_t index);
  /// The same of one that is neither of that shape nor one element.
  mlir::LogicalResult needOneOrShape(size_t index, llvm::ArrayRef<int64_t> shape);
  /// The same of one that does not broadcast to `shape`.
  mlir::LogicalResult needBroadcast(size_t index, llvm::ArrayRef<int64_t> shape);
  static constexpr int64_t kAny = -1;

  bool hasGraph(llvm::StringRef name);
  /// How many outputs the graph has; 0 if the node has no such graph.
  size_t numGraphOutputs(llvm::StringRef name);
  /// What the graph computes of these inputs. Refuses a graph that is missing or takes another number of
  /// inputs, and more nodes within graphs than a limit; what is refused inside makes it fail as well.
  /// What the graph computes counts only where `guard` holds; a known condition is taken for granted.
  Results applyGraph(llvm::StringRef name, llvm::ArrayRef<Tensor> inputs,
                     const std::optional<Guard> &guard = std::nullopt);
  /// Whether the graph may be applied so often; refuses it if not.
  bool canApply(llvm::StringRef name, int64_t times);
  /// Whether a node inside a graph was refused, so that there is no more to say of this one.
  bool isRefusedWithin() const { return refusedWithin; }
  /// A stack along `axis` of no tensor, such as output `index` of the graph would be; dimensions that the
  /// model does not declare are 0. Refuses one whose type is not declared.
  Tensor emptyStack(llvm::StringRef name, size_t index, int64_t axis);

  bool hasAttribute(llvm::StringRef name);
  /// A size, axis, count or choice: refuses one beyond 32 bits, so that products of two and of one with a
  /// dimension stay within 64.
  int64_t integerAttr(llvm::StringRef name, int64_t otherwise);
  /// An integer that data is compared with or made of: any.
  int64_t numberAttr(llvm::StringRef name, int64_t otherwise);
  double realAttr(llvm::StringRef name, double otherwise);
  llvm::StringRef stringAttr(llvm::StringRef name, llvm::StringRef otherwise);
  /// None if the node does not have it; of numbers as integerAttr's.
  std::optional<Shape> integersAttr(llvm::StringRef name);
  /// The same of numbers as numberAttr's.
  std::optional<Shape> numbersAttr(llvm::StringRef name);
  std::optional<llvm::SmallVector<double>> realsAttr(llvm::StringRef name);
  std::optional<llvm::SmallVector<llvm::StringRef>> stringsAttr(llvm::StringRef name);
  mlir::ElementsAttr tensorAttr(llvm::StringRef name);
  /// An attribute that has no influence on what a run computes.
  void ignoreAttr(llvm::StringRef name) { asked.insert(name); }
  /// The first attribute that was not asked for, or none.
  std::optional<llvm::StringRef> unknownAttribute();

  /// "input 1 (axes) is not known at compile time", with wayToKnow().
  std::string unknownInput(size_t index, llvm::StringRef name);
  /// "; to know it, compile with --constant-input=x=..." for the inputs of the model that a tensor of the run
  /// follows from.
  std::string wayToKnow(const Tensor &tensor);
  /// Refuses for a shape that operand `index`, not a constant, decides.
  mlir::LogicalResult refuseShapeOf(size_t index, llvm::StringRef name);
  /// The integers of operand `index`, which decide a shape. Refuses (and gives none) if they are
  /// known at run time only, or beyond 2^42; `name` is the operand's ONNX name.
  std::optional<Shape> knownIntegers(size_t index, llvm::StringRef name);
  /// The same of any integers.
  std::optional<Shape> knownNumbers(size_t index, llvm::StringRef name);
  /// Integers from operand `index` or, in older versions, the attribute; empty if neither is there.
  /// None, refused, if they are known at run time only.
  std::optional<Shape> integersInputOrAttr(size_t index, llvm::StringRef name);
  /// The same of any integers.
  std::optional<Shape> numbersInputOrAttr(size_t index, llvm::StringRef name);

  /// The dimension that `axis`, which may count from the end, names in a tensor of `rank`; refuses one
  /// outside.
  int64_t normaliseAxis(int64_t axis, int64_t rank);
  /// The same of several; none, refused, if there are more than dimensions.
  Shape normaliseAxes(llvm::ArrayRef<int64_t> axes, int64_t rank);

  /// The element type of a TensorProto.DataType number, as far as tensors of it can be computed; null,
  /// refused, for others. Constants alone may be of f64.
  mlir::Type elementType(int64_t dataType, bool isConstant = false);

private:
  mlir::Attribute attribute(llvm::StringRef name);

  onnx::NodeOp op;
  const OperandList &list;
  llvm::SmallVector<Tensor> inputs;
  ConvertGraph convertGraph;
  bool refusedWithin = false;
  llvm::StringSet<> asked;
};

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_NODE_H
