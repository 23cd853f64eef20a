//===- KernelsVnni.cpp - The loops for x86-64-v4 with VNNI ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define SLUICE_KERNELS vnniKernels
#include "KernelTable.h"
