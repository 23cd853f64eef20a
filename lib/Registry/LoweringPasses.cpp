//===- LoweringPasses.cpp - The levels' steps as passes ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoweringPasses.h"

#include "sluice/Conversion/Lowering.h"

#include "dialects/part/PartDialect.h"
#include "dialects/sched/SchedDialect.h"
#include "dialects/slice/SliceDialect.h"
#include "dialects/tile/TileDialect.h"

#include "mlir/Pass/Pass.h"

using namespace mlir;

namespace sluice {
namespace {

/// One step down as a module pass. Derived names the step.
template <typename Derived>
class LoweringPass : public PassWrapper<Derived, OperationPass<ModuleOp>> {
public:
  LoweringPass() = default;
  LoweringPass(const LoweringPass &other) : PassWrapper<Derived, OperationPass<ModuleOp>>(other) {}

  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<part::PartDialect, tile::TileDialect, slice::SliceDialect, sched::SchedDialect>();
  }

  void runOnOperation() override {
    absl::StatusOr<target::Target> target = target::targetByName(targetName.getValue());
    if (!target.ok()) {
      this->getOperation().emitError() << std::string(target.status().message());
      return this->signalPassFailure();
    }
    LoweringOptions options;
    options.target = &*target;
    options.cards = cards;
    if (failed(Derived::convert(this->getOperation(), options)))
      this->signalPassFailure();
  }

private:
  Pass::Option<std::string> targetName{*this, "target", llvm::cl::desc("Target description"),
                                       llvm::cl::init("tsp1")};
  Pass::Option<unsigned> cards{*this, "cards", llvm::cl::desc("Cards that share the program"),
                               llvm::cl::init(1)};
};

class PartitionPass : public LoweringPass<PartitionPass> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PartitionPass)
  StringRef getArgument() const final { return "stensor-partition"; }
  StringRef getDescription() const final { return "Cut a program over cards"; }
  static LogicalResult convert(ModuleOp module, const LoweringOptions &options) {
    return partitionStensor(module, options);
  }
};

class StensorToTilePass : public LoweringPass<StensorToTilePass> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(StensorToTilePass)
  StringRef getArgument() const final { return "convert-stensor-to-tile"; }
  StringRef getDescription() const final { return "Cut whole-tensor operations into streamed passes"; }
  static LogicalResult convert(ModuleOp module, const LoweringOptions &options) {
    return convertStensorToTile(module, options);
  }
};

class TileToSlicePass : public LoweringPass<TileToSlicePass> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TileToSlicePass)
  StringRef getArgument() const final { return "convert-tile-to-slice"; }
  StringRef getDescription() const final { return "Place buffers and passes"; }
  static LogicalResult convert(ModuleOp module, const LoweringOptions &options) {
    return convertTileToSlice(module, options);
  }
};

class SliceToSchedPass : public LoweringPass<SliceToSchedPass> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SliceToSchedPass)
  StringRef getArgument() const final { return "convert-slice-to-sched"; }
  StringRef getDescription() const final { return "Depart every pass in an exact cycle"; }
  static LogicalResult convert(ModuleOp module, const LoweringOptions &options) {
    return convertSliceToSched(module, options);
  }
};

} // namespace

void registerLoweringPasses() {
  PassRegistration<PartitionPass>();
  PassRegistration<StensorToTilePass>();
  PassRegistration<TileToSlicePass>();
  PassRegistration<SliceToSchedPass>();
}

} // namespace sluice
