//===- KernelsAvx2.cpp - The loops for x86-64-v3 --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define SLUICE_KERNELS avx2Kernels
#include "KernelTable.h"
