//===- Bursts.cpp - A card's bursts by number -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Verifier/Bursts.h"

#include "sluice/Support/Escape.h"
#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::verifier;

BurstTable::BurstTable(const binary::Program &program, uint32_t card) : program(program), card(card) {
  firstOfQueue.push_back(0);
  const auto &queues = program.cards[card].queues;
  for (uint32_t queue = 0; queue != queues.size(); ++queue) {
    const auto &instructions = queues[queue].instructions;
    for (uint32_t instruction = 0; instruction != instructions.size(); ++instruction)
      entries.push_back({queue, instruction, &queues[queue].queue, &instructions[instruction]});
    firstOfQueue.push_back(static_cast<uint32_t>(entries.size()));
  }
}

std::string BurstTable::describe(ElementRef ref) const {
  if (ref.burst >= entries.size())
    return concat("vector ", ref.element, " of output '",
                  escapeLine(program.metadata.outputs(int(ref.burst - entries.size())).name()), "'");
  const Entry &entry = entries[ref.burst];
  const uint64_t cycle = entry.what->cycle + uint64_t(ref.element) * entry.what->interval;
  std::string text =
      concat(binary::queueName(*entry.where), " ", binary::mnemonic(entry.what->opcode), " at cycle ", cycle);
  std::string details;
  if (entry.what->count > 1)
    details = concat("element ", ref.element, " of the burst at ", entry.what->cycle);
  const auto &locations = program.cards[card].queues[entry.queue].locations;
  if (entry.instruction < locations.size() &&
      locations[entry.instruction] < uint32_t(program.metadata.locations_size())) {
    const std::string &node = program.metadata.locations(int(locations[entry.instruction]));
    if (!node.empty())
      details = concat(details, details.empty() ? "" : ", ", "node '", escapeLine(node), "'");
  }
  return details.empty() ? text : concat(text, " (", details, ")");
}

std::string BurstTable::describeInitial(uint32_t number, uint32_t plane, int64_t element) const {
  const size_t runs = program.cards[card].memory.size();
  if (number < runs)
    return concat("word ", element, " of run ", number, " of the initial memory");
  if (number - runs >= size_t(program.metadata.inputs_size()))
    return concat("run ", number, " of the initial memory, which is not there,");
  return concat("byte ", plane, " of vector ", element, " of input '",
                escapeLine(program.metadata.inputs(int(number - runs)).name()), "'");
}
