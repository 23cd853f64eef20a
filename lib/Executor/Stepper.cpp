//===- Stepper.cpp - The machine, cycle by cycle --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Executor/Stepper.h"

#include "Edges.h"
#include "LastRun.h"
#include "SteppedCard.h"

#include "sluice/Support/Cancellation.h"
#include "sluice/Support/Stopwatch.h"
#include "sluice/Support/Strings.h"

#include <utility>

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;
using target::Target;

namespace {

using Bindings = std::vector<BoundTensor>;

/// A run with the cards and wires that it has for itself.
class StepperRun final : public SteppedRun {
public:
  StepperRun(const Program &source, const Target &target, bool recordsFlow)
      : source(source), wires(source.cards.size() * target.localLinks) {
    for (uint32_t card = 0; card != source.cards.size(); ++card)
      cards.push_back(std::make_unique<SteppedCard>(target, card, source.cards[card], wires, recordsFlow));
  }

  absl::Status step(const TensorMap &inputs, const Bindings &inputBindings, const Bindings &outputBindings,
                    size_t lanes);
  const uint8_t *word(uint32_t card, uint32_t hemisphere, uint32_t slice, uint32_t address) const override {
    return std::as_const(*cards[card]).word(hemisphere, slice, address);
  }
  std::vector<std::vector<proto::FlowEdge>> flow() const override;

private:
  absl::Status stepCycles();
  void nameInputs();

  const Program &source;
  std::vector<Wire> wires;
  std::vector<std::unique_ptr<SteppedCard>> cards;
};

class ProgramStepper final : public Stepper {
public:
  ProgramStepper(std::shared_ptr<const Program> program, Target target, bool recordsFlow)
      : source(std::move(program)), target(std::move(target)), recordsFlow(recordsFlow) {}

  absl::Status bindTensors();
  absl::StatusOr<std::unique_ptr<SteppedRun>> step(const TensorMap &inputs) const override;
  absl::StatusOr<std::unique_ptr<Run>> execute(const TensorMap &inputs) const override {
    return step(inputs);
  }
  Counters counters() const override { return lastRun.counters(); }
  Seconds seconds() const override { return lastRun.seconds(); }
  const Program &program() const override { return *source; }

private:
  const std::shared_ptr<const Program> source;
  const Target target;
  const bool recordsFlow;
  Bindings inputBindings, outputBindings;
  mutable LastRun lastRun;
};

} // namespace

absl::Status ProgramStepper::bindTensors() {
  for (const auto &[bindings, bound] : {std::pair(&source->metadata.inputs(), &inputBindings),
                                        std::pair(&source->metadata.outputs(), &outputBindings)}) {
    const bool isOutput = bound == &outputBindings;
    for (const proto::Binding &binding : *bindings) {
      absl::StatusOr<verifier::TensorLayout> layout = verifier::layoutOf(binding, isOutput, target);
      if (!layout.ok())
        return layout.status();
      bound->push_back({&binding, *std::move(layout)});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SteppedRun>> ProgramStepper::step(const TensorMap &inputs) const {
  if (absl::Status status = checkInputs(inputBindings, inputs); !status.ok())
    return status;
  const Stopwatch watch;
  auto run = std::make_unique<StepperRun>(*source, target, recordsFlow);
  if (absl::Status status = run->step(inputs, inputBindings, outputBindings, target.lanes()); !status.ok())
    return status;
  run->seconds = watch.seconds();
  lastRun.note(*run);
  return run;
}

absl::Status StepperRun::stepCycles() {
  for (uint64_t cycle = 0; cycle != source.metadata.cycles(); ++cycle) {
    if (isCancelled())
      return cancelledError();
    for (auto &card : cards)
      if (absl::Status status = card->advance(cycle); !status.ok())
        return status;
    for (auto &card : cards)
      if (absl::Status status = card->dispatch(cycle); !status.ok())
        return status;
  }
  for (auto &card : cards)
    if (absl::Status status = card->finish(); !status.ok())
      return status;
  return absl::OkStatus();
}

absl::Status StepperRun::step(const TensorMap &inputs, const Bindings &inputBindings,
                              const Bindings &outputBindings, size_t lanes) {
  const WordAccess access = [&](uint32_t card, uint32_t hemisphere, uint32_t slice, uint32_t address) {
    return cards[card]->hostWord(hemisphere, slice, address);
  };
  for (const BoundTensor &bound : inputBindings)
    copyIn(bound, inputs.at(bound.binding->name()), lanes, access);
  nameInputs();
  if (absl::Status status = stepCycles(); !status.ok())
    return status;
  counters.cycles = source.metadata.cycles();
  for (const BoundTensor &bound : outputBindings)
    outputs[bound.binding->name()] = copyOut(bound, lanes, access);
  return absl::OkStatus();
}

static void setProducer(proto::FlowEdge &edge, const Origin &origin) {
  edge.set_producer_slot(origin.slot);
  edge.set_producer_first(origin.element);
  edge.set_producer_queue(origin.burst ? origin.burst->queueNumber : kInitialMemory);
  edge.set_producer_instruction(origin.burst ? origin.burst->instructionNumber : origin.memory);
  if (origin.burst && edge.slot() == kReceiveSlot && edge.queue() != kOutput)
    edge.set_producer_card(origin.burst->card);
}

/// Calls visit(number of the binding, placement, byte plane, vector, address) for each word of the bindings.
template <typename Bindings, typename Visit>
static void forEachWord(const Bindings &bindings, Visit &&visit) {
  for (int number = 0; number != bindings.size(); ++number)
    for (const proto::Placement &placement : bindings[number].placements())
      for (int plane = 0; plane != placement.slices_size(); ++plane)
        for (uint64_t i = 0; i != placement.count(); ++i)
          visit(uint32_t(number), placement, uint32_t(plane), uint32_t(placement.first() + i),
                uint32_t(int64_t(placement.address()) + int64_t(i) * placement.step()));
}

void StepperRun::nameInputs() {
  forEachWord(source.metadata.inputs(), [&](uint32_t number, const proto::Placement &placement,
                                            uint32_t plane, uint32_t vector, uint32_t address) {
    const uint32_t runs = uint32_t(source.cards[placement.card()].memory.size());
    cards[placement.card()]->nameWord(placement.hemisphere(), placement.slices(int(plane)), address,
                                      {nullptr, vector, plane, runs + number});
  });
}

std::vector<std::vector<proto::FlowEdge>> StepperRun::flow() const {
  std::vector<std::vector<proto::FlowEdge>> edges(cards.size());
  for (size_t card = 0; card != cards.size(); ++card)
    for (const auto &[consumer, slot, element, origin] : cards[card]->takenOperands()) {
      proto::FlowEdge &edge = edges[card].emplace_back();
      edge.set_queue(consumer->queueNumber);
      edge.set_instruction(consumer->instructionNumber);
      edge.set_slot(slot);
      edge.set_first(element);
      edge.set_count(1);
      setProducer(edge, origin);
    }
  forEachWord(source.metadata.outputs(), [&](uint32_t number, const proto::Placement &placement,
                                             uint32_t plane, uint32_t vector, uint32_t address) {
    const SteppedCard &card = *cards[placement.card()];
    const uint32_t slice = placement.slices(int(plane));
    auto add = [&](uint32_t slot, const Origin &origin) {
      proto::FlowEdge &edge = edges[placement.card()].emplace_back();
      edge.set_queue(kOutput);
      edge.set_instruction(number);
      edge.set_slot(slot);
      edge.set_first(vector);
      edge.set_count(1);
      setProducer(edge, origin);
    };
    add(plane, card.originOf(placement.hemisphere(), slice, address));
    if (std::optional<Origin> scatter = card.scatterInto(placement.hemisphere(), slice, address))
      add(kScatterSlot + plane, *scatter);
  });
  return edges;
}

absl::StatusOr<std::unique_ptr<Stepper>> Stepper::create(Program program, bool recordsFlow) {
  return create(std::make_shared<const Program>(std::move(program)), recordsFlow);
}

absl::StatusOr<std::unique_ptr<Stepper>> Stepper::create(std::shared_ptr<const Program> program,
                                                         bool recordsFlow) {
  absl::StatusOr<Target> target = target::targetByName(program->metadata.target());
  if (!target.ok())
    return target.status();
  if (program->metadata.cycles() > kMostSteppedCycles)
    return invalidArgument("the program takes ", program->metadata.cycles(), " cycles; at most ",
                           kMostSteppedCycles, " are stepped");
  auto stepper = std::make_unique<ProgramStepper>(std::move(program), *std::move(target), recordsFlow);
  if (absl::Status status = stepper->bindTensors(); !status.ok())
    return status;
  return stepper;
}
