//===- ExecutorFuzz.cpp - Any program that is proven, to its end ----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Program.h"
#include "sluice/Executor/Executor.h"

using namespace sluice;

/// Elements of all bursts that a run is worth its time: programs may run long.
static constexpr uint64_t kMostElements = 1 << 16;

static uint64_t countElements(const binary::Program &program) {
  uint64_t elements = 0;
  for (const binary::Card &card : program.cards)
    for (const binary::QueueProgram &queue : card.queues)
      for (const binary::Instruction &instruction : queue.instructions)
        elements += instruction.count;
  return elements;
}

/// Zeros for every input.
static executor::TensorMap zeros(const binary::Program &program) {
  executor::TensorMap inputs;
  for (const binary::proto::Binding &binding : program.metadata.inputs()) {
    HostTensor tensor;
    tensor.type = static_cast<ElementType>(binding.type().element_type());
    tensor.shape.assign(binding.type().shape().begin(), binding.type().shape().end());
    size_t bytes = elementBytes(tensor.type);
    for (int64_t size : tensor.shape)
      bytes *= static_cast<size_t>(size);
    tensor.data.assign(bytes, 0);
    inputs.emplace(binding.name(), std::move(tensor));
  }
  return inputs;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  absl::StatusOr<binary::Program> program =
      binary::decodeProgram({reinterpret_cast<const char *>(data), size});
  if (!program.ok() || countElements(*program) > kMostElements)
    return 0;
  auto runner = executor::Executor::create(*std::move(program));
  if (runner.ok())
    (void)(*runner)->run(zeros((*runner)->program()));
  return 0;
}
