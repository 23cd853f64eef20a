//===- Import.h - ONNX files to IR ------------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_IMPORT_IMPORT_H
#define SLUICE_IMPORT_IMPORT_H

#include "sluice/Import/ConstantInputs.h"
#include "sluice/Support/Files.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sluice {

/// The oldest and the newest version of the operator set ai.onnx that models may import.
inline constexpr int64_t kOldestOpset = 1;
inline constexpr int64_t kNewestOpset = 28;

struct ImportOptions {
  /// Sizes of the dynamic axes of the model's inputs, by symbolic name. An axis without
  /// a name goes by "input.axis", e.g. "x.0"; one whose name is a formula over others ("past + new") follows
  /// from them.
  std::map<std::string, int64_t> dims;
  /// Inputs that are given now; also one that an initialiser gives another value.
  ConstantInputs constantInputs;
  /// Files that will be written. One of them that is the model, or has data of it or of an input that is
  /// given, is refused.
  std::vector<FileRole> outputs = {};
  /// Called for each file that is read.
  std::function<void(const FileRole &)> onFile = {};
};

/// Reads the ONNX model at `path` into the `onnx` dialect: one func.func @main whose arguments are
/// the graph's inputs, all of static shape, except those that an initialiser or the options give a value.
///
/// Bytes of initialisers, in the model or in external files beside it, stay in the mapped files, which live
/// as long as `context` uses them; they need not be aligned. Constants of one byte or more an element have
/// ONNX's little-endian layout, bools one byte each (0 or 1); narrower integers are unpacked to one byte
/// each.
///
/// Returns null after reporting everything that is wrong with the model as error diagnostics: at the
/// name of the node for what concerns a node, else at no location with a message that begins with `path`.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(const std::string &path, const ImportOptions &options,
                                             mlir::MLIRContext &context);

} // namespace sluice

#endif // SLUICE_IMPORT_IMPORT_H
