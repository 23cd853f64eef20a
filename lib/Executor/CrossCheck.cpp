//===- CrossCheck.cpp - Two executors agree -------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Executor/CrossCheck.h"
#include "sluice/Executor/Stepper.h"

#include "sluice/Support/Strings.h"

#include <cstring>

using namespace sluice;
using namespace sluice::executor;

absl::Status executor::compareMemory(const Executor &left, const Executor &right,
                                     const target::Target &target) {
  const std::vector<uint8_t> zeros(target.lanes());
  for (uint32_t card = 0; card != left.program().cards.size(); ++card)
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

absl::StatusOr<TensorMap> executor::runStepped(Executor &executor, const TensorMap &inputs) {
  absl::StatusOr<std::unique_ptr<Stepper>> stepper = Stepper::create(executor.program());
  if (!stepper.ok())
    return stepper.status();
  absl::StatusOr<TensorMap> outputs = executor.run(inputs), stepped = (*stepper)->run(inputs);
  if (!outputs.ok() && !stepped.ok())
    return outputs.status();
  if (!outputs.ok())
    return withContext(outputs.status(), "executor");
  if (!stepped.ok())
    return withContext(stepped.status(), "stepper");
  for (const auto &[name, tensor] : *outputs)
    if (tensor.data != stepped->at(name).data)
      return absl::InternalError(concat("executor and stepper give different bytes in output '", name, "'"));
  absl::StatusOr<target::Target> target = target::targetByName(executor.program().metadata.target());
  if (!target.ok())
    return target.status();
  if (absl::Status status = compareMemory(executor, **stepper, *target); !status.ok())
    return withContext(status, "executor and stepper");
  return outputs;
}
