//===- ModelOptions.cpp - Options of tools that take models ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/common/ModelOptions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"

#include <unistd.h>

using namespace llvm;

namespace sluice {

static void endTool(void *name, const char *reason, bool isCrash) {
  reportError(static_cast<const char *>(name), std::string_view(reason));
  if (!isCrash)
    _exit(1); // No destructors: they may have failed just now.
}

void startLlvmTool(const char *name) {
  startTool();
  install_fatal_error_handler(endTool, const_cast<char *>(name));
}

absl::Status printOutput(StringRef text) {
  outs() << text;
  outs().flush();
  const std::error_code error = outs().error();
  outs().clear_error();
  if (!error)
    return absl::OkStatus();
  return absl::UnknownError("cannot write to standard output: " + error.message());
}

OwnOptionsOnly::OwnOptionsOnly() {
  SmallSetVector<cl::Option *, 32> foreign;
  for (const auto &[name, option] : cl::getRegisteredOptions())
    if (none_of(option->Categories,
                [](const cl::OptionCategory *category) { return category->getName() == "Generic Options"; }))
      foreign.insert(option);
  for (cl::Option *option : foreign)
    option->removeArgument();
}

ModelOptions::ModelOptions(cl::OptionCategory &category)
    : dims("dim",
           cl::desc("Bind a dynamic axis of the model (repeatable); one called by a formula, like "
                    "'past + new', follows from its parts"),
           cl::value_desc("name=size"), cl::cat(category)),
      constants(
          "constant-input",
          cl::desc("Give an input of the model now (repeatable): numbers (3; true; 1,2; [[1,2],[3,4]]) or "
                   "a .npy or ONNX .pb file. What follows from it is folded, and it is no input any more"),
          cl::value_desc("name=value|file"), cl::cat(category)),
      matmulMode("f32-matmul", cl::desc("How contractions of float32 operands run"),
                 cl::values(clEnumValN(F32Matmul::F16, "f16", "operands rounded to fp16"),
                            clEnumValN(F32Matmul::F32, "f32", "fp16 pieces, fp32 accuracy")),
                 cl::init(F32Matmul::F16), cl::cat(category)),
      demotion("demote", cl::desc("Compute a type that the machine lacks in a narrower one"),
               cl::values(clEnumValN(Demotion::F64, "f64", "float64 as float32")), cl::init(Demotion::None),
               cl::cat(category)) {}

std::optional<std::string> ModelOptions::readDims(std::map<std::string, int64_t> &sizes) const {
  SmallVector<std::string> faults;
  for (StringRef dim : dims) {
    auto [name, size] = dim.rsplit('=');
    int64_t value = 0;
    if (name.empty() || size.getAsInteger(10, value) || value < 0) {
      faults.push_back(("--dim=" + dim + ": expected name=size").str());
      continue;
    }
    auto [entry, inserted] = sizes.try_emplace(name.str(), value);
    if (!inserted && entry->second != value)
      faults.push_back(
          ("--dim=" + name + ": bound to " + Twine(entry->second) + " and to " + Twine(value)).str());
  }
  if (faults.empty())
    return std::nullopt;
  return join(faults, "\n");
}

ConstantInputs ModelOptions::constantInputs() const {
  ConstantInputs inputs;
  inputs.assignments.assign(constants.begin(), constants.end());
  return inputs;
}

} // namespace sluice
