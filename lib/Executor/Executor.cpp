//===- Executor.cpp - Runs a binary bit for bit ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Executor/Executor.h"

#include "CardMachine.h"
#include "Edges.h"
#include "IndirectAccess.h"

#include "sluice/Support/Strings.h"
#include "sluice/Verifier/Bursts.h"
#include "sluice/Verifier/DispatchOrder.h"
#include "sluice/Verifier/Geometry.h"
#include "sluice/Verifier/Verifier.h"

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;
using target::Target;

/// The unit of a queue as counters name it.
static std::string_view unitName(Unit unit) {
  switch (unit) {
  case Unit::MemRead:
    return "mem.read";
  case Unit::MemWrite:
    return "mem.write";
  case Unit::Alu:
    return "vxm";
  case Unit::Distributor:
    return "sxm.distribute";
  case Unit::Transposer:
    return "sxm.transpose";
  case Unit::Permutor:
    return "sxm.permute";
  case Unit::Link:
    return "link";
  case Unit::Installer:
    return "mxm.install";
  case Unit::Multiplier:
    return "mxm.multiply";
  case Unit::Any:
    break;
  }
  return "none";
}

namespace {

class ProgramExecutor final : public Executor {
public:
  ProgramExecutor(Program program, Target target);
  absl::Status bindTensors();
  absl::StatusOr<TensorMap> run(const TensorMap &inputs) override;
  const Counters &counters() const override { return counts; }
  const Program &program() const override { return source; }
  const uint8_t *word(uint32_t card, uint32_t hemisphere, uint32_t slice, uint32_t address) const override {
    return machines[card]->memory.peek(hemisphere, slice, address);
  }

private:
  void collectBursts();
  /// Where an element of a burst is in the program, for errors.
  std::string describe(uint32_t burst, uint32_t element) const;
  uint8_t *word(uint32_t card, uint32_t hemisphere, uint32_t slice, uint32_t address) {
    return machines[card]->memory.write(hemisphere, slice, address);
  }

  const Program source;
  const Target target;
  std::vector<BoundTensor> inputBindings, outputBindings;
  LinkWires wires;
  std::vector<std::unique_ptr<CardMachine>> machines;
  std::vector<Burst> bursts; ///< of all cards
  verifier::DispatchOrder order;
  Counters perRun; ///< what every run does, known beforehand
  Counters counts;
};

} // namespace

ProgramExecutor::ProgramExecutor(Program program, Target description)
    : source(std::move(program)), target(std::move(description)),
      wires(source.cards.size() * target.localLinks) {
  for (uint32_t card = 0; card != source.cards.size(); ++card)
    machines.push_back(std::make_unique<CardMachine>(target, card, source.cards[card], wires));
  collectBursts();
}

void ProgramExecutor::collectBursts() {
  perRun.cycles = source.metadata.cycles();
  for (uint32_t card = 0; card != source.cards.size(); ++card) {
    const auto reaches = indirectReaches(source.cards[card], target);
    for (const QueueProgram &queue : source.cards[card].queues)
      for (const Instruction &what : queue.instructions) {
        bursts.push_back({&queue.queue,
                          &what,
                          card,
                          verifier::positionOf(queue.queue, target),
                          streamInputs(queue.queue, what, target),
                          streamOutputs(queue.queue, what, target),
                          {}});
        if (auto reach = reaches.find(&what); reach != reaches.end())
          bursts.back().reach = reach->second;
        order.add(what);
        const uint64_t bytes = uint64_t(what.count) * target.lanes();
        perRun.instructionsByUnit[std::string(unitName(queue.queue.unit))] += what.count;
        perRun.streamBytes += bytes * bursts.back().outputs.size();
        if (queue.queue.unit == Unit::MemRead || queue.queue.unit == Unit::MemWrite)
          perRun.memoryBytes += bytes;
        if (what.opcode == Opcode::Send)
          perRun.linkBytes += bytes;
      }
  }
}

absl::Status ProgramExecutor::bindTensors() {
  auto bind = [&](const proto::Binding &binding, std::vector<BoundTensor> &bindings) -> absl::Status {
    absl::StatusOr<verifier::TensorLayout> layout = verifier::layoutOf(binding, target);
    if (layout.ok())
      bindings.push_back({&binding, *std::move(layout)});
    return layout.status();
  };
  for (const proto::Binding &input : source.metadata.inputs())
    if (absl::Status status = bind(input, inputBindings); !status.ok())
      return status;
  for (const proto::Binding &output : source.metadata.outputs())
    if (absl::Status status = bind(output, outputBindings); !status.ok())
      return status;
  return absl::OkStatus();
}

std::string ProgramExecutor::describe(uint32_t burst, uint32_t element) const {
  uint32_t first = burst;
  while (first != 0 && bursts[first - 1].card == bursts[burst].card)
    --first;
  const verifier::BurstTable table(source, bursts[burst].card);
  return concat("card ", bursts[burst].card, ", ", table.describe({burst - first, element}));
}

absl::StatusOr<TensorMap> ProgramExecutor::run(const TensorMap &inputs) {
  if (absl::Status status = checkInputs(inputBindings, inputs); !status.ok())
    return status;
  for (auto &machine : machines)
    machine->reset();
  for (auto &wire : wires)
    wire.clear();
  const WordAccess access = [&](uint32_t card, uint32_t hemisphere, uint32_t slice, uint32_t address) {
    return word(card, hemisphere, slice, address);
  };
  for (const BoundTensor &bound : inputBindings)
    copyIn(bound, inputs.at(bound.binding->name()), target.lanes(), access);

  absl::Status status;
  order.forEach([&](uint64_t cycle, uint32_t number, uint32_t element) {
    Burst &burst = bursts[number];
    status = machines[burst.card]->execute(burst, cycle, element);
    if (!status.ok())
      status = withContext(status, describe(number, element));
    return status.ok();
  });
  if (!status.ok())
    return status;

  TensorMap outputs;
  for (const BoundTensor &bound : outputBindings)
    outputs[bound.binding->name()] = copyOut(bound, target.lanes(), access);
  counts = perRun;
  for (auto &machine : machines)
    counts.halfOverflows += machine->halfOverflows;
  return outputs;
}

absl::StatusOr<std::unique_ptr<Executor>> Executor::create(Program program) {
  absl::StatusOr<Target> target = target::targetByName(program.metadata.target());
  if (!target.ok())
    return target.status();
  std::string findings;
  for (const verifier::Finding &finding : verifier::verify(program, *target))
    findings = concat(findings, "\ncard ", finding.card, ", cycle ", finding.cycle, ": ",
                      verifier::hazardName(finding.hazard), ": ", finding.message);
  if (!findings.empty())
    return absl::FailedPreconditionError(concat("the program is not proven:", findings));
  auto executor = std::make_unique<ProgramExecutor>(std::move(program), *std::move(target));
  if (absl::Status status = executor->bindTensors(); !status.ok())
    return status;
  return executor;
}
