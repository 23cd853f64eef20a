//===- ConstantInputs.h - Inputs given when compiling -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_IMPORT_CONSTANTINPUTS_H
#define SLUICE_IMPORT_CONSTANTINPUTS_H

#include "sluice/Support/HostTensor.h"

#include <map>
#include <string>
#include <variant>
#include <vector>

namespace sluice {

/// What inputs of a model are given when it is compiled: they become constants, and its program has no such
/// inputs. A tensor has the element type (or its array type) and the shape that the model declares. A text is
/// the name of a .npy or ONNX .pb file, or numbers: one, a list "1,2" in row-major order of what the model
/// declares, or nested lists "[[1,2],[3,4]]"; truths are true, false, 0 and 1.
struct ConstantInputs {
  using Value = std::variant<HostTensor, std::string>;

  /// By the input's name.
  std::map<std::string, Value> values;
  /// "NAME=TEXT". Names may hold '=': the longest name of an input that fits counts, and one that fits in two
  /// ways which both have a meaning is an error.
  std::vector<std::string> assignments;

  bool empty() const { return values.empty() && assignments.empty(); }
};

} // namespace sluice

#endif // SLUICE_IMPORT_CONSTANTINPUTS_H
