//===- Executor.h - Runs a binary bit for bit -------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_EXECUTOR_EXECUTOR_H
#define SLUICE_EXECUTOR_EXECUTOR_H

#include "sluice/Binary/Program.h"
#include "sluice/Support/HostTensor.h"
#include "sluice/Target/Target.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sluice::executor {

/// What one run did.
struct Counters {
  uint64_t cycles = 0;                                ///< modelled
  std::map<std::string, uint64_t> instructionsByUnit; ///< elements of bursts
  uint64_t memoryBytes = 0, streamBytes = 0, linkBytes = 0;
  uint64_t halfOverflows = 0; ///< finite fp32 values that became fp16 infinities
};

/// What it took on the wall clock: to prove a program, to plan how it is run, and to run it.
struct Seconds {
  double prove = 0, plan = 0, run = 0;
};

using TensorMap = std::map<std::string, HostTensor>;

/// A run that is over: what it gave, what it did, and the cards' memory as it left it. The memory is the
/// run's own; when this is destroyed, which must be before the executor is, it serves another run.
class Run {
public:
  virtual ~Run() = default;
  /// The bytes that a word of a card's memory holds; null where it may never have held any.
  virtual const uint8_t *word(uint32_t card, uint32_t hemisphere, uint32_t slice, uint32_t address) const = 0;

  TensorMap outputs;
  Counters counters;
  double seconds = 0; ///< on the wall clock
};

/// A verified program ready to run. Any number of threads may use one executor at the same time: the proven
/// program is shared and never changes, and each run has memory of its own. Memory of runs that are over is
/// kept for later ones, as much as there ever were runs at a time.
class Executor {
public:
  /// Verifies `program` and refuses it (FailedPrecondition, all findings in the
  /// message) when anything is found. A run uses `threads` threads; 0: as many as there are cores, where it
  /// is long enough. What it gives does not depend on that. Cancelled: see Cancellation.h.
  static absl::StatusOr<std::unique_ptr<Executor>> create(std::shared_ptr<const binary::Program> program,
                                                          unsigned threads = 0);
  static absl::StatusOr<std::unique_ptr<Executor>> create(binary::Program program, unsigned threads = 0);
  virtual ~Executor() = default;

  /// Runs once: initial memory, inputs, program, outputs. InvalidArgument lists every
  /// missing, unknown or wrongly shaped or typed input and every int64 value
  /// beyond int32; OutOfRange names a Gather whose offset leads beyond its table; Cancelled: see
  /// Cancellation.h.
  virtual absl::StatusOr<std::unique_ptr<Run>> execute(const TensorMap &inputs) const = 0;
  /// The outputs of execute(inputs).
  absl::StatusOr<TensorMap> run(const TensorMap &inputs) const;
  /// A copy of the counters of the run that finished last; of which one that is, where several run at a time,
  /// Run::counters leaves no doubt.
  virtual Counters counters() const = 0;
  /// Those of making this, and of the run that finished last.
  virtual Seconds seconds() const = 0;
  virtual const binary::Program &program() const = 0;
};

} // namespace sluice::executor

#endif // SLUICE_EXECUTOR_EXECUTOR_H
