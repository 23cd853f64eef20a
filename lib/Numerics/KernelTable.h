//===- KernelTable.h - The table of one instruction set's loops -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Included by one source file for each instruction set, which defines SLUICE_KERNELS,
// the table's name.
//
//===----------------------------------------------------------------------===//

#include "ByteKernels.h"
#include "DotKernels.h"
#include "HalfKernels.h"
#include "Kernels.h"
#include "LaneKernels.h"
#include "ScalarKernels.h"

namespace sluice::numerics {

#define SLUICE_STRING(text) #text
#define SLUICE_NAME(text) SLUICE_STRING(text)

extern const Kernels SLUICE_KERNELS;
const Kernels SLUICE_KERNELS = {SLUICE_NAME(SLUICE_KERNELS),
                                evaluateLoop,
                                floatToHalfLoop,
                                halfToFloatLoop,
                                measureHalfLoop,
                                dotHalfPlainLoop,
                                dotHalfSplitLoop,
                                packBytesLoop,
                                multiplyBytesLoop,
                                laneLoops};

} // namespace sluice::numerics
