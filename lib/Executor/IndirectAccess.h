//===- IndirectAccess.h - Where Gathers and Scatters may lead ---*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_INDIRECTACCESS_H
#define SLUICE_LIB_EXECUTOR_INDIRECTACCESS_H

#include "sluice/Binary/Program.h"
#include "sluice/Target/Target.h"

#include <map>

namespace sluice::executor {

/// For each Gather and Scatter of a card: how many words from its address on its offsets may lead to. For a
/// Gather they are the table that its flow carries; for a Scatter, and where nothing is carried, those to the
/// end of the bank.
std::map<const binary::Instruction *, uint32_t> indirectReaches(const binary::Card &card,
                                                                const target::Target &target);

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_INDIRECTACCESS_H
