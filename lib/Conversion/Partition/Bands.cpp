//===- Bands.cpp - Which part of a tensor a card has ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bands.h"

#include "dialects/part/PartDialect.h"
#include "dialects/stensor/StensorDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace sluice::partition {

using Bands = std::optional<SmallVector<Band>>;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

RankedTensorType bandType(Type whole, const Band &band) {
  auto type = cast<RankedTensorType>(whole);
  if (band.isWhole())
    return type;
  SmallVector<int64_t> shape(type.getShape());
  shape[band.dim] = band.extent;
  return RankedTensorType::get(shape, type.getElementType());
}

bool comesFromConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return op && (isa<stensor::ConstantOp>(op) ||
                (isLayoutOp(op) && llvm::all_of(op->getOperands(), comesFromConstant)));
}

bool leaves(Value value) {
  llvm::SetVector<Operation *> users(value.user_begin(), value.user_end());
  for (size_t i = 0; i < users.size(); ++i) {
    if (isa<func::ReturnOp>(users[i]))
      continue;
    if (!isLayoutOp(users[i]) && !isa<stensor::MapOp>(users[i]))
      return false;
    users.insert_range(users[i]->getUsers());
  }
  return true;
}

bool isSpread(Operation *op) {
  auto contract = dyn_cast<stensor::ContractOp>(op);
  return contract && comesFromConstant(contract.getRhs()) && leaves(contract.getResult());
}

//===----------------------------------------------------------------------===//
// What an operation needs
//===----------------------------------------------------------------------===//

static Band along(const Band &band, int64_t dim) {
  Band moved = band;
  moved.dim = dim;
  return moved;
}

/// The indices that `count` taps `dilation` apart cover from every stride-th index on.
static Band under(const Band &band, int64_t dim, int64_t stride, int64_t count, int64_t dilation) {
  return {dim, band.step * stride, band.first * stride,
          (band.extent - 1) * stride + (count - 1) * dilation + 1, band.fill};
}

/// An operand of one element along the dimension is there for all of it.
static Band broadcastBand(Value operand, int64_t extent, const Band &band) {
  return shapeOf(operand)[band.dim] == 1 && extent != 1 ? Band() : band;
}

static Bands reshapeBands(stensor::ReshapeOp op, const Band &band) {
  ArrayRef<int64_t> from = shapeOf(op.getInput()), to = shapeOf(op.getResult());
  const int64_t before = tiling::elementsOf(to.take_front(band.dim)),
                inner = tiling::elementsOf(to.drop_front(band.dim + 1));
  for (int64_t dim = from.size() - 1; dim >= 0; --dim) {
    if (tiling::elementsOf(from.take_front(dim)) != before)
      continue;
    const int64_t innerFrom = tiling::elementsOf(from.drop_front(dim + 1));
    for (int64_t number : {band.step, band.first, band.extent})
      if (number * inner % innerFrom != 0)
        return std::nullopt;
    return Bands({{dim, band.step * inner / innerFrom, band.first * inner / innerFrom,
                   band.extent * inner / innerFrom, band.fill}});
  }
  return std::nullopt;
}

static Bands padBands(stensor::PadOp op, const Band &band) {
  const int64_t low = op.getLow()[band.dim], inside = shapeOf(op.getInput())[band.dim];
  Band inner = band;
  inner.first -= low;
  const bool isPadded = inside != shapeOf(op.getResult())[band.dim];
  if (isPadded && band.fill && band.fill != op.getValue())
    return std::nullopt;
  if (isPadded)
    inner.fill = op.getValue();
  return Bands({inner});
}

static Bands convolveBands(stensor::ConvolveOp op, const Band &band) {
  const int64_t spatial = op.getStrides().size(), i = band.dim - 1;
  if (band.dim == 0)
    return Bands({band, Band()});
  // The last dimension is the one that is packed, and channels are those of all weights.
  if (i + 1 >= spatial)
    return std::nullopt;
  const int64_t taps = shapeOf(op.getFilters())[1 + i], stride = op.getStrides()[i],
                dilation = op.getDilations()[i];
  Band input = under(band, band.dim, stride, taps, dilation);
  input.first -= op.getLow()[i];
  // Lines between windows are no harm, and those of whole bands need not be cut out.
  if (input.first == 0 && input.extent < input.step)
    input.extent = input.step;
  const int64_t last =
      (shapeOf(op.getResult())[band.dim] - 1) * stride + (taps - 1) * dilation - op.getLow()[i];
  if (op.getLow()[i] > 0 || last >= shapeOf(op.getInput())[band.dim])
    input.fill = op.getPadding();
  return Bands({input, Band()});
}

static Bands contractBands(const Band &band) {
  switch (band.dim) {
  case 0:
    return Bands({band, band});
  case 1:
    return Bands({band, Band()});
  default:
    return Bands({Band(), along(band, 1)});
  }
}

Bands operandBands(Operation *op, const Band &band) {
  if (band.isWhole())
    return SmallVector<Band>(op->getNumOperands());
  const int64_t extent = shapeOf(op->getResult(0))[band.dim];
  return TypeSwitch<Operation *, Bands>(op)
      .Case([&](stensor::MapOp map) {
        SmallVector<Band> bands;
        for (Value input : map.getInputs())
          bands.push_back(broadcastBand(input, extent, band));
        return Bands(bands);
      })
      .Case([&](stensor::ContractOp) { return contractBands(band); })
      .Case([&](stensor::ConvolveOp convolve) { return convolveBands(convolve, band); })
      .Case([&](stensor::ReduceOp reduce) {
        return int64_t(reduce.getDim()) == band.dim ? std::nullopt : Bands({band});
      })
      .Case([&](stensor::GatherOp) { return band.dim == 0 ? Bands({Band(), band}) : Bands({band, Band()}); })
      .Case([&](stensor::ReshapeOp reshape) { return reshapeBands(reshape, band); })
      .Case([&](stensor::TransposeOp transpose) {
        return Bands({along(band, transpose.getPermutation()[band.dim])});
      })
      .Case([&](stensor::SliceOp slice) {
        const int64_t stride = slice.getStrides()[band.dim];
        if (stride < 1)
          return Bands();
        Band input = under(band, band.dim, stride, 1, 1);
        input.first += slice.getOffsets()[band.dim];
        return Bands({input});
      })
      .Case([&](stensor::PadOp pad) { return padBands(pad, band); })
      .Case([&](stensor::BroadcastOp broadcast) {
        return Bands({broadcastBand(broadcast.getInput(), extent, band)});
      })
      .Case([&](stensor::WindowOp window) {
        const int64_t first = window.getFirst(), dims = window.getSizes().size(), i = band.dim - first;
        if (i >= 0 && i < dims)
          return Bands({under(band, band.dim, window.getStrides()[i], window.getSizes()[i],
                              window.getDilations()[i])});
        if (i >= dims && i < 2 * dims)
          return Bands();
        return Bands({along(band, i < 0 ? band.dim : band.dim - dims)});
      })
      .Case([&](stensor::ConcatOp concat) {
        if (int64_t(concat.getDim()) == band.dim)
          return Bands();
        return Bands(SmallVector<Band>(concat.getInputs().size(), band));
      })
      .Default([](Operation *) { return Bands(); });
}

//===----------------------------------------------------------------------===//
// Operations on bands
//===----------------------------------------------------------------------===//

static DenseI64ArrayAttr withZero(DenseI64ArrayAttr numbers, int64_t at) {
  SmallVector<int64_t> changed(numbers.asArrayRef());
  changed[at] = 0;
  return DenseI64ArrayAttr::get(numbers.getContext(), changed);
}

Operation *cloneForBand(OpBuilder &builder, Operation *op, const Band &band, ValueRange operands) {
  Operation *copy = builder.clone(*op);
  copy->setOperands(operands);
  // What is not cut is done by every card.
  if (isa<stensor::ContractOp, stensor::ConvolveOp>(copy) && !(band.isWhole() && isSpread(op)))
    copy->setAttr(part::kLocalAttr, builder.getUnitAttr());
  if (band.isWhole())
    return copy;
  for (Value result : copy->getResults())
    result.setType(bandType(result.getType(), band));
  // Where the band begins is in the operand.
  TypeSwitch<Operation *>(copy)
      .Case([&](stensor::SliceOp slice) { slice.setOffsetsAttr(withZero(slice.getOffsetsAttr(), band.dim)); })
      .Case([&](stensor::PadOp pad) { pad.setLowAttr(withZero(pad.getLowAttr(), band.dim)); })
      .Case([&](stensor::ConvolveOp convolve) {
        if (band.dim > 0)
          convolve.setLowAttr(withZero(convolve.getLowAttr(), band.dim - 1));
      });
  return copy;
}

} // namespace sluice::partition
