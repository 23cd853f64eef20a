//===- Cancellation.h - Work that is no longer wanted -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compilations, proofs and runs may take long. Who starts one in a CancellationScope can stop it from another
// thread; its loops ask isCancelled() now and then and end with an error.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_CANCELLATION_H
#define SLUICE_SUPPORT_CANCELLATION_H

#include "absl/status/status.h"

#include <atomic>

namespace sluice {

/// Set once, by any thread, when the work is no longer wanted.
using CancellationFlag = std::atomic<bool>;

/// While it lives, the work of this thread is cancelled as `flag` says, which outlives it. Null: never.
class CancellationScope {
public:
  explicit CancellationScope(const CancellationFlag *flag);
  ~CancellationScope();
  CancellationScope(const CancellationScope &) = delete;
  CancellationScope &operator=(const CancellationScope &) = delete;

private:
  const CancellationFlag *const outer;
};

/// The flag of this thread, or null: for a scope in each thread that it starts.
const CancellationFlag *cancellationFlag();

/// Whether this thread's work is no longer wanted. Cheap: a load.
inline bool isCancelled() {
  const CancellationFlag *flag = cancellationFlag();
  return flag && flag->load(std::memory_order_relaxed);
}

/// What cancelled work ends with: Cancelled.
absl::Status cancelledError();

} // namespace sluice

#endif // SLUICE_SUPPORT_CANCELLATION_H
