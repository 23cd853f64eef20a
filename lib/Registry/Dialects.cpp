//===- Dialects.cpp - All dialects and passes -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Registry/Dialects.h"

#include "LoweringPasses.h"
#include "dialects/onnx/OnnxDialect.h"
#include "dialects/part/PartDialect.h"
#include "dialects/sched/SchedDialect.h"
#include "dialects/slice/SliceDialect.h"
#include "dialects/stensor/StensorDialect.h"
#include "dialects/tile/TileDialect.h"
#include "sluice/Conversion/OnnxToStensor.h"
#include "sluice/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Transforms/Passes.h"

void sluice::registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::math::MathDialect>();
  registry.insert<onnx::OnnxDialect, stensor::StensorDialect, part::PartDialect, tile::TileDialect,
                  slice::SliceDialect, sched::SchedDialect>();
}

void sluice::registerAllPasses() {
  registerOnnxToStensorPass();
  registerStensorPasses();
  registerLoweringPasses();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::registerSymbolDCEPass();
  mlir::registerStripDebugInfoPass();
  mlir::registerLocationSnapshotPass();
}
