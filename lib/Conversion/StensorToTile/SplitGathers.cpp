//===- SplitGathers.cpp - Tables that fit a bank --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SplitGathers.h"

#include "lib/Conversion/Views/View.h"

#include "dialects/stensor/StensorDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/bit.h"

using namespace mlir;

namespace sluice::tiling {

namespace {

/// The rewriting of one gather; tables are seen as [rows, elements of a row].
class GatherSplitter {
public:
  GatherSplitter(stensor::GatherOp gather, const target::Target &target)
      : gather(gather), builder(gather.getLoc(), gather), lanes(target.lanes()), words(target.wordsPerBank) {
    auto type = gather.getTable().getType();
    element = type.getElementType();
    rows = type.getDimSize(0);
    width = rows == 0 ? 0 : elementsOf(type.getShape()) / rows;
    count = gather.getIndices().getType().getDimSize(0);
  }

  void run() {
    if (rows <= words)
      return;
    int64_t together = llvm::bit_ceil(static_cast<uint64_t>((rows + words - 1) / words));
    Value table = reshape(gather.getTable(), {rows, width});
    Value result = together * width <= lanes ? takePacked(table, together) : takeFromParts(table);
    result = reshape(result, gather.getType().getShape());
    gather.replaceAllUsesWith(result);
    gather.erase();
  }

private:
  using Body = function_ref<Value(ArrayRef<Value>)>;

  Type typeOf(ArrayRef<int64_t> shape, Type of) { return RankedTensorType::get(shape, of); }
  Value reshape(Value input, ArrayRef<int64_t> shape) {
    Type type = typeOf(shape, element);
    return input.getType() == type ? input : stensor::ReshapeOp::create(builder, type, input);
  }
  Value slice(Value input, ArrayRef<int64_t> shape, ArrayRef<int64_t> offsets) {
    SmallVector<int64_t> strides(shape.size(), 1);
    return stensor::SliceOp::create(builder, typeOf(shape, element), input, offsets, strides);
  }
  Value constant(int64_t value) { return arith::ConstantIntOp::create(builder, value, 32); }
  Value map(ArrayRef<int64_t> shape, Type of, ValueRange inputs, Body body) {
    auto op = stensor::MapOp::create(builder, typeOf(shape, of), inputs,
                                     [&](OpBuilder &inner, Location, ValueRange arguments) {
                                       OpBuilder::InsertionGuard guard(builder);
                                       builder.restoreInsertionPoint(inner.saveInsertionPoint());
                                       SmallVector<Value> values(arguments);
                                       return SmallVector<Value>{body(values)};
                                     });
    return op.getResult(0);
  }
  Value indices(Body body) { return map({count}, builder.getI32Type(), gather.getIndices(), body); }
  Value take(Value table, Value from) {
    Type type = typeOf({count, cast<RankedTensorType>(table.getType()).getDimSize(1)}, element);
    return stensor::GatherOp::create(builder, type, table, from);
  }

  Value takePacked(Value table, int64_t together);
  Value takeFromParts(Value table);

  stensor::GatherOp gather;
  ImplicitLocOpBuilder builder;
  int64_t lanes, words, rows, width, count;
  Type element;
};

} // namespace

/// `together` rows, a power of two, lie side by side; of what is fetched one half after the other is left.
Value GatherSplitter::takePacked(Value table, int64_t together) {
  int64_t shift = llvm::countr_zero(static_cast<uint64_t>(together));
  int64_t vectors = (rows + together - 1) / together;
  TypedAttr zero = cast<TypedAttr>(builder.getZeroAttr(element));
  if (vectors * together != rows)
    table = stensor::PadOp::create(builder, typeOf({vectors * together, width}, element), table,
                                   SmallVector<int64_t>{0, 0}, zero);
  Value vector = indices([&](ArrayRef<Value> index) -> Value {
    Value isBehind = arith::CmpIOp::create(builder, arith::CmpIPredicate::sge, index[0], constant(rows));
    Value number = arith::ShRSIOp::create(builder, index[0], constant(shift));
    return arith::SelectOp::create(builder, isBehind, constant(-1), number);
  });
  Value taken = take(reshape(table, {vectors, together * width}), vector);
  Value index =
      stensor::ReshapeOp::create(builder, typeOf({count, 1}, builder.getI32Type()), gather.getIndices());
  for (int64_t half = together / 2; half > 0; half /= 2) {
    SmallVector<int64_t> shape{count, half * width};
    Value lower = slice(taken, shape, {0, 0}), upper = slice(taken, shape, {0, half * width});
    taken = map(shape, element, {index, lower, upper}, [&](ArrayRef<Value> v) -> Value {
      Value bit = arith::AndIOp::create(builder, v[0], constant(half));
      Value isLower = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, bit, constant(0));
      return arith::SelectOp::create(builder, isLower, v[1], v[2]);
    });
  }
  return taken;
}

/// Each table gives a row, of which the one counts in whose table the index lies. Indices are clamped into
/// the table, but for those below the first and behind the last.
Value GatherSplitter::takeFromParts(Value table) {
  Value index =
      stensor::ReshapeOp::create(builder, typeOf({count, 1}, builder.getI32Type()), gather.getIndices());
  Value result;
  for (int64_t first = 0; first < rows; first += words) {
    int64_t size = std::min(words, rows - first);
    Value within = indices([&](ArrayRef<Value> v) -> Value {
      Value local = arith::SubIOp::create(builder, v[0], constant(first));
      if (first > 0)
        local = arith::MaxSIOp::create(builder, local, constant(0));
      if (first + size < rows)
        local = arith::MinSIOp::create(builder, local, constant(size - 1));
      return local;
    });
    Value part = take(slice(table, {size, width}, {first, 0}), within);
    result =
        !result ? part : map({count, width}, element, {index, result, part}, [&](ArrayRef<Value> v) -> Value {
          Value isBefore = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, v[0], constant(first));
          return arith::SelectOp::create(builder, isBefore, v[1], v[2]);
        });
  }
  return result;
}

void splitGathers(func::FuncOp function, const target::Target &target) {
  SmallVector<stensor::GatherOp> gathers(function.getOps<stensor::GatherOp>());
  for (stensor::GatherOp gather : gathers)
    GatherSplitter(gather, target).run();
}

} // namespace sluice::tiling
