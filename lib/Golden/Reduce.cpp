//===- Reduce.cpp - The stated tree ------------------------------ -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"
#include "Parallel.h"

#include "sluice/Numerics/Scalar.h"

#include "llvm/ADT/bit.h"

#include <cstring>

using namespace mlir;
using sluice::numerics::ScalarOp;
using sluice::stensor::ReduceKind;

namespace sluice::golden {

static ScalarOp operation(ReduceKind kind, bool isFloat) {
  switch (kind) {
  case ReduceKind::add:
    return isFloat ? ScalarOp::AddF : ScalarOp::AddI;
  case ReduceKind::mul:
    return isFloat ? ScalarOp::MulF : ScalarOp::MulI;
  case ReduceKind::max:
    return isFloat ? ScalarOp::MaxF : ScalarOp::MaxI;
  case ReduceKind::min:
    return isFloat ? ScalarOp::MinF : ScalarOp::MinI;
  }
  llvm_unreachable("all kinds are above");
}

/// Combines the n rows of `inner` elements at `input` into one at `result`. Row i of
/// the scratch `x` is the definition's x[i] for every inner position.
static void reduceRows(ScalarOp op, const uint32_t *input, int64_t n, int64_t inner, std::vector<uint32_t> &x,
                       uint32_t *result) {
  int64_t m = std::min(n, stensor::kContractionChunk);
  x.assign(input, input + m * inner);
  auto combine = [&](const uint32_t *other, int64_t rows) {
    numerics::evaluate(op, x.data(), other, nullptr, x.data(), rows * inner);
  };
  for (int64_t chunk = m; chunk < n; chunk += m)
    combine(input + chunk * inner, std::min(m, n - chunk));
  int64_t p = static_cast<int64_t>(llvm::bit_floor(static_cast<uint64_t>(m)));
  if (m > p)
    combine(x.data() + p * inner, m - p);
  // Of the butterflies only the half that reaches x[0] is needed.
  for (int64_t h = p / 2; h > 0; h /= 2)
    combine(x.data() + h * inner, h);
  std::memcpy(result, x.data(), inner * sizeof(uint32_t));
}

TensorValue evaluateReduce(stensor::ReduceOp op, const TensorValue &input) {
  TensorValue result(op.getType());
  ScalarOp scalar = operation(op.getKind(), input.elementType().isF32());
  int64_t dim = op.getDim(), outer = 1, inner = 1, n = input.shape()[dim];
  for (int64_t size : input.shape().take_front(dim))
    outer *= size;
  for (int64_t size : input.shape().drop_front(dim + 1))
    inner *= size;
  const uint32_t *from = input.as<uint32_t>().data();
  uint32_t *to = result.mutableAs<uint32_t>().data();
  // Rows of about this many elements make one piece of parallel work.
  constexpr int64_t piece = 1 << 16;
  int64_t rows = std::max<int64_t>(1, piece / std::max<int64_t>(1, n * inner));
  parallelFor((outer + rows - 1) / rows, [&](size_t part) {
    std::vector<uint32_t> x;
    int64_t end = std::min<int64_t>(outer, (part + 1) * rows);
    for (int64_t i = part * rows; i < end; ++i)
      reduceRows(scalar, from + i * n * inner, n, inner, x, to + i * inner);
  });
  return result;
}

} // namespace sluice::golden
