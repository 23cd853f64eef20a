//===- Contractions.cpp - Matrix products ---------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"

#include <array>
#include <cmath>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

/// Refuses a constant that f16 turns into infinity.
static void checkHalfRange(Node &node, const Tensor &operand) {
  if (!operand.constant || !operand.element.isF32())
    return;
  constexpr double limit = 65520; // the first number that rounds to infinity
  double greatest = greatestMagnitude(operand.constant);
  if (greatest >= limit)
    (void)node.refuse("the constant operand holds " + std::to_string(greatest) +
                      ", beyond the range of float16 in which products are computed");
}

static Tensor toHalf(Node &node, const Tensor &operand) {
  return node.cast(operand, node.getBuilder().getF16Type());
}

/// x as p0 + 2^-12 p1 + 2^-24 p2 with f16 pieces.
static std::array<Tensor, 3> cutIntoPieces(Node &node, const Tensor &x) {
  Type f32 = node.getBuilder().getF32Type();
  auto rest = [&](const Tensor &whole, const Tensor &piece) {
    return node.map({whole, piece}, f32, [](Scalars &s, llvm::ArrayRef<Value> v) {
      return s.mul(s.sub(v[0], v[1]), s.real(4096));
    });
  };
  Tensor first = toHalf(node, x), after = rest(x, first), second = toHalf(node, after);
  return {first, second, toHalf(node, rest(after, second))};
}

Tensor multiplyReals(Node &node, const Tensor &lhs, const Tensor &rhs,
                     llvm::function_ref<Tensor(const Tensor &, const Tensor &)> multiply) {
  checkHalfRange(node, lhs);
  checkHalfRange(node, rhs);
  bool isHalf = lhs.element.isF16() && rhs.element.isF16();
  if (isHalf || node.options().f32Matmul == F32Matmul::F16)
    return multiply(toHalf(node, lhs), toHalf(node, rhs));
  Type f32 = node.getBuilder().getF32Type();
  std::array<Tensor, 3> p = cutIntoPieces(node, node.cast(lhs, f32)),
                        q = cutIntoPieces(node, node.cast(rhs, f32));
  Tensor s0 = multiply(p[0], q[0]);
  Tensor s01 = multiply(p[0], q[1]), s10 = multiply(p[1], q[0]);
  Tensor s02 = multiply(p[0], q[2]), s11 = multiply(p[1], q[1]), s20 = multiply(p[2], q[0]);
  return node.map({s0, s01, s10, s02, s11, s20}, f32, [](Scalars &s, llvm::ArrayRef<Value> v) {
    Value step = s.real(1.0 / 4096);
    Value second = s.add(v[1], v[2]), third = s.add(s.add(v[3], v[4]), v[5]);
    return s.fma(s.fma(third, step, second), step, v[0]);
  });
}

Tensor contractReals(Node &node, const Tensor &lhs, const Tensor &rhs) {
  return multiplyReals(node, lhs, rhs, [&](const Tensor &a, const Tensor &b) { return node.contract(a, b); });
}

/// x as d0 + 2^8 d1 + 2^16 d2 + 2^24 d3 modulo 2^32, with digits of i8; a digit that is zero throughout is
/// none.
static std::array<Tensor, 4> cutIntoDigits(Node &node, const Tensor &x) {
  std::array<Tensor, 4> digits;
  for (int64_t number = 0; number < 4; ++number) {
    // 128 in every digit makes them unsigned, free of carries.
    constexpr auto bias = static_cast<int32_t>(0x80808080);
    Tensor digit = node.map(x, node.getBuilder().getIntegerType(8), [&](Scalars &s, llvm::ArrayRef<Value> v) {
      Value biased = s.shiftRightUnsigned(s.add(v[0], s.integer(bias)), s.integer(8 * number));
      return s.sub(s.bitAnd(biased, s.integer(0xff)), s.integer(128));
    });
    bool isZero = digit.constant &&
                  llvm::all_of(readDistinctIntegers(digit.constant), [](int64_t d) { return d == 0; });
    if (!isZero)
      digits[number] = digit;
  }
  return digits;
}

/// The product of 32-bit integers modulo 2^32, as sums of products of digits.
static Tensor contractWords(Node &node, const Tensor &lhs, const Tensor &rhs) {
  std::array<Tensor, 4> a = cutIntoDigits(node, lhs), b = cutIntoDigits(node, rhs);
  llvm::SmallVector<Tensor> products;
  llvm::SmallVector<int64_t> shifts;
  for (int64_t i = 0; i < 4; ++i)
    for (int64_t j = 0; i + j < 4; ++j)
      if (a[i] && b[j]) {
        products.push_back(node.contract(a[i], b[j]));
        shifts.push_back(8 * (i + j));
      }
  if (products.empty())
    return node.splat(lhs.element, {lhs.shape[0], lhs.shape[1], rhs.shape[1]}, 0);
  return node.map(products, lhs.element, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    Value sum;
    for (auto [product, shift] : llvm::zip_equal(v, shifts)) {
      Value shifted = shift == 0 ? product : s.shiftLeft(product, s.integer(shift));
      sum = sum ? s.add(sum, shifted) : shifted;
    }
    return sum;
  });
}

/// The product of constants of 64 bits, on the host.
static Tensor contractWide(Node &node, const Tensor &lhs, const Tensor &rhs) {
  int64_t batch = lhs.shape[0], rows = lhs.shape[1], columns = rhs.shape[1];
  int64_t depth = lhs.shape[2] * lhs.shape[3];
  Tensor products =
      node.map({node.reshape(lhs, {batch, rows, 1, depth}), node.reshape(rhs, {batch, 1, columns, depth})},
               lhs.element, [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], x[1]); });
  return node.reshape(node.reduce(ReduceKind::add, products, 3), {batch, rows, columns});
}

Tensor contractElements(Node &node, const Tensor &lhs, const Tensor &rhs) {
  if (node.isWide(lhs) && node.isWide(rhs))
    return contractWide(node, lhs, rhs);
  return lhs.isReal() ? contractReals(node, lhs, rhs) : contractWords(node, lhs, rhs);
}

/// The last two dimensions exchanged.
static Tensor exchangeLast(Node &node, const Tensor &input) {
  Shape order;
  for (int64_t dim = 0; dim + 2 < input.rank(); ++dim)
    order.push_back(dim);
  order.push_back(input.rank() - 1);
  order.push_back(input.rank() - 2);
  return node.transpose(input, order);
}

LogicalResult needMatrices(Node &node, size_t lhs, size_t rhs) {
  const Tensor &a = node.input(lhs), &b = node.input(rhs);
  Shape need(b.rank(), Node::kAny);
  need[std::max<int64_t>(b.rank() - 2, 0)] = a.shape.back();
  if (failed(node.needShape(rhs, need)))
    return failure();
  Tensor batchA, batchB;
  batchA.shape.assign(a.shape.begin(), a.shape.end() - std::min<int64_t>(a.rank(), 2));
  batchB.shape.assign(b.shape.begin(), b.shape.end() - std::min<int64_t>(b.rank(), 2));
  if (Emitter::broadcastShape({batchA, batchB}))
    return success();
  return node.refuseInput(rhs, "first axes that broadcast with " + shapeText(batchA.shape) + " of " +
                                   node.shapeOf(lhs));
}

std::optional<MatrixProduct> arrangeMatMul(Node &node, Tensor lhs, Tensor rhs) {
  auto misfit = [&]() -> std::optional<MatrixProduct> {
    (void)node.refuseShapes("the attributes of a matrix product");
    return std::nullopt;
  };
  if (lhs.rank() == 0 || rhs.rank() == 0)
    return misfit();
  bool isRow = lhs.rank() == 1, isColumn = rhs.rank() == 1;
  if (isRow)
    lhs = node.reshape(lhs, {1, lhs.shape[0]});
  if (isColumn)
    rhs = node.reshape(rhs, {rhs.shape[0], 1});
  int64_t rows = lhs.shape[lhs.rank() - 2], depth = lhs.shape.back(), columns = rhs.shape.back();
  if (rhs.shape[rhs.rank() - 2] != depth)
    return misfit();

  Tensor lhsBatch, rhsBatch;
  lhsBatch.shape.assign(lhs.shape.begin(), lhs.shape.end() - 2);
  rhsBatch.shape.assign(rhs.shape.begin(), rhs.shape.end() - 2);
  std::optional<Shape> batch = Emitter::broadcastShape({lhsBatch, rhsBatch});
  if (!batch)
    return misfit();
  MatrixProduct product;
  product.shape = *batch;
  if (!isRow)
    product.shape.push_back(rows);
  if (!isColumn)
    product.shape.push_back(columns);
  rhs = exchangeLast(node, rhs);
  if (countElements(rhsBatch.shape) == 1) {
    // One matrix for all: the batch is more rows.
    product.lhs = node.reshape(lhs, {1, countElements(lhsBatch.shape) * rows, 1, depth});
    product.rhs = node.reshape(rhs, {1, columns, 1, depth});
    return product;
  }
  auto spread = [&](const Tensor &operand, int64_t vectors) {
    Shape aligned(batch->size() + 2 - operand.rank(), 1), full = *batch;
    aligned.append(operand.shape);
    full.push_back(vectors);
    full.push_back(depth);
    return node.reshape(node.broadcast(node.reshape(operand, aligned), full),
                        {countElements(*batch), vectors, 1, depth});
  };
  product.lhs = spread(lhs, rows);
  product.rhs = spread(rhs, columns);
  return product;
}

static Results convertMatMul(Node &node) {
  const Tensor &lhs = node.input(0), &rhs = node.input(1);
  if (failed(needMatrices(node, 0, 1)))
    return failure();
  std::optional<MatrixProduct> product = arrangeMatMul(node, lhs, rhs);
  if (!product)
    return failure();
  Tensor result = contractElements(node, product->lhs, product->rhs);
  return {{node.cast(node.reshape(result, product->shape), lhs.element)}};
}

/// A tensor whose first dimension is moved behind the batch, or whose last two are exchanged, as the flags
/// say.
static Tensor orient(Node &node, const Tensor &input, bool isBatchTransposed, bool isTransposed) {
  if (input.rank() < 2)
    return input;
  Shape order;
  if (isBatchTransposed) {
    for (int64_t dim = 1; dim + 1 < input.rank(); ++dim)
      order.push_back(dim);
    order.push_back(0);
  } else {
    for (int64_t dim = 0; dim + 1 < input.rank(); ++dim)
      order.push_back(dim);
  }
  order.push_back(input.rank() - 1);
  Tensor result = node.transpose(input, order);
  return isTransposed ? exchangeLast(node, result) : result;
}

/// ONNX Runtime's MatMul of operands that may have to be transposed, times alpha.
static Results convertFusedMatMul(Node &node) {
  double alpha = node.realAttr("alpha", 1);
  bool batchA = node.integerAttr("transBatchA", 0), batchB = node.integerAttr("transBatchB", 0),
       transA = node.integerAttr("transA", 0), transB = node.integerAttr("transB", 0);
  Tensor lhs = orient(node, node.input(0), batchA, transA), rhs = orient(node, node.input(1), batchB, transB);
  std::optional<MatrixProduct> product = arrangeMatMul(node, lhs, rhs);
  if (!product)
    return failure();
  Tensor result = node.reshape(contractReals(node, product->lhs, product->rhs), product->shape);
  return {{node.map(result, lhs.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return alpha == 1 ? x[0] : s.mul(x[0], s.real(alpha));
  })}};
}

static Results convertGemm(Node &node) {
  bool transA = node.integerAttr("transA", 0), transB = node.integerAttr("transB", 0);
  double alpha = node.realAttr("alpha", 1), beta = node.realAttr("beta", 1);
  Tensor a = node.input(0), b = node.input(1);
  const Tensor &c = node.input(2);
  if (!a.isReal() && (alpha != std::trunc(alpha) || beta != std::trunc(beta)))
    return node.refuse("alpha and beta of integers are not whole");
  if (transA)
    a = node.transpose(a, {1, 0});
  if (failed(node.needShape(1, transB ? Shape{Node::kAny, a.shape[1]} : Shape{a.shape[1], Node::kAny})))
    return failure();
  if (!transB)
    b = node.transpose(b, {1, 0});
  if (failed(node.needBroadcast(2, {a.shape[0], b.shape[0]})))
    return failure();
  int64_t rows = a.shape[0], columns = b.shape[0], depth = a.shape[1];
  Tensor product =
      contractElements(node, node.reshape(a, {1, rows, 1, depth}), node.reshape(b, {1, columns, 1, depth}));
  product = node.reshape(product, {rows, columns});
  llvm::SmallVector<Tensor> operands = {product};
  bool addsC = c && beta != 0;
  if (addsC)
    operands.push_back(c);
  if (!addsC && alpha == 1)
    return {{node.cast(product, a.element)}};
  return {{node.map(operands, a.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    auto times = [&](Value value, double factor) {
      return factor == 1 ? value
                         : s.mul(value, a.isReal() ? s.real(factor) : s.integer(saturatingInteger(factor)));
    };
    Value scaled = times(x[0], alpha);
    return addsC ? s.add(scaled, times(x[1], beta)) : scaled;
  })}};
}

void addContractions(OperatorTable &table) {
  table.add("MatMul", 1, "A:number[1..] B:number[1..]", convertMatMul);
  table.add("Gemm", 7, "A:number[2] B:number[2] C?:number", convertGemm);
  for (llvm::StringRef opType : {"FusedMatMul", "TransposeMatMul"})
    table.add(opType, 1, "A:real[1..] B:real[1..]", convertFusedMatMul, onnx::kMicrosoftDomain);
  table.add(
      "FusedGemm", 1, "A:real[2] B:real[2] C?:real summand?:real",
      [](Node &node) { return convertFused(node, convertGemm, /*summand=*/3); }, onnx::kMicrosoftDomain);
}

} // namespace sluice::conversion
