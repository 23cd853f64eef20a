//===- Edges.h - Tensors into and out of cards' memory ----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_EDGES_H
#define SLUICE_LIB_EXECUTOR_EDGES_H

#include "sluice/Binary/Program.h"
#include "sluice/Executor/Executor.h"
#include "sluice/Verifier/Layout.h"

#include <functional>

namespace sluice::executor {

/// A binding of a program, ready to be copied.
struct BoundTensor {
  const binary::proto::Binding *binding;
  verifier::TensorLayout layout;
};

/// Bytes of a word of (card, hemisphere, slice, address).
using WordAccess = std::function<uint8_t *(uint32_t, uint32_t, uint32_t, uint32_t)>;

/// Everything that is wrong with `inputs` for the bindings: what is missing,
/// unknown, of another type or shape, and integers that the machine's type cannot
/// hold. InvalidArgument, one line each.
absl::Status checkInputs(const std::vector<BoundTensor> &bindings, const TensorMap &inputs);

/// Copies a checked input into all its placements.
void copyIn(const BoundTensor &bound, const HostTensor &tensor, size_t lanes, const WordAccess &word);

/// Collects an output from its placements.
HostTensor copyOut(const BoundTensor &bound, size_t lanes, const WordAccess &word);

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_EDGES_H
