//===- Interrupt.h - Long work that Ctrl-C stops ----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_PYTHON_INTERRUPT_H
#define SLUICE_PYTHON_INTERRUPT_H

#include "sluice/Support/Cancellation.h"

#include <pybind11/pybind11.h>

#include <chrono>
#include <future>

namespace sluice::python {

/// How often a thread that waits for work looks for signals.
inline constexpr std::chrono::milliseconds kSignalInterval(50);

/// The result of work(), which runs without the interpreter's lock in a thread of its own. When a handler of
/// Python's raises meanwhile, as that of Ctrl-C does, the work is cancelled and the exception goes on.
/// Handlers run in the interpreter's main thread only; called from another thread, the work goes on to its
/// end.
template <typename Work>
auto interruptibly(Work work) {
  CancellationFlag cancelled = false;
  pybind11::gil_scoped_release release;
  auto result = std::async(std::launch::async, [&] {
    CancellationScope scope(&cancelled);
    return work();
  });
  while (result.wait_for(kSignalInterval) != std::future_status::ready) {
    pybind11::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() == 0)
      continue;
    cancelled = true;
    pybind11::error_already_set raised;
    pybind11::gil_scoped_release again;
    result.wait();
    throw raised;
  }
  return result.get();
}

} // namespace sluice::python

#endif // SLUICE_PYTHON_INTERRUPT_H
