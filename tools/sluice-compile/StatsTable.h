//===- StatsTable.h - The statistics of a binary as a table -----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TOOLS_SLUICE_COMPILE_STATSTABLE_H
#define SLUICE_TOOLS_SLUICE_COMPILE_STATSTABLE_H

#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace sluice {

/// Prints a JSON object, one line a number; what is nested (a value by unit, by kind
/// of memory, by card) is indented below its name.
void printStatsTable(const llvm::json::Object &stats, llvm::raw_ostream &os);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICE_COMPILE_STATSTABLE_H
