//===- MemoryProof.cpp - Proof of a card's memory accesses ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MemoryProof.h"

#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::verifier;
using namespace sluice::binary;

/// "slice e12 word 7".
static std::string wordName(uint32_t hemisphere, uint32_t slice, uint64_t address) {
  return concat("slice ", hemisphere == 0 ? "e" : "w", slice, " word ", address);
}
static std::string wordName(const Queue &queue, uint64_t address) {
  return wordName(uint32_t(queue.hemisphere), queue.index, address);
}

/// Calls visit(hemisphere, slice, address, vector) for each word of a placement.
template <typename Visit>
static void forEachWord(const proto::Placement &placement, Visit &&visit) {
  for (uint32_t slice : placement.slices())
    for (uint64_t vector = 0; vector != placement.count(); ++vector)
      visit(placement.hemisphere(), slice,
            uint32_t(int64_t(placement.address()) + int64_t(vector) * placement.step()),
            placement.first() + vector);
}

MemoryProof::MemoryProof(const Program &program, uint32_t card, const BurstTable &table,
                         const target::Target &target, Findings &findings, FlowChecker &flow)
    : program(program), card(card), table(table), target(target), findings(findings), flow(flow),
      slices(2 * size_t(target.slicesPerHemisphere)) {
  for (Slice &slice : slices)
    slice.bankWritten.resize(target.banksPerSlice, never);
  for (const proto::MemoryRun &run : program.cards[card].memory)
    for (uint32_t word = 0; word != run.words(); ++word)
      initialise(run.hemisphere(), run.slice(), run.address() + word, "initial memory");
  for (const proto::Binding &input : program.metadata.inputs())
    for (const proto::Placement &placement : input.placements())
      if (placement.card() == card)
        forEachWord(placement, [&](uint32_t hemisphere, uint32_t slice, uint32_t address, uint64_t) {
          initialise(hemisphere, slice, address, input.name());
        });
}

MemoryProof::Word &MemoryProof::wordAt(Slice &slice, uint32_t address) {
  if (slice.words.empty())
    slice.words.resize(target.wordsPerSlice());
  return slice.words[address];
}

void MemoryProof::initialise(uint32_t hemisphere, uint32_t index, uint32_t address, std::string_view what) {
  Word &word = wordAt(sliceAt(hemisphere, index), address);
  if (word.burst != unwritten)
    findings.report(Hazard::Capacity, 0, [&] {
      return concat("card ", card, ", ", wordName(hemisphere, index, address), " of '", what,
                    "' is initialised twice");
    });
  else
    ++usedWords;
  word.burst = Producer::initialMemory;
}

void MemoryProof::checkBanks(uint64_t cycle, ElementRef element, unsigned bank, const Access &other) {
  if (other.cycle == cycle && other.bank == bank)
    findings.report(Hazard::BankConflict, cycle, [&] {
      return concat(table.describe(element), " and ", table.describe(other.element), " both access bank ",
                    bank);
    });
}

void MemoryProof::access(uint64_t cycle, ElementRef element) {
  const BurstTable::Entry &entry = table[element.burst];
  const Instruction &what = *entry.what;
  const auto address = uint32_t(what.address + int64_t(element.element) * what.step);
  const unsigned bank = target.bankOf(address);
  Slice &slice = sliceAt(uint32_t(entry.where->hemisphere), entry.where->index);
  if (entry.where->unit == Unit::MemRead) {
    checkBanks(cycle, element, bank, slice.write);
    slice.read = {cycle, bank, element};
    read(cycle, element, slice, address);
    return;
  }
  checkBanks(cycle, element, bank, slice.read);
  slice.write = {cycle, bank, element};
  slice.bankWritten[bank] = cycle;
  // A Scatter changes words of a table that direct accesses wrote before.
  if (what.opcode == Opcode::Write) {
    Word &word = wordAt(slice, address);
    usedWords += word.burst == unwritten;
    word = {element.burst, element.element, cycle};
  }
}

void MemoryProof::read(uint64_t cycle, ElementRef element, Slice &slice, uint32_t address) {
  const BurstTable::Entry &entry = table[element.burst];
  auto reportSettling = [&](uint64_t written) {
    findings.report(Hazard::BankConflict, cycle, [&] {
      return concat(table.describe(element), " reads what a write in cycle ", written, " has not yet stored");
    });
  };
  if (entry.what->opcode == Opcode::Gather) {
    const uint64_t written = slice.bankWritten[target.bankOf(address)];
    if (written != never && written < cycle && cycle - written < target.writeLatency)
      reportSettling(written);
    return;
  }
  const uint32_t operand = flow.operand(element.burst, kMemorySlot);
  const Word word = slice.words.empty() ? Word{} : slice.words[address];
  if (word.burst == unwritten) {
    flow.skip(operand);
    findings.report(Hazard::UnwrittenRead, cycle, [&] {
      return concat(table.describe(element), " reads ", wordName(*entry.where, address),
                    ", which nothing wrote");
    });
    return;
  }
  const bool initial = word.burst == Producer::initialMemory;
  if (!initial && word.cycle < cycle && cycle - word.cycle < target.writeLatency)
    reportSettling(word.cycle);
  flow.check(operand, kMemorySlot, element, element.element, cycle, {card, word.burst, 0, word.element});
}

void MemoryProof::checkOutputs() {
  const uint64_t end = program.metadata.cycles();
  for (const proto::Binding &output : program.metadata.outputs())
    for (const proto::Placement &placement : output.placements()) {
      if (placement.card() != card)
        continue;
      forEachWord(placement, [&](uint32_t hemisphere, uint32_t index, uint32_t address, uint64_t vector) {
        const Slice &slice = sliceAt(hemisphere, index);
        if (slice.words.empty() || slice.words[address].burst == unwritten)
          findings.report(Hazard::UnwrittenRead, end, [&] {
            return concat("output '", output.name(), "', vector ", vector, ": nothing wrote ",
                          wordName(hemisphere, index, address), " of card ", card);
          });
      });
    }

  const uint64_t used = usedWords * target.lanes(), text = uint64_t(table.size()) * target.instructionBytes;
  if (used + text > target.memoryBytes())
    findings.report(Hazard::Capacity, end, [&] {
      return concat("card ", card, " needs ", used, " bytes of memory and ", text, " bytes of text; it has ",
                    target.memoryBytes());
    });
}
