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
#include "LastRun.h"
#include "PlanRun.h"

#include "sluice/Support/Cancellation.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/Stopwatch.h"
#include "sluice/Support/Strings.h"
#include "sluice/Verifier/Bursts.h"
#include "sluice/Verifier/Verifier.h"

#include <mutex>
#include <set>
#include <thread>

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;
using target::Target;

namespace {

/// What one run changes: the cards, and what is under way on and between them.
struct Machine {
  Machine(const Program &program, const std::vector<Burst> &bursts, const Plan &plan, const Target &target);
  void reset() {
    for (auto &card : cards)
      card->reset();
  }

  std::vector<std::unique_ptr<CardMachine>> cards;
  std::vector<uint8_t *> areas; ///< of the plan

private:
  struct Free {
    void operator()(uint8_t *bytes) const { std::free(bytes); }
  };
  std::unique_ptr<uint8_t, Free> buffers;
};

/// Machines that are free, for any thread to take.
class MachinePool {
public:
  /// One that is free, or none.
  std::unique_ptr<Machine> take() {
    std::lock_guard lock(mutex);
    if (free.empty())
      return nullptr;
    std::unique_ptr<Machine> machine = std::move(free.back());
    free.pop_back();
    return machine;
  }
  void give(std::unique_ptr<Machine> machine) {
    std::lock_guard lock(mutex);
    free.push_back(std::move(machine));
  }

private:
  std::mutex mutex;
  std::vector<std::unique_ptr<Machine>> free;
};

/// A run with the machine that it has for itself.
class ProgramRun final : public Run {
public:
  ProgramRun(MachinePool &pool, std::unique_ptr<Machine> machine) : pool(pool), machine(std::move(machine)) {}
  ~ProgramRun() override { pool.give(std::move(machine)); }
  const uint8_t *word(uint32_t card, uint32_t hemisphere, uint32_t slice, uint32_t address) const override {
    return machine->cards[card]->memory.peek(hemisphere, slice, address);
  }

private:
  MachinePool &pool;

public:
  std::unique_ptr<Machine> machine;
};

class ProgramExecutor final : public Executor {
public:
  ProgramExecutor(std::shared_ptr<const Program> program, Target target, unsigned threads,
                  double proveSeconds);
  absl::Status bindTensors();
  absl::StatusOr<std::unique_ptr<Run>> execute(const TensorMap &inputs) const override;
  Counters counters() const override { return lastRun.counters(); }
  Seconds seconds() const override { return lastRun.seconds(); }
  const Program &program() const override { return *source; }

private:
  void collectBursts();
  unsigned countThreads() const;
  absl::Status executeNode(const PlanNode &node, Machine &machine, Scratch &scratch) const;
  absl::Status executePlan(Machine &machine, uint64_t &halfOverflows) const;
  /// Where an element of a burst is in the program, for errors.
  std::string describe(uint32_t burst, uint32_t element) const;

  // What all runs share and none changes.
  const std::shared_ptr<const Program> source;
  const Target target;
  const unsigned wantedThreads; ///< 0: as is worth it
  std::vector<BoundTensor> inputBindings, outputBindings;
  std::vector<Burst> bursts; ///< of all cards
  Plan plan;
  Counters perRun; ///< what every run does, known beforehand

  mutable MachinePool machines;
  mutable LastRun lastRun;
};

} // namespace

ProgramExecutor::ProgramExecutor(std::shared_ptr<const Program> program, Target description, unsigned threads,
                                 double proveSeconds)
    : source(std::move(program)), target(std::move(description)), wantedThreads(threads) {
  const Stopwatch watch;
  collectBursts();
  plan = makePlan(*source, bursts, target);
  lastRun.noteMaking(proveSeconds, watch.seconds());
}

Machine::Machine(const Program &program, const std::vector<Burst> &bursts, const Plan &plan,
                 const Target &target) {
  std::vector<size_t> laneMaps(program.cards.size());
  for (const Burst &burst : bursts)
    if (burst.what->opcode == Opcode::Permute || burst.what->opcode == Opcode::Distribute)
      ++laneMaps[burst.card];
  for (size_t card = 0; card != program.cards.size(); ++card)
    cards.push_back(std::make_unique<CardMachine>(target, program.cards[card], laneMaps[card]));
  for (const Burst &burst : bursts)
    if (burst.what->opcode == Opcode::Write)
      cards[burst.card]->memory.addWritten(uint32_t(burst.queue->hemisphere), burst.queue->index,
                                           *burst.what);

  constexpr size_t alignment = 64;
  buffers.reset(static_cast<uint8_t *>(std::aligned_alloc(alignment, plan.bufferBytes + alignment)));
  if (!buffers)
    throw std::bad_alloc();
  areas.assign(plan.areaIsUsed.size(), nullptr);
  areas[Plan::buffers] = buffers.get();
  for (uint32_t card = 0; card != cards.size(); ++card)
    for (uint32_t hemisphere = 0; hemisphere != 2; ++hemisphere)
      for (uint32_t slice = 0; slice != target.slicesPerHemisphere; ++slice)
        if (const uint32_t area = areaOf(card, target::Hemisphere(hemisphere), slice, target);
            plan.areaIsUsed[area])
          areas[area] = cards[card]->memory.slice(hemisphere, slice);
}

/// The Multiplies of a card to whose accumulators another one adds.
static std::set<const Instruction *> multipliesAddedTo(const Card &card) {
  std::set<const Instruction *> found;
  for (const proto::FlowEdge &edge : card.flow)
    if (edge.queue() != kOutput && edge.slot() == kAccumulatorSlot)
      found.insert(&card.queues[edge.producer_queue()].instructions[edge.producer_instruction()]);
  return found;
}

void ProgramExecutor::collectBursts() {
  perRun.cycles = source->metadata.cycles();
  for (uint32_t card = 0; card != source->cards.size(); ++card) {
    uint32_t laneMaps = 0;
    const auto reaches = indirectReaches(source->cards[card], target);
    const std::set<const Instruction *> addedTo = multipliesAddedTo(source->cards[card]);
    for (const QueueProgram &queue : source->cards[card].queues)
      for (const Instruction &what : queue.instructions) {
        bursts.push_back({&queue.queue, &what, card, streamInputs(queue.queue, what, target),
                          streamOutputs(queue.queue, what, target)});
        if (auto reach = reaches.find(&what); reach != reaches.end())
          bursts.back().reach = reach->second;
        if (what.opcode == Opcode::Permute || what.opcode == Opcode::Distribute)
          bursts.back().laneMap = laneMaps++;
        bursts.back().keepsSums = addedTo.count(&what) != 0;
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
  auto bind = [&](const proto::Binding &binding, bool isOutput,
                  std::vector<BoundTensor> &bindings) -> absl::Status {
    absl::StatusOr<verifier::TensorLayout> layout = verifier::layoutOf(binding, isOutput, target);
    if (layout.ok())
      bindings.push_back({&binding, *std::move(layout)});
    return layout.status();
  };
  for (const proto::Binding &input : source->metadata.inputs())
    if (absl::Status status = bind(input, /*isOutput=*/false, inputBindings); !status.ok())
      return status;
  for (const proto::Binding &output : source->metadata.outputs())
    if (absl::Status status = bind(output, /*isOutput=*/true, outputBindings); !status.ok())
      return status;
  return absl::OkStatus();
}

std::string ProgramExecutor::describe(uint32_t burst, uint32_t element) const {
  uint32_t first = burst;
  while (first != 0 && bursts[first - 1].card == bursts[burst].card)
    --first;
  const verifier::BurstTable table(*source, bursts[burst].card);
  return concat("card ", bursts[burst].card, ", ", table.describe({burst - first, element}));
}

absl::Status ProgramExecutor::executeNode(const PlanNode &node, Machine &machine, Scratch &scratch) const {
  for (uint32_t number = node.firstStep; number != node.endStep; ++number) {
    const Step &step = plan.steps[number];
    const Burst &burst = bursts[step.burst];
    uint32_t element = 0;
    const RunningStep running{step, burst, plan.sources.data() + step.sources, machine.areas.data()};
    if (absl::Status status = machine.cards[burst.card]->execute(running, scratch, element); !status.ok())
      return withContext(status, describe(step.burst, element));
  }
  return absl::OkStatus();
}

unsigned ProgramExecutor::countThreads() const {
  // Vectors below which threads cost more than they save.
  constexpr uint64_t fewVectors = 1 << 18;
  if (wantedThreads != 0)
    return wantedThreads;
  return plan.vectors < fewVectors ? 1 : std::max(1u, std::thread::hardware_concurrency());
}

absl::Status ProgramExecutor::executePlan(Machine &machine, uint64_t &halfOverflows) const {
  const unsigned threads = countThreads();
  std::vector<Scratch> scratches(threads, Scratch(target));
  PlanRun run(plan, [&](const PlanNode &node, unsigned thread) {
    return executeNode(node, machine, scratches[thread]);
  });
  absl::Status status = run.run(threads);
  for (const Scratch &scratch : scratches)
    halfOverflows += scratch.halfOverflows;
  return status;
}

absl::StatusOr<std::unique_ptr<Run>> ProgramExecutor::execute(const TensorMap &inputs) const {
  if (absl::Status status = checkInputs(inputBindings, inputs); !status.ok())
    return status;
  const Stopwatch watch;
  std::unique_ptr<Machine> machine = machines.take();
  if (machine)
    machine->reset();
  else
    machine = std::make_unique<Machine>(*source, bursts, plan, target);
  auto run = std::make_unique<ProgramRun>(machines, std::move(machine));
  const WordAccess access = [&](uint32_t card, uint32_t hemisphere, uint32_t slice, uint32_t address) {
    return run->machine->cards[card]->memory.hostWord(hemisphere, slice, address);
  };
  for (const BoundTensor &bound : inputBindings)
    copyIn(bound, inputs.at(bound.binding->name()), target.lanes(), access);
  uint64_t halfOverflows = 0;
  if (absl::Status status = executePlan(*run->machine, halfOverflows); !status.ok())
    return status;

  for (const BoundTensor &bound : outputBindings)
    run->outputs[bound.binding->name()] = copyOut(bound, target.lanes(), access);
  run->counters = perRun;
  run->counters.halfOverflows = halfOverflows;
  run->seconds = watch.seconds();
  lastRun.note(*run);
  return run;
}

absl::StatusOr<TensorMap> Executor::run(const TensorMap &inputs) const {
  absl::StatusOr<std::unique_ptr<Run>> run = execute(inputs);
  if (!run.ok())
    return run.status();
  return std::move((*run)->outputs);
}

absl::StatusOr<std::unique_ptr<Executor>> Executor::create(Program program, unsigned threads) {
  return create(std::make_shared<const Program>(std::move(program)), threads);
}

absl::StatusOr<std::unique_ptr<Executor>> Executor::create(std::shared_ptr<const Program> program,
                                                           unsigned threads) {
  absl::StatusOr<Target> target = target::targetByName(program->metadata.target());
  if (!target.ok())
    return target.status();
  const Stopwatch watch;
  const std::vector<verifier::Finding> found = verifier::verify(*program, *target);
  if (isCancelled())
    return cancelledError();
  const double proveSeconds = watch.seconds();
  std::string findings;
  for (const verifier::Finding &finding : found)
    findings = concat(findings, "\ncard ", finding.card, ", cycle ", finding.cycle, ": ",
                      verifier::hazardName(finding.hazard), ": ", escapeLine(finding.message));
  if (!findings.empty())
    return absl::FailedPreconditionError(concat("the program is not proven:", findings));
  auto executor =
      std::make_unique<ProgramExecutor>(std::move(program), *std::move(target), threads, proveSeconds);
  if (isCancelled())
    return cancelledError();
  if (absl::Status status = executor->bindTensors(); !status.ok())
    return status;
  return executor;
}
