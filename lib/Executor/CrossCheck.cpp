//===- CrossCheck.cpp - Two executors agree -------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Executor/CrossCheck.h"
#include "sluice/Executor/Stepper.h"

#include "sluice/Support/Escape.h"
#include "sluice/Support/Strings.h"

#include <cstring>

using namespace sluice;
using namespace sluice::executor;

absl::Status executor::compareMemory(const Run &left, const Run &right, size_t cards,
                                     const target::Target &target) {
  const std::vector<uint8_t> zeros(target.lanes());
  for (uint32_t card = 0; card != cards; ++card)
    for (uint32_t hemisphere = 0; hemisphere != 2; ++hemisphere)
      for (uint32_t slice = 0; slice != target.slicesPerHemisphere; ++slice)
        for (uint32_t address = 0; address != target.wordsPerSlice(); ++address) {
          const uint8_t *a = left.word(card, hemisphere, slice, address);
          const uint8_t *b = right.word(card, hemisphere, slice, address);
          if (std::memcmp(a ? a : zeros.data(), b ? b : zeros.data(), zeros.size()) != 0)
            return absl::InternalError(concat("different bytes in card ", card, ", word ", address,
                                              " of mem.", hemisphere == 0 ? "e" : "w", slice));
        }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Run>> executor::runStepped(const Executor &executor, const TensorMap &inputs) {
  // The program is the executor's, which outlives this.
  absl::StatusOr<std::unique_ptr<Stepper>> stepper =
      Stepper::create(std::shared_ptr<const binary::Program>(std::shared_ptr<void>(), &executor.program()));
  if (!stepper.ok())
    return stepper.status();
  absl::StatusOr<std::unique_ptr<Run>> run = executor.execute(inputs), stepped = (*stepper)->execute(inputs);
  if (!run.ok() && !stepped.ok())
    return run.status();
  if (!run.ok())
    return withContext(run.status(), "executor");
  if (!stepped.ok())
    return withContext(stepped.status(), "stepper");
  for (const auto &[name, tensor] : (*run)->outputs)
    if (tensor.data != (*stepped)->outputs.at(name).data)
      return absl::InternalError(
          concat("executor and stepper give different bytes in output '", escapeLine(name), "'"));
  absl::StatusOr<target::Target> target = target::targetByName(executor.program().metadata.target());
  if (!target.ok())
    return target.status();
  if (absl::Status status = compareMemory(**run, **stepped, executor.program().cards.size(), *target);
      !status.ok())
    return withContext(status, "executor and stepper");
  return run;
}
