//===- Holders.h - Which train took what held another -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_SCHEDULING_HOLDERS_H
#define SLUICE_LIB_SCHEDULING_HOLDERS_H

#include "sluice/Scheduling/Packing.h"

namespace sluice::scheduling {

/// Names the train behind each hold for which something was taken.
void findHolders(const Problem &problem, const target::Target &target, Packing &packing);

} // namespace sluice::scheduling

#endif // SLUICE_LIB_SCHEDULING_HOLDERS_H
