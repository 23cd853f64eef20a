//===- KernelsBaseline.cpp - The loops for x86-64 with SSE2 ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define SLUICE_KERNELS baselineKernels
#include "KernelTable.h"
