//===- ModelOptions.h - Options of tools that take models -------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TOOLS_COMMON_MODELOPTIONS_H
#define SLUICE_TOOLS_COMMON_MODELOPTIONS_H

#include "sluice/Conversion/F32Matmul.h"
#include "sluice/Import/ConstantInputs.h"
#include "tools/common/ToolOutput.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/CommandLine.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace sluice {

/// startTool() for tools over LLVM, before anything of LLVM is used: a fatal error of LLVM's, such as output
/// that cannot be written, ends the tool `name` (which lives as long) as any other error does.
void startLlvmTool(const char *name);

/// Writes `text` to llvm::outs(). Where that fails: says so.
absl::Status printOutput(llvm::StringRef text);

/// Takes back the options, all but --help and the like, that LLVM's libraries register by being loaded: some
/// have the names of ours. A tool's static object of this class stands before its options.
struct OwnOptionsOnly {
  OwnOptionsOnly();
};

/// How a model is read: `--dim`, `--constant-input`, `--f32-matmul` and `--demote`. One static object a tool.
class ModelOptions {
public:
  explicit ModelOptions(llvm::cl::OptionCategory &category);

  /// Reads the `--dim` options into `sizes`; what is wrong with them, or nothing.
  std::optional<std::string> readDims(std::map<std::string, int64_t> &sizes) const;
  /// The `--constant-input` options, which only the model's inputs tell apart.
  ConstantInputs constantInputs() const;
  F32Matmul f32Matmul() const { return matmulMode; }
  bool demoteF64() const { return demotion == Demotion::F64; }

private:
  enum class Demotion { None, F64 };

  llvm::cl::list<std::string> dims, constants;
  llvm::cl::opt<F32Matmul> matmulMode;
  llvm::cl::opt<Demotion> demotion;
};

} // namespace sluice

#endif // SLUICE_TOOLS_COMMON_MODELOPTIONS_H
