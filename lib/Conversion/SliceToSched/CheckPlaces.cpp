//===- CheckPlaces.cpp - Whether places exist -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CheckPlaces.h"

#include "dialects/slice/SliceDialect.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace sluice;

/// A place attribute of the operation that makes `buffer`.
static llvm::ArrayRef<int64_t> placeOf(mlir::Value buffer, llvm::StringRef name) {
  return buffer.getDefiningOp()->getAttrOfType<mlir::DenseI64ArrayAttr>(name).asArrayRef();
}

namespace {

class PlaceChecker {
public:
  explicit PlaceChecker(const target::Target &target) : target(target) {}

  mlir::LogicalResult run(mlir::Block &body) {
    for (mlir::Operation &op : body)
      llvm::TypeSwitch<mlir::Operation *>(&op)
          .Case<slice::ConstantOp, slice::InputOp, slice::BufferOp>([&](auto buffer) { checkBuffer(buffer); })
          .Case(
              [&](slice::MapOp map) { checkReads(map, "input", map.getInputs(), map.getReadHemispheres()); })
          .Case([&](slice::ContractOp contract) { checkContract(contract); })
          .Case([&](slice::PermuteOp permute) {
            checkCopy(permute, "input", permute.getInput(), permute.getHemisphere());
            checkCopy(permute, "map", permute.getMap(), permute.getHemisphere());
          })
          .Case([&](slice::GatherOp gather) { checkGather(gather); })
          .Case([&](slice::ExchangeOp exchange) {
            // Where the links are.
            for (int64_t hemisphere : {0, 1})
              checkCopy(exchange, "input", exchange.getInput(), hemisphere);
          });
    return mlir::success(isSound);
  }

private:
  template <typename Op>
  void checkBuffer(Op op) {
    const int64_t bank = op.getBank(), banks = target.banksPerSlice, slices = target.slicesPerHemisphere;
    if (bank < 0 || bank >= banks)
      fail(op) << "lies in bank " << bank << ", a slice of target '" << target.name << "' has " << banks;
    for (int64_t slice : op.getSlices())
      if (slice < 0 || slice >= slices) {
        fail(op) << "lies in slice " << slice << ", a hemisphere of target '" << target.name << "' has "
                 << slices;
        return;
      }
  }

  void checkContract(slice::ContractOp op) {
    const int64_t hemisphere = op.getHemisphere(), first = op.getFirstPlane();
    const bool isTandem = llvm::cast<tile::BufferType>(op.getWeights().front().getType()).getBytes() == 2;
    const int64_t have = target.planesPerHemisphere, planes = isTandem ? have : int64_t(op.getPlanes());
    if (first < 0 || first > have - planes)
      fail(op) << "uses " << planes << " planes from plane " << first << " on, a hemisphere of target '"
               << target.name << "' has " << have;
    for (auto [i, weights] : llvm::enumerate(op.getWeights()))
      checkCopy(op, "weight tile " + llvm::Twine(i), weights, hemisphere);
    for (auto [i, rows] : llvm::enumerate(op.getRows()))
      checkCopy(op, "row operand " + llvm::Twine(i), rows, hemisphere);
    checkReads(op, "extra", op.getExtras(), op.getExtraHemispheres());
  }

  void checkGather(slice::GatherOp op) {
    checkCopy(op, "table", op.getTable(), op.getHemisphere());
    checkCopy(op, "offsets", op.getOffsets(), op.getHemisphere());
    const auto stopOf = [&](int64_t slice) { return slice / int64_t(target.slicesPerStop); };
    llvm::ArrayRef<int64_t> slices = placeOf(op.getTable(), "slices");
    if (llvm::any_of(slices, [&](int64_t slice) { return stopOf(slice) != stopOf(slices.front()); }))
      fail(op) << "needs the table's byte planes at one stop";
    if (llvm::any_of(placeOf(op.getOffsets(), "slices"),
                     [&](int64_t slice) { return stopOf(slice) >= stopOf(slices.front()); }))
      fail(op) << "needs the offsets nearer to the VXM than the table";
  }

  void checkReads(mlir::Operation *op, llvm::StringRef what, mlir::ValueRange buffers,
                  llvm::ArrayRef<int64_t> hemispheres) {
    for (auto [i, buffer, hemisphere] : llvm::enumerate(buffers, hemispheres))
      checkCopy(op, what + " " + llvm::Twine(i), buffer, hemisphere);
  }

  /// Reports a buffer that has no copy in `hemisphere`, where `op` reads it.
  void checkCopy(mlir::Operation *op, const llvm::Twine &what, mlir::Value buffer, int64_t hemisphere) {
    if (!llvm::is_contained(placeOf(buffer, "hemispheres"), hemisphere))
      fail(op) << "reads " << what << " in hemisphere " << hemisphere << ", where the buffer has no copy";
  }

  mlir::InFlightDiagnostic fail(mlir::Operation *op) {
    isSound = false;
    return op->emitOpError();
  }

  const target::Target &target;
  bool isSound = true;
};

} // namespace

mlir::LogicalResult sched::checkPlaces(mlir::Block &body, const target::Target &target) {
  return PlaceChecker(target).run(body);
}
