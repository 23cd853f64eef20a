//===- UnreadWrites.h - Writes that nothing reads ---------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_SLICETOSCHED_UNREADWRITES_H
#define SLUICE_LIB_CONVERSION_SLICETOSCHED_UNREADWRITES_H

#include "Issues.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace sluice::sched {

/// Removes the elements of writes whose words no instruction reads, since their readers took the results as
/// they flowed by; what remains of a burst may be several. All writes of a buffer that `isOutput` stay:
/// its readers are not in the instructions' flow. Issues are numbered anew; the number of each of the old
/// ones, of its first part, or -1.
std::vector<IssueId> eraseUnreadWrites(std::vector<Issue> &issues,
                                       llvm::function_ref<bool(const Buffer &)> isOutput);

} // namespace sluice::sched

#endif // SLUICE_LIB_CONVERSION_SLICETOSCHED_UNREADWRITES_H
