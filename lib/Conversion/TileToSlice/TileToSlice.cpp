//===- TileToSlice.cpp - Passes get their place ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Placement.h"

#include "lib/Conversion/Checks/CheckPasses.h"

#include "sluice/Conversion/Lowering.h"
#include "sluice/Support/Cancellation.h"

#include "dialects/slice/SliceDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace sluice;

namespace {

/// Rebuilds each tile operation as the slice operation of the same name, with the place as
/// further attributes: the operations of the two levels share their arguments (PassOps.td).
class Rebuilder {
public:
  Rebuilder(mlir::OpBuilder &builder, tile::Placement &placement) : builder(builder), placement(placement) {}

  void rebuild(mlir::Operation &op) {
    std::string name = ("slice." + op.getName().stripDialect()).str();
    mlir::OperationState state(op.getLoc(), name);
    for (mlir::Value operand : op.getOperands())
      state.operands.push_back(mapping.lookup(operand));
    state.addTypes(op.getResultTypes());
    state.addAttributes(op.getAttrDictionary().getValue());
    addPlace(op, state);
    for (mlir::Region &region : op.getRegions())
      rebuildBody(region, *state.addRegion());
    mlir::Operation *placed = builder.create(state);
    mapping.map(op.getResults(), placed->getResults());
  }

private:
  void addPlace(mlir::Operation &op, mlir::OperationState &state) {
    auto array = [&](llvm::StringRef name, llvm::ArrayRef<int64_t> values) {
      state.addAttribute(name, builder.getDenseI64ArrayAttr(values));
    };
    auto number = [&](llvm::StringRef name, int64_t value) {
      state.addAttribute(name, builder.getI64IntegerAttr(value));
    };
    llvm::TypeSwitch<mlir::Operation *>(&op)
        .Case<tile::ConstantOp, tile::InputOp, tile::BufferOp>([&](auto buffer) {
          const tile::BufferPlace &place = placement.buffers[buffer.getBuffer()];
          array("hemispheres", place.hemispheres);
          array("slices", place.slices);
          number("bank", place.bank);
        })
        .Case([&](tile::MapOp) { array("read_hemispheres", placement.units[&op].readHemispheres); })
        .Case([&](tile::ContractOp) {
          const tile::UnitPlace &place = placement.units[&op];
          number("hemisphere", place.hemisphere);
          number("first_plane", place.firstPlane);
          array("extra_hemispheres", place.readHemispheres);
        })
        .Case<tile::PermuteOp, tile::GatherOp>(
            [&](auto) { number("hemisphere", placement.units[&op].hemisphere); });
  }

  void rebuildBody(mlir::Region &from, mlir::Region &to) {
    mlir::Block &source = from.front();
    mlir::Block &target = to.emplaceBlock();
    mlir::IRMapping scalars;
    for (mlir::BlockArgument argument : source.getArguments())
      scalars.map(argument, target.addArgument(argument.getType(), argument.getLoc()));
    mlir::OpBuilder inside(builder.getContext());
    inside.setInsertionPointToEnd(&target);
    for (mlir::Operation &op : source.without_terminator())
      inside.clone(op, scalars);
    llvm::SmallVector<mlir::Value> values;
    for (mlir::Value value : source.getTerminator()->getOperands())
      values.push_back(scalars.lookup(value));
    slice::YieldOp::create(inside, source.getTerminator()->getLoc(), values);
  }

  mlir::OpBuilder &builder;
  tile::Placement &placement;
  mlir::IRMapping mapping;
};

} // namespace

/// Places all passes and buffers of a function. Whether buffers were cut by what maps read of them, which may
/// be done only if they `mayCut`.
static bool placeAll(mlir::func::FuncOp function, bool mayCut, const target::Target &target,
                     tile::Placement &placement) {
  mlir::Block &body = function.front();
  tile::splitStripedMaps(body);
  const bool isCut = mayCut && tile::cutBuffersByReads(body, target);
  tile::separateReads(body);
  tile::copyConstants(body, target);
  tile::cutBuffersInBlocks(body, target);
  tile::placePasses(body, target, placement);
  return isCut;
}

mlir::LogicalResult sluice::convertTileToSlice(mlir::ModuleOp module, const LoweringOptions &options) {
  module.getContext()->loadDialect<slice::SliceDialect>();
  mlir::FailureOr<mlir::func::FuncOp> function = checkPasses(module, "tile", options);
  if (failed(function))
    return mlir::failure();
  // What maps read at once lies in slices of its own, if there is memory for that.
  mlir::OwningOpRef<mlir::Operation *> whole((*function)->clone());
  tile::Placement placement;
  if (bool cut = placeAll(*function, true, *options.target, placement);
      cut && placement.lacksRoom && !isCancelled()) {
    function->erase();
    *function = llvm::cast<mlir::func::FuncOp>(whole.release());
    module.push_back(*function);
    placement = tile::Placement();
    placeAll(*function, false, *options.target, placement);
  }
  if (isCancelled())
    return mlir::failure(); // Some buffers may have no place.

  mlir::Block &body = function->front();
  llvm::SmallVector<mlir::Operation *> passes;
  for (mlir::Operation &op : body.without_terminator())
    passes.push_back(&op);
  mlir::OpBuilder builder = mlir::OpBuilder(body.getTerminator());
  Rebuilder rebuilder(builder, placement);
  for (mlir::Operation *op : passes)
    rebuilder.rebuild(*op);
  for (mlir::Operation *op : llvm::reverse(passes))
    op->erase();
  return mlir::success();
}
