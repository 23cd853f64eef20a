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

/// One step down, or within a level.
struct LoweringStep {
  StringRef argument, description;
  LogicalResult (*run)(ModuleOp, const LoweringOptions &);
  /// Enters the dialects of what it makes.
  void (*insertDialects)(DialectRegistry &);
};

template <typename... Dialects>
void insertDialects(DialectRegistry &registry) {
  registry.insert<Dialects...>();
}

constexpr LoweringStep steps[] = {
    {"stensor-partition", "Cut a program over cards", partitionStensor, insertDialects<part::PartDialect>},
    {"convert-stensor-to-tile", "Cut whole-tensor operations into streamed passes", convertStensorToTile,
     insertDialects<part::PartDialect, tile::TileDialect>},
    {"convert-tile-to-slice", "Place buffers and passes", convertTileToSlice,
     insertDialects<slice::SliceDialect>},
    {"convert-slice-to-sched", "Depart every pass in an exact cycle", convertSliceToSched,
     insertDialects<sched::SchedDialect>},
};

/// A step as a module pass.
class LoweringPass : public PassWrapper<LoweringPass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LoweringPass)

  explicit LoweringPass(const LoweringStep &step) : step(step) {}
  LoweringPass(const LoweringPass &other) : PassWrapper(other), step(other.step) {}

  StringRef getArgument() const final { return step.argument; }
  StringRef getDescription() const final { return step.description; }
  StringRef getName() const final { return step.argument; }
  void getDependentDialects(DialectRegistry &registry) const final { step.insertDialects(registry); }

  void runOnOperation() final {
    absl::StatusOr<target::Target> target = target::targetByName(targetName.getValue());
    if (!target.ok()) {
      getOperation().emitError() << std::string(target.status().message());
      return signalPassFailure();
    }
    LoweringOptions options;
    options.target = &*target;
    options.cards = cards;
    if (failed(step.run(getOperation(), options)))
      signalPassFailure();
  }

private:
  const LoweringStep &step;
  Option<std::string> targetName{*this, "target", llvm::cl::desc("Target description"),
                                 llvm::cl::init("tsp1")};
  Option<unsigned> cards{*this, "cards", llvm::cl::desc("Cards that share the program"), llvm::cl::init(1)};
};

} // namespace

void registerLoweringPasses() {
  for (const LoweringStep &step : steps)
    registerPass([&step] { return std::make_unique<LoweringPass>(step); });
}

} // namespace sluice
