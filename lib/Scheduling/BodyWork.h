//===- BodyWork.h - What a pass's body costs at least -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The ALU operations and cycles that no way of running a body can do without, for the bounds alone: the
// scheduler makes its bodies by code of its own (BodySchedule).
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_SCHEDULING_BODYWORK_H
#define SLUICE_LIB_SCHEDULING_BODYWORK_H

#include "sluice/Target/Target.h"

#include "mlir/IR/Block.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace sluice::scheduling {

/// The least that one element of a pass takes of the VXM.
///
/// What is free: operations that leave the register as it is, constants, operations that no result needs, the
/// widening of an argument, which an ALU does as it reads, and the narrowing of a result, which it does as it
/// writes. A result that is an argument or a constant takes a Move.
struct BodyWork {
  /// No path from an argument to a result.
  static constexpr int64_t unrelated = -1;

  BodyWork(mlir::Block &body, const target::Target &target);

  /// ALU operations of an element.
  int64_t operations = 0;
  /// By result and argument: cycles from the dispatch of the first operation that takes the argument to the
  /// result, at least; `unrelated` where the result does not depend on it.
  llvm::SmallVector<llvm::SmallVector<int64_t>> delays;
  /// By result: cycles from the first dispatch to the result, at least, whatever the arguments.
  llvm::SmallVector<int64_t> depths;
  /// By argument: whether a result depends on it.
  llvm::SmallVector<bool> isUsed;
  /// By operation that a result needs, Moves apart: the arguments that it depends on.
  llvm::SmallVector<llvm::SmallVector<unsigned>> dependences;
  /// Whether the results are all argument 0 as it is. A contraction's then leave without the VXM.
  bool isIdentity = true;
};

} // namespace sluice::scheduling

#endif // SLUICE_LIB_SCHEDULING_BODYWORK_H
