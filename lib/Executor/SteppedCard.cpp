//===- SteppedCard.cpp - One card, cycle by cycle -------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SteppedCard.h"

#include "IndirectAccess.h"

#include "sluice/Support/Strings.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;
using target::Direction;
using verifier::Hazard;

SteppedCard::SteppedCard(const target::Target &target, uint32_t number, const Card &card,
                         std::vector<Wire> &wires, bool recordsFlow)
    : target(target), number(number), lanes(target.lanes()), wires(wires), recordsFlow(recordsFlow),
      streams(2 * size_t(target.streamsPerDirection), std::deque<Vector>(2 * size_t(target.mxmStop) + 1)),
      memory(2 * size_t(target.slicesPerHemisphere), std::vector<Vector>(target.wordsPerSlice())),
      aluResults(target.alus), planes(2 * size_t(target.planesPerHemisphere)), rows(planes.size()) {
  uint32_t runNumber = 0;
  for (const proto::MemoryRun &run : card.memory) {
    for (uint32_t word = 0; word != run.words(); ++word) {
      const char *bytes = card.data.data() + run.offset() + size_t(word) * lanes;
      sliceAt(run.hemisphere(), run.slice())[run.address() + word] = std::make_shared<VectorContent>(
          std::vector<uint8_t>(bytes, bytes + lanes), Origin{nullptr, word, 0, runNumber});
    }
    ++runNumber;
  }
  const auto reaches = indirectReaches(card, target);
  for (uint32_t queue = 0; queue != card.queues.size(); ++queue)
    for (uint32_t instruction = 0; instruction != card.queues[queue].instructions.size(); ++instruction) {
      Burst &burst = bursts.emplace_back();
      burst.card = number;
      burst.queueNumber = queue;
      burst.instructionNumber = instruction;
      burst.queue = &card.queues[queue].queue;
      burst.what = &card.queues[queue].instructions[instruction];
      burst.inputs = streamInputs(*burst.queue, *burst.what, target);
      burst.outputs = streamOutputs(*burst.queue, *burst.what, target);
      if (auto reach = reaches.find(burst.what); reach != reaches.end())
        burst.reach = reach->second;
      if (!burst.inputs.empty())
        burst.inputOffset = burst.inputs.front().offset;
    }
  for (Burst &burst : bursts)
    waiting.emplace(int64_t(burst.what->cycle) + burst.inputOffset, &burst);
}

uint8_t *SteppedCard::hostWord(uint32_t hemisphere, uint32_t slice, uint32_t address) {
  Vector &word = sliceAt(hemisphere, slice)[address];
  auto content = word ? std::make_shared<VectorContent>(*word)
                      : std::make_shared<VectorContent>(std::vector<uint8_t>(lanes), Origin());
  word = content;
  return content->bytes.data();
}

void SteppedCard::nameWord(uint32_t hemisphere, uint32_t slice, uint32_t address, const Origin &origin) {
  Vector &word = sliceAt(hemisphere, slice)[address];
  word = std::make_shared<VectorContent>(word->bytes, origin);
}

const uint8_t *SteppedCard::word(uint32_t hemisphere, uint32_t slice, uint32_t address) const {
  const Vector &word = memory[hemisphere * target.slicesPerHemisphere + slice][address];
  return word ? word->bytes.data() : nullptr;
}

absl::Status SteppedCard::fault(const Burst &burst, Hazard hazard, std::string_view why) const {
  return absl::FailedPreconditionError(concat(
      "cycle ", now, ": card ", number, ", ", queueName(*burst.queue), " ", mnemonic(burst.what->opcode),
      " of cycle ", burst.what->cycle, ": ", verifier::hazardName(hazard), ": ", why));
}

//===----------------------------------------------------------------------===//
// The first half of a cycle
//===----------------------------------------------------------------------===//

absl::Status SteppedCard::advance(uint64_t cycle) {
  now = cycle;
  slicesUsed.clear();
  moveStreams();
  storeDue();
  for (std::vector<AluResult> &of : aluResults)
    std::erase_if(of, [&](const AluResult &result) { return result.due < now; });
  if (absl::Status status = installDue(); !status.ok())
    return status;
  return appearDue();
}

/// What leaves the chip is gone.
void SteppedCard::moveStreams() {
  for (size_t stream = 0; stream != streams.size(); ++stream) {
    if (stream < target.streamsPerDirection) {
      streams[stream].pop_back();
      streams[stream].push_front(nullptr);
    } else {
      streams[stream].pop_front();
      streams[stream].push_back(nullptr);
    }
  }
}

void SteppedCard::storeDue() {
  for (const Store &store : stores) {
    if (store.due > now)
      continue;
    Vector &word = sliceAt(store.hemisphere, store.slice)[store.address];
    auto content = word ? std::make_shared<VectorContent>(*word)
                        : std::make_shared<VectorContent>(std::vector<uint8_t>(lanes), Origin());
    std::copy(store.bytes.begin(), store.bytes.end(), content->bytes.begin() + long(store.lane));
    content->origin = store.origin.value_or(content->origin);
    word = std::move(content);
  }
  std::erase_if(stores, [&](const Store &store) { return store.due <= now; });
}

/// A result takes its place on a stream over from what came along it, but not from another result.
absl::Status SteppedCard::appearDue() {
  std::vector<const Result *> due;
  for (const Result &result : results)
    if (result.due == now)
      due.push_back(&result);
  for (const Result *result : due) {
    for (const Result *other : due)
      if (other != result && other->direction == result->direction && other->stream == result->stream &&
          other->position == result->position)
        return fault(*result->from, Hazard::StreamConflict, "another result appears there");
    streamAt(result->direction, result->stream, result->position) = result->vector;
  }
  std::erase_if(results, [&](const Result &result) { return result.due == now; });
  return absl::OkStatus();
}

absl::Status SteppedCard::installDue() {
  for (Install &install : installs) {
    if (install.due != now)
      continue;
    auto [group, isEmpty] = planes[install.plane].loading.try_emplace(
        install.group, Group{std::move(install.columns), install.origin});
    if (!isEmpty)
      return fault(*install.origin.burst, Hazard::WeightsMissing,
                   concat("column group ", group->first, " holds weights that no multiply has taken"));
  }
  std::erase_if(installs, [&](const Install &install) { return install.due == now; });
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// The second half
//===----------------------------------------------------------------------===//

absl::Status SteppedCard::dispatch(uint64_t cycle) {
  now = cycle;
  for (; !waiting.empty() && waiting.begin()->first <= int64_t(now); waiting.erase(waiting.begin()))
    active.push_back(waiting.begin()->second);
  for (Burst *burst : active)
    if (burst->taken != burst->what->count &&
        int64_t(burst->dispatchOf(burst->taken)) + burst->inputOffset <= int64_t(now))
      if (absl::Status status = take(*burst); !status.ok())
        return status;
  for (Burst *burst : active)
    if (burst->dispatched != burst->what->count && burst->dispatchOf(burst->dispatched) == now)
      if (absl::Status status = execute(*burst); !status.ok())
        return status;
  std::erase_if(active, [](const Burst *burst) { return burst->dispatched == burst->what->count; });
  for (unsigned link = 0; link != target.localLinks; ++link) {
    const Wire &wire = wires[number * target.localLinks + link];
    if (!wire.empty() && wire.front().first < now)
      return absl::FailedPreconditionError(concat("cycle ", now, ": card ", number, ", link ", link, ": ",
                                                  verifier::hazardName(Hazard::LinkMismatch),
                                                  ": a vector arrived that the peer did not receive"));
  }
  return absl::OkStatus();
}

/// Latches the operands of the next element.
absl::Status SteppedCard::take(Burst &burst) {
  std::vector<Vector> &operands = burst.operands.emplace_back();
  for (const StreamUse &use : burst.inputs) {
    if (use.firstElementOnly && burst.taken != 0) {
      operands.push_back(nullptr);
      continue;
    }
    const bool isBeforeStart = int64_t(burst.dispatchOf(burst.taken)) + burst.inputOffset != int64_t(now);
    const Vector &vector = streamAt(use.direction, use.stream, positionOf(*burst.queue, target));
    if (isBeforeStart || !vector)
      return fault(burst, Hazard::StreamEmpty,
                   concat("stream ", unsigned(use.stream),
                          use.direction == Direction::East ? " east" : " west",
                          " holds nothing at its unit"));
    operands.push_back(vector);
    record(burst, use.slot, burst.taken, vector->origin);
  }
  ++burst.taken;
  return absl::OkStatus();
}

absl::Status SteppedCard::execute(Burst &burst) {
  const uint32_t element = burst.dispatched++;
  auto [last, isFirst] = lastDispatch.try_emplace(burst.queue, now);
  if (!isFirst && last->second == now)
    return fault(burst, Hazard::QueueOverlap, "its queue dispatches another element in this cycle");
  const uint64_t sinceLast = isFirst ? UINT64_MAX : now - last->second;
  last->second = now;
  const std::vector<Vector> in = std::move(burst.operands.front());
  burst.operands.pop_front();
  switch (burst.what->opcode) {
  case Opcode::Nop:
    return absl::OkStatus();
  case Opcode::Read:
  case Opcode::Write:
    return accessMemory(burst, element, in);
  case Opcode::Gather:
  case Opcode::Scatter:
    return accessIndirectly(burst, element, in);
  case Opcode::Permute:
  case Opcode::Distribute:
    return mapLanes(burst, in);
  case Opcode::Transpose:
    transpose(burst, in);
    return absl::OkStatus();
  case Opcode::Send:
  case Opcode::Receive:
    if (sinceLast < target.linkInterval)
      return fault(burst, Hazard::LinkConflict, concat("the link was used ", sinceLast, " cycles before"));
    return transfer(burst, element, in);
  case Opcode::Install:
    return installColumns(burst, element, in);
  case Opcode::MultiplyI8:
  case Opcode::MultiplyF16:
    return multiply(burst, element, in);
  default:
    return compute(burst, element, in);
  }
}

absl::Status SteppedCard::finish() {
  ++now;
  while (!stores.empty()) {
    storeDue();
    ++now;
  }
  if (!waiting.empty() || !active.empty()) {
    const Burst &burst = waiting.empty() ? *active.front() : *waiting.begin()->second;
    return fault(burst, Hazard::Malformed, "it goes on after the program's end");
  }
  for (unsigned link = 0; link != target.localLinks; ++link)
    if (!wires[number * target.localLinks + link].empty())
      return absl::FailedPreconditionError(concat("card ", number, ", link ", link, ": ",
                                                  verifier::hazardName(Hazard::LinkMismatch),
                                                  ": a vector was sent that nobody received"));
  return absl::OkStatus();
}

void SteppedCard::give(const Burst &burst, const std::vector<std::vector<uint8_t>> &bytes) {
  for (size_t output = 0; output != burst.outputs.size(); ++output) {
    const StreamUse &use = burst.outputs[output];
    results.push_back(
        {now + uint64_t(use.offset), use.direction, use.stream, positionOf(*burst.queue, target),
         std::make_shared<VectorContent>(bytes[output], Origin{&burst, burst.dispatched - 1, use.slot}),
         &burst});
  }
}
