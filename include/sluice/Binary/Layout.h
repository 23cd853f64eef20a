//===- Layout.h - Layouts by loops ------------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_BINARY_LAYOUT_H
#define SLUICE_BINARY_LAYOUT_H

#include "sluice/Binary/container.pb.h"
#include "sluice/Target/Target.h"

#include "absl/status/status.h"

namespace sluice::binary {

/// Whether loops, not a permutation, say where elements lie.
bool hasLoops(const proto::Layout &layout);

/// InvalidArgument when a layout by loops makes no sense for a tensor of `rank`
/// dimensions, or has indices or vectors beyond the cards' memory. Of one that passes no
/// index and no number of places overflows.
absl::Status checkLoops(const proto::Layout &layout, size_t rank, bool isOutput,
                        const target::Target &target);

} // namespace sluice::binary

#endif // SLUICE_BINARY_LAYOUT_H
