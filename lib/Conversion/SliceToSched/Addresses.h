//===- Addresses.h - Words for buffers, from their lifetimes ----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_SLICETOSCHED_ADDRESSES_H
#define SLUICE_LIB_CONVERSION_SLICETOSCHED_ADDRESSES_H

#include "Storage.h"

namespace sluice::sched {

/// Gives each buffer its base within its bank, the same in all its slices but for striped constants, so that
/// no two that are alive at once share a word. Cycles do not depend on it. The buffers that find no room, the
/// largest first.
std::vector<const Buffer *> assignAddresses(llvm::ArrayRef<Buffer *> buffers, const target::Target &target);

} // namespace sluice::sched

#endif // SLUICE_LIB_CONVERSION_SLICETOSCHED_ADDRESSES_H
