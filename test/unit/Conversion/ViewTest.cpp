//===- ViewTest.cpp - Pieces say what whole tensors hold -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Random chains of layout operations over tensors in which no two elements are alike: the reference
// interpreter moves them one by one, a view says where they are.
//
//===----------------------------------------------------------------------===//

#include "lib/Conversion/Views/View.h"

#include "dialects/stensor/StensorDialect.h"
#include "sluice/Golden/Interpreter.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"

#include <gtest/gtest.h>

#include <random>

using namespace mlir;
using namespace sluice;
using tiling::Element;
using tiling::Shape;
using tiling::View;

namespace {

/// Elements of root r are r * rootStep + their number; what pads is negative.
constexpr int32_t rootStep = 1 << 20;

class Chain {
public:
  explicit Chain(unsigned seed) : random(seed), builder(&context) {
    context.loadDialect<stensor::StensorDialect>();
    module = ModuleOp::create(builder.getUnknownLoc());
    builder.setInsertionPointToStart(module->getBody());
  }

  /// A tensor, as values and as a view.
  struct Tensor {
    Value value;
    golden::TensorValue data;
    View view;
    ArrayRef<int64_t> shape() const { return view.shape(); }
  };

  Tensor root(ArrayRef<int64_t> shape) {
    golden::TensorValue data(typeOf(shape));
    for (auto [number, element] : llvm::enumerate(data.mutableAs<int32_t>()))
      element = roots * rootStep + static_cast<int32_t>(number);
    Value value = stensor::ConstantOp::create(builder, loc(), data.toAttribute());
    return {value, data, View::ofRoot(roots++, shape)};
  }

  /// One more operation on `tensor`.
  Tensor step(const Tensor &tensor) {
    switch (pick(0, 6)) {
    case 0:
      return reshape(tensor);
    case 1:
      return transpose(tensor);
    case 2:
      return slice(tensor);
    case 3:
      return pad(tensor);
    case 4:
      return broadcast(tensor);
    case 5:
      return window(tensor);
    default:
      return concat(tensor);
    }
  }

  Shape randomShape() {
    Shape shape;
    for (int64_t rank = pick(0, 4); rank > 0; --rank)
      shape.push_back(pick(1, 6));
    return shape;
  }

  void check(const Tensor &tensor) {
    const View &view = tensor.view;
    ArrayRef<int32_t> expected = tensor.data.as<int32_t>();
    int64_t covered = 0;
    for (const tiling::ViewPiece &piece : view.pieces())
      covered += tiling::elementsOf(piece.extent);
    EXPECT_EQ(covered, view.elements());
    std::vector<int32_t> named;
    for (int64_t i = 0; i < view.elements(); ++i) {
      ASSERT_EQ(valueOf(view.at(i)), expected[i]) << "element " << i;
      if (int32_t root = expected[i] / rootStep; expected[i] >= 0 && !llvm::is_contained(named, root))
        named.push_back(root);
    }
    EXPECT_TRUE(llvm::equal(named, view.roots()));
    for (int64_t i = 0; view.elements() > 0 && i < 20; ++i)
      checkRun(view, pick(0, view.elements() - 1), pick(-7, 7), expected);
  }

private:
  void checkRun(const View &view, int64_t element, int64_t step, ArrayRef<int32_t> expected) {
    int64_t room = step > 0   ? (view.elements() - 1 - element) / step + 1
                   : step < 0 ? element / -step + 1
                              : view.elements();
    const tiling::Run run = view.run(element, step, room);
    ASSERT_GE(run.count, 1);
    ASSERT_LE(run.count, room);
    for (int64_t i = 0; i < run.count; ++i) {
      Element at = run.first;
      at.number += i * run.step;
      EXPECT_EQ(valueOf(at), expected[element + i * step]) << element << " + " << i << " * " << step;
    }
  }

  static int32_t valueOf(const Element &element) {
    return element.isFixed() ? static_cast<int32_t>(element.value)
                             : element.root * rootStep + static_cast<int32_t>(element.number);
  }

  int64_t pick(int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  }
  Location loc() { return builder.getUnknownLoc(); }
  RankedTensorType typeOf(ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, builder.getI32Type());
  }

  Tensor apply(Operation *op, ArrayRef<Tensor> operands) {
    EXPECT_TRUE(succeeded(verify(op)));
    golden::TensorValues values;
    SmallVector<View> views;
    for (const Tensor &operand : operands) {
      values.push_back(operand.data);
      views.push_back(operand.view);
    }
    FailureOr<golden::TensorValues> results = golden::evaluateOp(op, values);
    EXPECT_TRUE(succeeded(results));
    return {op->getResult(0), results->front(), tiling::applyLayoutOp(op, views)};
  }

  /// The same elements in dimensions that random factors of their number are.
  Tensor reshape(const Tensor &tensor) {
    Shape shape;
    for (int64_t left = tensor.view.elements(); left > 1;) {
      int64_t factor = pick(1, left);
      while (left % factor != 0)
        --factor;
      shape.insert(pick(0, 1) ? shape.begin() : shape.end(), factor);
      left /= factor;
      if (shape.size() == 5)
        shape.push_back(left), left = 1;
    }
    auto op = stensor::ReshapeOp::create(builder, loc(), typeOf(shape), tensor.value);
    return apply(op, tensor);
  }

  Tensor transpose(const Tensor &tensor) {
    Shape permutation, shape;
    for (size_t d = 0; d < tensor.shape().size(); ++d)
      permutation.push_back(d);
    std::shuffle(permutation.begin(), permutation.end(), random);
    for (int64_t d : permutation)
      shape.push_back(tensor.shape()[d]);
    return apply(stensor::TransposeOp::create(builder, loc(), typeOf(shape), tensor.value, permutation),
                 tensor);
  }

  Tensor slice(const Tensor &tensor) {
    Shape shape, offsets, strides;
    for (int64_t size : tensor.shape()) {
      int64_t first = pick(0, size - 1), step = pick(-2, 2);
      int64_t most = step > 0 ? (size - 1 - first) / step + 1 : step < 0 ? first / -step + 1 : 3;
      shape.push_back(pick(1, most));
      offsets.push_back(first);
      strides.push_back(step);
    }
    return apply(stensor::SliceOp::create(builder, loc(), typeOf(shape), tensor.value, offsets, strides),
                 tensor);
  }

  Tensor pad(const Tensor &tensor) {
    Shape shape, low;
    for (int64_t size : tensor.shape()) {
      low.push_back(pick(0, 2));
      shape.push_back(size + low.back() + pick(0, 2));
    }
    if (tiling::elementsOf(shape) > mostElements)
      return tensor;
    TypedAttr value = builder.getI32IntegerAttr(static_cast<int32_t>(pick(-3, -1)));
    return apply(stensor::PadOp::create(builder, loc(), typeOf(shape), tensor.value, low, value), tensor);
  }

  Tensor broadcast(const Tensor &tensor) {
    Shape shape;
    for (int64_t size : tensor.shape())
      shape.push_back(size == 1 ? pick(1, 3) : size);
    if (tiling::elementsOf(shape) > mostElements)
      return tensor;
    return apply(stensor::BroadcastOp::create(builder, loc(), typeOf(shape), tensor.value), tensor);
  }

  Tensor window(const Tensor &tensor) {
    int64_t rank = tensor.shape().size(), first = pick(0, rank), count = pick(0, rank - first);
    Shape sizes, strides, dilations, shape(tensor.shape().begin(), tensor.shape().end());
    for (int64_t i = 0; i < count; ++i) {
      int64_t size = shape[first + i];
      sizes.push_back(pick(1, std::min<int64_t>(size, 3)));
      dilations.push_back(sizes[i] > 1 ? pick(1, (size - 1) / (sizes[i] - 1)) : pick(1, 3));
      strides.push_back(pick(1, 3));
      shape[first + i] = (size - 1 - (sizes[i] - 1) * dilations[i]) / strides[i] + 1;
    }
    shape.insert(shape.begin() + first + count, sizes.begin(), sizes.end());
    if (shape.size() > 7 || tiling::elementsOf(shape) > mostElements)
      return tensor;
    return apply(stensor::WindowOp::create(builder, loc(), typeOf(shape), tensor.value, first, sizes, strides,
                                           dilations),
                 tensor);
  }

  Tensor concat(const Tensor &tensor) {
    if (tensor.shape().empty())
      return tensor;
    int64_t dim = pick(0, tensor.shape().size() - 1);
    Shape shape(tensor.shape().begin(), tensor.shape().end()), other = shape;
    other[dim] = pick(1, 3);
    shape[dim] += other[dim];
    if (tiling::elementsOf(shape) > mostElements)
      return tensor;
    Tensor second = root(other);
    SmallVector<Tensor> parts = {tensor, second};
    if (pick(0, 1))
      std::swap(parts[0], parts[1]);
    return apply(stensor::ConcatOp::create(builder, loc(), typeOf(shape),
                                           ValueRange{parts[0].value, parts[1].value}, dim),
                 parts);
  }

  static constexpr int64_t mostElements = 4000;

  MLIRContext context;
  std::mt19937 random;
  OpBuilder builder;
  OwningOpRef<ModuleOp> module;
  int32_t roots = 0;
};

TEST(ViewTest, RandomChains) {
  for (unsigned seed = 0; seed < 600; ++seed) {
    SCOPED_TRACE(seed);
    Chain chain(seed);
    Chain::Tensor tensor = chain.root(chain.randomShape());
    for (int i = 0; i < 9; ++i) {
      tensor = chain.step(tensor);
      chain.check(tensor);
      if (::testing::Test::HasFailure())
        return;
    }
  }
}

/// What attention does with its heads: one piece a head and no more, and one again when they come back.
TEST(ViewTest, HeadsArePieces) {
  const Shape rows = {128, 768}, heads = {128, 12, 64}, apart = {12, 128, 64}, flat = {12 * 128, 64};
  View view = View::ofRoot(3, rows).reshaped(heads);
  auto swapped = [](const View &input, const Shape &shape) {
    return input.indexed(shape, {{0, {{1, 1}}}, {0, {{0, 1}}}, {0, {{2, 1}}}});
  };
  view = swapped(view, apart);
  EXPECT_EQ(view.pieces().size(), 1u);
  view = view.reshaped(flat);
  EXPECT_EQ(view.pieces().size(), 12u);
  EXPECT_EQ(view.run(128 * 64, 64, 128), (tiling::Run{{3, 0, 64}, 768, 128}));
  view = swapped(view.reshaped(apart), heads).reshaped(rows);
  EXPECT_EQ(view.pieces().size(), 1u);
}

/// Sizes are no matter.
TEST(ViewTest, LargeTensors) {
  const Shape weights = {int64_t(1) << 20, int64_t(1) << 18}, turned = {int64_t(1) << 18, int64_t(1) << 20};
  View view = View::ofRoot(0, weights).indexed(turned, {{0, {{1, 1}}}, {0, {{0, 1}}}});
  EXPECT_EQ(view.at(1), (Element{0, 0, int64_t(1) << 18}));
  const Shape wide = {turned[0], turned[1] + 6};
  view = view.padded(wide, {0, 3}, 7);
  EXPECT_EQ(view.pieces().size(), 3u);
  EXPECT_EQ(view.at(2), (Element{-1, 7, 0}));
  EXPECT_EQ(view.run(3, 1, wide[1]), (tiling::Run{{0, 0, 0}, int64_t(1) << 18, turned[1]}));
}

} // namespace
