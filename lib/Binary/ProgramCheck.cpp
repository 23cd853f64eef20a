//===- ProgramCheck.cpp - Whether a program refers to what exists ---------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/Layout.h"
#include "sluice/Binary/Program.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/HostTensor.h"
#include "sluice/Support/Strings.h"

#include <algorithm>
#include <map>
#include <set>

using namespace sluice;
using namespace sluice::binary;
using target::Target;

namespace {

class ProgramChecker {
public:
  ProgramChecker(const Program &program, const Target &target) : program(program), target(target) {}

  absl::Status check() const {
    const size_t limit = size_t(target.maxNodes) * target.cardsPerNode;
    if (program.cards.empty() || program.cards.size() > limit)
      return invalidArgument(program.cards.size(), " cards are not 1...", limit);
    for (size_t index = 0; index != program.cards.size(); ++index)
      if (absl::Status status = checkCard(program.cards[index]); !status.ok())
        return withContext(status, concat("card ", index));
    if (absl::Status status = checkBindings(program.metadata.inputs(), /*isOutput=*/false); !status.ok())
      return withContext(status, "inputs");
    if (absl::Status status = checkBindings(program.metadata.outputs(), /*isOutput=*/true); !status.ok())
      return withContext(status, "outputs");
    return absl::OkStatus();
  }

private:
  absl::Status checkCard(const Card &card) const {
    for (size_t index = 0; index != card.queues.size(); ++index) {
      const QueueProgram &queue = card.queues[index];
      if (index != 0 && !(card.queues[index - 1].queue < queue.queue))
        return invalidArgument("queue ", queueName(queue.queue), " is not in order behind ",
                               queueName(card.queues[index - 1].queue));
      if (absl::Status status = checkQueue(queue); !status.ok())
        return withContext(status, concat("queue ", queueName(queue.queue)));
    }
    for (size_t index = 0; index != card.memory.size(); ++index)
      if (absl::Status status = checkRun(card.memory[index], dataBytes(card)); !status.ok())
        return withContext(status, concat("memory run ", index));
    for (size_t index = 0; index != card.flow.size(); ++index)
      if (absl::Status status = checkEdge(card.flow[index], card); !status.ok())
        return withContext(status, concat("flow edge ", index));
    return absl::OkStatus();
  }

  absl::Status checkQueue(const QueueProgram &queue) const {
    if (!hasQueue(target, queue.queue))
      return invalidArgument("target ", target.name, " has no such queue");
    if (queue.locations.size() != queue.instructions.size())
      return invalidArgument(queue.locations.size(), " locations for ", queue.instructions.size(),
                             " instructions");
    uint64_t now = 0;
    for (size_t index = 0; index != queue.instructions.size(); ++index) {
      const Instruction &instruction = queue.instructions[index];
      absl::Status status = checkInstruction(queue.queue, instruction, target);
      if (status.ok() && instruction.cycle < now)
        status = invalidArgument("it comes after one in cycle ", now);
      if (status.ok() && queue.locations[index] >= size_t(program.metadata.locations_size()))
        status = invalidArgument("location ", queue.locations[index], " is not among the ",
                                 program.metadata.locations_size());
      if (!status.ok())
        return withContext(status, concat("instruction ", index, " in cycle ", instruction.cycle));
      now = instruction.cycle;
    }
    return absl::OkStatus();
  }

  absl::Status checkRun(const proto::MemoryRun &run, size_t held) const {
    if (run.hemisphere() > 1 || run.slice() >= target.slicesPerHemisphere)
      return invalidArgument("there is no slice ", run.slice(), " in hemisphere ", run.hemisphere());
    if (uint64_t(run.address()) + run.words() > target.wordsPerSlice())
      return invalidArgument("words ", run.address(), " to ", uint64_t(run.address()) + run.words(),
                             " go beyond the slice's ", target.wordsPerSlice());
    const uint64_t bytes = uint64_t(run.words()) * target.lanes();
    if (run.offset() > held || bytes > held - run.offset())
      return invalidArgument(bytes, " bytes at ", run.offset(), " go beyond the ", held, " bytes of data");
    if (run.location() != 0 && run.location() >= unsigned(program.metadata.locations_size()))
      return invalidArgument("location ", run.location(), " is not among the ",
                             program.metadata.locations_size());
    return absl::OkStatus();
  }

  static bool hasInstruction(const Card &card, uint32_t queue, uint32_t instruction) {
    return queue < card.queues.size() && instruction < card.queues[queue].instructions.size();
  }

  absl::Status checkEdge(const proto::FlowEdge &edge, const Card &card) const {
    const bool isOutput = edge.queue() == kOutput;
    if (isOutput && edge.instruction() >= unsigned(program.metadata.outputs_size()))
      return invalidArgument("there is no output ", edge.instruction());
    if (!isOutput && !hasInstruction(card, edge.queue(), edge.instruction()))
      return invalidArgument("there is no instruction ", edge.instruction(), " of queue number ",
                             edge.queue());
    const bool isRemote = edge.slot() == kReceiveSlot;
    if (edge.producer_card() >= program.cards.size())
      return invalidArgument("there is no card ", edge.producer_card());
    const Card &producer = isRemote ? program.cards[edge.producer_card()] : card;
    if (edge.producer_queue() == kInitialMemory &&
        edge.producer_instruction() >= card.memory.size() + size_t(program.metadata.inputs_size()))
      return invalidArgument("there is no memory run or input ", edge.producer_instruction());
    if (edge.producer_queue() != kInitialMemory &&
        !hasInstruction(producer, edge.producer_queue(), edge.producer_instruction()))
      return invalidArgument("there is no producer ", edge.producer_instruction(), " of queue number ",
                             edge.producer_queue());
    return absl::OkStatus();
  }

  /// An input may be bound several times, each time in another layout.
  template <typename Bindings>
  absl::Status checkBindings(const Bindings &bindings, bool isOutput) const {
    std::map<std::string, const proto::Binding *> named;
    std::set<std::pair<std::string, std::string>> layouts;
    for (const proto::Binding &binding : bindings) {
      absl::Status status = checkBinding(binding, isOutput);
      auto [first, isNew] = named.try_emplace(binding.name(), &binding);
      bool isTaken = !layouts.insert({binding.name(), binding.layout().SerializeAsString()}).second;
      if (status.ok() && (isTaken || (!isNew && isOutput)))
        status = invalidArgument("the name appears twice");
      else if (status.ok() && !haveSameType(binding, *first->second))
        status = invalidArgument("the name appears with two types");
      if (!status.ok())
        return withContext(status, concat("'", escapeLine(binding.name()), "'"));
    }
    return absl::OkStatus();
  }

  static bool haveSameType(const proto::Binding &a, const proto::Binding &b) {
    return a.type().element_type() == b.type().element_type() &&
           a.type().machine_type() == b.type().machine_type() &&
           std::equal(a.type().shape().begin(), a.type().shape().end(), b.type().shape().begin(),
                      b.type().shape().end());
  }

  absl::Status checkBinding(const proto::Binding &binding, bool isOutput) const {
    const std::vector<int64_t> shape(binding.type().shape().begin(), binding.type().shape().end());
    absl::StatusOr<size_t> bytes = tensorBytes(ElementType(binding.type().element_type()), shape);
    if (!bytes.ok())
      return bytes.status();
    const size_t machineBytes = elementBytes(ElementType(binding.type().machine_type()));
    if (machineBytes == 0)
      return invalidArgument("machine type ", binding.type().machine_type(), " is not supported");

    const proto::Layout &layout = binding.layout();
    if (absl::Status status = hasLoops(layout) ? checkLoops(layout, shape.size(), isOutput, target)
                                               : checkPermutation(layout, shape.size());
        !status.ok())
      return status;
    for (int index = 0; index != binding.placements_size(); ++index)
      if (absl::Status status = checkPlacement(binding.placements(index), machineBytes); !status.ok())
        return withContext(status, concat("placement ", index));
    return absl::OkStatus();
  }

  static absl::Status checkPermutation(const proto::Layout &layout, size_t rank) {
    std::set<int32_t> dimensions(layout.permutation().begin(), layout.permutation().end());
    if (size_t(layout.permutation_size()) != rank || dimensions.size() != rank ||
        (rank != 0 && (*dimensions.begin() != 0 || *dimensions.rbegin() != int32_t(rank) - 1)))
      return invalidArgument("the layout does not permute the ", rank, " dimensions");
    if (layout.lane_dims() < 0 || size_t(layout.lane_dims()) > rank)
      return invalidArgument(layout.lane_dims(), " lane dimensions of ", rank);
    return absl::OkStatus();
  }

  absl::Status checkPlacement(const proto::Placement &placement, size_t machineBytes) const {
    if (placement.card() >= program.cards.size())
      return invalidArgument("there is no card ", placement.card());
    if (size_t(placement.slices_size()) != machineBytes)
      return invalidArgument(placement.slices_size(), " slices for elements of ", machineBytes, " bytes");
    for (uint32_t slice : placement.slices())
      if (placement.hemisphere() > 1 || slice >= target.slicesPerHemisphere)
        return invalidArgument("there is no slice ", slice, " in hemisphere ", placement.hemisphere());
    if (placement.count() == 0)
      return absl::OkStatus();
    const uint64_t words = target.wordsPerSlice();
    if (placement.count() > words)
      return invalidArgument(placement.count(), " vectors in a slice of ", words, " words");
    const int64_t last =
        int64_t(placement.address()) + int64_t(placement.step()) * int64_t(placement.count() - 1);
    if (placement.address() >= words || last < 0 || last >= int64_t(words))
      return invalidArgument("words ", placement.address(), " to ", last, " go beyond the slice's ", words);
    return absl::OkStatus();
  }

  const Program &program;
  const Target &target;
};

} // namespace

absl::Status binary::checkProgram(const Program &program) {
  absl::StatusOr<Target> target = target::targetByName(program.metadata.target());
  if (!target.ok())
    return target.status();
  if (program.metadata.target_version() != target->version)
    return invalidArgument("the program is for version ", program.metadata.target_version(), " of target ",
                           target->name, ", known is version ", target->version);
  return ProgramChecker(program, *target).check();
}
