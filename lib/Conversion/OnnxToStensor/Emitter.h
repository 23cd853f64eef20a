//===- Emitter.h - Builds stensor operations, evaluating constants --*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_EMITTER_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_EMITTER_H

#include "Constants.h"
#include "Narrow.h"
#include "Scalars.h"

#include "dialects/stensor/StensorDialect.h"
#include "sluice/Conversion/OnnxToStensor.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/Twine.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::conversion {

/// A tensor of the ONNX graph while it is converted. A default one is absent: an optional operand left out.
/// Sequences and optionals exist in the compiler alone: it knows how many tensors they hold.
struct Tensor {
  /// ONNX element type: i64 and ui8 are kept apart from the i32 and i8 that store them. With --demote=f64,
  /// f32 stands for f64.
  mlir::Type element;
  Shape shape;
  /// The stensor value; null while only the constant is needed.
  mlir::Value value;
  /// The elements, if they are known: i64 ones for i64, ui64 and ui32, floats of their own type, otherwise as
  /// stensor stores them. Tensors of f64 are known.
  mlir::ElementsAttr constant;
  /// Its node was refused; whatever needs it is passed over.
  bool poisoned = false;
  /// Why a constant of the model cannot be used, to be said of the nodes that need it.
  std::string unsupported;

  /// The elements, if it is a sequence; all else but `poisoned` is then unused.
  std::shared_ptr<const std::vector<Tensor>> sequence;
  /// It is an optional that holds nothing.
  bool isEmptyOptional = false;

  /// Whether it is a tensor: neither absent nor a sequence or empty optional.
  explicit operator bool() const { return element != nullptr; }
  int64_t rank() const { return shape.size(); }
  int64_t count() const { return countElements(shape); }
  bool isReal() const { return llvm::isa_and_present<mlir::FloatType>(element); }
  bool isBool() const { return element && element.isInteger(1); }
};

/// Whether the type is a float that the machine has as a bit pattern only, or an integer of less than a byte.
bool isNarrow(mlir::Type element);
/// How stensor stores elements of ONNX type `element`; null if it cannot.
mlir::Type storageType(mlir::Type element);
/// Whether tensors of the type exist in constants alone, where they are computed exactly: f64.
inline bool isDouble(mlir::Type element) { return element && element.isF64(); }
/// Whether a constant's elements take 64 bits: 64-bit integers, uint32 and f64.
bool isWideType(mlir::Type element);
/// Says that a function cannot have operands of these types.
std::string typesText(llvm::ArrayRef<Tensor> inputs);
/// Why a run has no f64.
std::string doubleRefusal();
/// "2x3", or "scalar".
std::string shapeText(llvm::ArrayRef<int64_t> shape);
/// "float32", "int64" ...: ONNX's name of an element type.
std::string elementName(mlir::Type element);

/// A truth of the run on which it depends whether what is computed counts.
struct Guard {
  Tensor condition;
  bool holds = true; ///< or does not
};

/// What the conversions of one function share.
struct EmitterState {
  OnnxToStensorOptions options;
  mlir::Block *entry = nullptr;
  /// Constants that exist as values, all at the function's start in order of first use.
  llvm::DenseMap<mlir::Attribute, mlir::Value> constants;
  mlir::Operation *lastConstant = nullptr;
  /// For values of unsigned bytes that were computed as signed ones: those.
  llvm::DenseMap<mlir::Value, mlir::Value> signedForms;
  /// What must hold for the graphs that are being converted to count.
  llvm::SmallVector<Guard> guards;
  /// Nodes converted within graphs that nodes hold, each as often as its graph runs.
  size_t graphNodes = 0;
  /// Elements of constants that were listed one by one.
  int64_t listed = 0;
  /// Scalar steps that evaluating constants took and bytes that it gave, and how many may be: what is beyond
  /// stays for the run. The bounds grow with the model's own constants.
  double foldingSteps = 0, mostFoldingSteps = 0;
  int64_t foldedBytes = 0, mostFoldedBytes = 0;
  /// Operations that were built.
  size_t built = 0;
};

/// Builds operations on Tensors. An operation whose operands are all constant is evaluated at once by the
/// reference interpreter. Elements of 64 bits exist in constants only: layout operations move them as pairs
/// of words, maps and reductions compute them on the host. What goes wrong, a tensor that is not there or
/// does not fit included, is recorded (see refused), and from then on every result is a placeholder, of the
/// right rank and type but of one element, so that conversions need not check each step.
class Emitter {
public:
  Emitter(EmitterState &state, mlir::OpBuilder &builder, mlir::Location loc)
      : state(state), builder(builder), loc(loc) {}

  /// Records why the node cannot be converted; the first reason counts.
  mlir::LogicalResult refuse(const llvm::Twine &reason);
  bool refused() const { return !refusal.empty(); }
  const std::string &getRefusal() const { return refusal; }
  /// Whether tensors within the conversion did not fit one another: the reason speaks of those, not of the
  /// node's.
  bool isMisfit() const { return misfits; }
  /// Whether a tensor of that shape can be had; refuses it if it has negative sizes, more elements than
  /// `most` (sizes of 0 set aside) or more than 64 axes.
  bool fits(llvm::ArrayRef<int64_t> shape, int64_t most = kMaxElements);
  /// Whether so many elements can be listed one by one, of which kMaxListed may be in one list and some more
  /// in all lists of a model; refuses them if not. To be asked before a list is made.
  bool canList(llvm::ArrayRef<int64_t> shape);
  const OnnxToStensorOptions &options() const { return state.options; }

  /// Tensors of known elements, as many as the shape has or one for all.
  Tensor constant(mlir::Type element, mlir::ElementsAttr elements);
  Tensor integers(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> values, mlir::Type element);
  Tensor integers(llvm::ArrayRef<int64_t> values);
  Tensor reals(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<double> values, mlir::Type element);
  /// 0, 1, 2 ... in row-major order, of type i32.
  Tensor countUp(llvm::ArrayRef<int64_t> shape);
  /// One number everywhere, converted to `element`.
  Tensor splat(mlir::Type element, llvm::ArrayRef<int64_t> shape, double value);

  /// The stensor value, of storage type; refuses f64, and 64-bit integers out of range.
  mlir::Value value(const Tensor &tensor);

  /// The signed bytes, 128 less each, from which unsigned ones were made; null if they were not.
  mlir::Value signedForm(mlir::Value value) const { return state.signedForms.lookup(value); }
  void setSignedForm(mlir::Value value, mlir::Value form) { state.signedForms[value] = form; }

  using Body = llvm::function_ref<mlir::Value(Scalars &, llvm::ArrayRef<mlir::Value>)>;
  /// A scalar function of inputs that are broadcast against each other as NumPy does. `body` gets f32,
  /// integer or i1 values (Scalars::load) and returns one for `element` (Scalars::store).
  Tensor map(llvm::ArrayRef<Tensor> inputs, mlir::Type element, Body body);
  using Bodies = llvm::function_ref<llvm::SmallVector<mlir::Value>(Scalars &, llvm::ArrayRef<mlir::Value>)>;
  /// Several scalar functions of the same inputs, one for each of `elements`.
  llvm::SmallVector<Tensor> maps(llvm::ArrayRef<Tensor> inputs, llvm::ArrayRef<mlir::Type> elements,
                                 Bodies body);
  /// The shape that shapes broadcast to; none if they do not fit.
  static std::optional<Shape> broadcastShape(llvm::ArrayRef<Tensor> inputs);

  /// A function of constants of f64, broadcast against each other: f64.
  Tensor mapDoubles(llvm::ArrayRef<Tensor> inputs,
                    llvm::function_ref<double(llvm::ArrayRef<double>)> function);
  /// The type that numbers of a tensor are computed in: f32, i32, or its own where that is a constant's of 64
  /// bits.
  mlir::Type numberType(const Tensor &tensor);
  bool isWide(const Tensor &tensor) const;
  /// A constant's elements, or one for all: integers of the ONNX type, or the bits of doubles.
  llvm::SmallVector<int64_t> readWide(const Tensor &tensor);

  /// Converts real and integer numbers and truths into each other, as ONNX's Cast does; to f64 constants
  /// only.
  Tensor cast(const Tensor &input, mlir::Type element, const NarrowRounding &rounding = {});
  /// The same stored bits under another ONNX type; no 64-bit constants.
  Tensor retype(const Tensor &input, mlir::Type element);

  Tensor reshape(const Tensor &input, llvm::ArrayRef<int64_t> shape);
  Tensor transpose(const Tensor &input, llvm::ArrayRef<int64_t> permutation);
  Tensor slice(const Tensor &input, llvm::ArrayRef<int64_t> offsets, llvm::ArrayRef<int64_t> sizes,
               llvm::ArrayRef<int64_t> strides);
  /// The part [offset, offset + size) of one dimension.
  Tensor slice(const Tensor &input, int64_t dim, int64_t offset, int64_t size, int64_t stride = 1);
  /// Negative amounts crop.
  Tensor pad(const Tensor &input, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high, double value);
  Tensor broadcast(const Tensor &input, llvm::ArrayRef<int64_t> shape);
  Tensor window(const Tensor &input, int64_t first, llvm::ArrayRef<int64_t> sizes,
                llvm::ArrayRef<int64_t> strides, llvm::ArrayRef<int64_t> dilations);
  Tensor concat(llvm::ArrayRef<Tensor> inputs, int64_t dim);
  /// Whether what is computed counts in all runs. Where it does not, an index outside is no fault.
  bool isGuarded() const { return !state.guards.empty(); }
  /// Rows of the first dimension; `indices` has rank 1.
  Tensor gather(const Tensor &table, const Tensor &indices);
  /// One dimension combined; f32 or i32, the dimension stays with size 1.
  Tensor reduceDim(stensor::ReduceKind kind, const Tensor &input, int64_t dim);
  /// The given dimensions (ascending) combined and kept with size 1; f32 or i32. No elements give the neutral
  /// number.
  Tensor reduce(stensor::ReduceKind kind, const Tensor &input, llvm::ArrayRef<int64_t> dims);
  struct Sliding {
    llvm::ArrayRef<int64_t> strides, dilations, low; ///< of each spatial dimension
    int64_t groups;
  };
  /// Bytes or f16 [N, spatial..., C] under `filters` [O, taps..., C / groups] as i32 or f32 [N, positions...,
  /// O], see stensor.convolve; elements outside count as `padding`.
  Tensor convolve(const Tensor &input, const Tensor &filters, llvm::ArrayRef<int64_t> positions,
                  const Sliding &sliding, int64_t padding, int64_t joined = 0);
  /// The product of f16 or i8 operands of rank 4, see stensor.contract.
  Tensor contract(const Tensor &lhs, const Tensor &rhs);

protected:
  EmitterState &state;
  mlir::OpBuilder &builder;
  mlir::Location loc;

private:
  /// Whether there is to be an operation on these tensors: nothing was refused yet and all of them are there;
  /// refuses if one is not.
  bool canUse(llvm::ArrayRef<Tensor> inputs);
  Tensor guarded(const Tensor &indices);
  static std::string whyNotBesideOneAnother(llvm::ArrayRef<Tensor> inputs, int64_t dim);
  /// Refuses and gives a placeholder.
  Tensor reject(mlir::Type element, size_t rank, const llvm::Twine &reason);
  /// The same for tensors whose shapes do not fit.
  Tensor misfit(mlir::Type element, size_t rank, const llvm::Twine &reason);
  /// Makes a Tensor of an operation's result; evaluates it if all operands are constant. Refuses one against
  /// which its verifier has something to say.
  Tensor finish(mlir::Operation *op, mlir::Type element);
  /// The same of all results of an operation.
  llvm::SmallVector<Tensor> finish(mlir::Operation *op, llvm::ArrayRef<mlir::Type> elements);
  /// Puts constants in the place of `op` and its results if all operands are, and the bounds allow it.
  void evaluate(mlir::Operation *op, llvm::MutableArrayRef<Tensor> results);
  /// `elements`, of storage type, in the form that Tensor::constant states.
  mlir::ElementsAttr normalise(mlir::ElementsAttr elements, mlir::Type element);
  Tensor mapWide(llvm::ArrayRef<Tensor> inputs, mlir::Type element, const Shape &shape, Body body);
  /// A wide constant broadcast to the shape; one element stands for all.
  Tensor spreadConstant(const Tensor &input, llvm::ArrayRef<int64_t> shape);
  /// Integers, low bits of which count, or doubles from their bits.
  Tensor makeWide(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> values, mlir::Type element);
  Tensor reduceWide(stensor::ReduceKind kind, const Tensor &input, int64_t dim);
  Tensor castDoubles(const Tensor &input, mlir::Type element, const NarrowRounding &rounding);
  Tensor castToDoubles(const Tensor &input);
  Tensor padWide(const Tensor &input, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> shape,
                 double value);
  Tensor toWords(const Tensor &wide);
  Tensor fromWords(const Tensor &words, mlir::Type element);
  /// Refuses f64.
  mlir::RankedTensorType storedType(llvm::ArrayRef<int64_t> shape, mlir::Type element);

  /// A small tensor of that rank in place of one that was refused.
  Tensor placeholder(mlir::Type element, size_t rank);

  std::string refusal;
  bool misfits = false;
  size_t built = 0; ///< operations
};

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_EMITTER_H
