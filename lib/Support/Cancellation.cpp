//===- Cancellation.cpp - Work that is no longer wanted -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/Cancellation.h"

#include <utility>

using namespace sluice;

static thread_local const CancellationFlag *current = nullptr;

CancellationScope::CancellationScope(const CancellationFlag *flag) : outer(std::exchange(current, flag)) {}
CancellationScope::~CancellationScope() { current = outer; }

const CancellationFlag *sluice::cancellationFlag() { return current; }

absl::Status sluice::cancelledError() { return absl::CancelledError("cancelled"); }
