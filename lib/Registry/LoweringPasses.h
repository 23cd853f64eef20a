//===- LoweringPasses.h - The levels' steps as passes -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_REGISTRY_LOWERINGPASSES_H
#define SLUICE_LIB_REGISTRY_LOWERINGPASSES_H

namespace sluice {

/// Registers the steps within and between levels (stensor-partition, convert-stensor-to-tile, ...), each with
/// the options `target` and `cards`.
void registerLoweringPasses();

} // namespace sluice

#endif // SLUICE_LIB_REGISTRY_LOWERINGPASSES_H
