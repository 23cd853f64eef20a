//===- MemoryProof.cpp - Proof of a slice's memory accesses ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MemoryProof.h"

#include "Cover.h"

#include "sluice/Support/Escape.h"
#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::verifier;
using namespace sluice::binary;
using target::Target;

/// "slice e12 word 7".
std::string MemoryProof::wordName(int64_t word) const {
  return concat("slice ", hemisphere == 0 ? "e" : "w", slice, " word ", word);
}

static bool isDirect(Opcode opcode) { return opcode == Opcode::Read || opcode == Opcode::Write; }

size_t MemoryProof::items(const FlowChecker &flow) const {
  size_t count = reads.size() + writes.size() + initial.size() + outputs.size();
  for (const auto *accesses : {&reads, &writes})
    for (const Access &access : *accesses)
      count += flow.edgesInto(access.burst, kMemorySlot, kScatterSlot);
  return count;
}

void MemoryProof::prove(const BurstTable &table, const Target &target, uint64_t end, FlowChecker &flow,
                        Findings &findings, Effort &effort) {
  std::sort(reads.begin(), reads.end());
  std::sort(writes.begin(), writes.end());
  proveBanks(table, target, findings, effort);
  proveSettled(table, target, findings, effort);

  WordHistory history(effort);
  for (const Region &region : initial)
    if (std::optional<int64_t> twice = history.initialise(region.access))
      findings.report(Hazard::Capacity, When{0, When::Running, 0, region.order}, [&] {
        return concat("card ", flow.cardNumber(), ", ", wordName(region.access.word.at(*twice)), " of '",
                      escapeLine(region.name), "' is initialised twice");
      });
  // Which words of its bank a Scatter changes is data: see proveScatters.
  std::vector<Access> directWrites;
  for (const Access &write : writes)
    if (isDirect(table[write.burst].what->opcode))
      directWrites.push_back(write);
  const std::vector<Access> looks = directReads(table, target, flow, findings);
  history.run(looks, directWrites, [&](const Access &read, const WordHistory::Content &content) {
    proveRead(read, content, table, target, flow, findings, effort);
  });
  proveOutputs(history, flow.cardNumber(), end, findings);
  proveScatters(table, target, flow, findings, effort);
  usedWords = history.size();
}

/// The Reads, and for each Gather two looks at all of its table at once: with its first and with its last
/// element. A word that both find as carried was not written in between. Gathers without a table are
/// reported.
std::vector<Access> MemoryProof::directReads(const BurstTable &table, const Target &target,
                                             const FlowChecker &flow, Findings &findings) const {
  std::vector<Access> looks;
  for (const Access &read : reads) {
    if (isDirect(table[read.burst].what->opcode)) {
      looks.push_back(read);
      continue;
    }
    const uint32_t operand = flow.index(read.burst, kMemorySlot);
    if (operand == FlowChecker::none) {
      const When when{uint64_t(read.cycle.base), When::Running, read.burst, kMemorySlot << 16};
      findings.report(Hazard::FlowMismatch, when, [&] {
        return concat("the carried flow has no table for ", table.describe({read.burst, 0}));
      });
      continue;
    }
    const int64_t left = target.wordsPerBank - read.word.base % target.wordsPerBank;
    const int64_t words = std::min(int64_t(flow.carriedEnd(operand)), left);
    const Access first{read.burst, {read.word.base, 1}, {read.cycle.base, 0}, words};
    looks.push_back(first);
    if (read.count == 1)
      continue;
    looks.push_back(first);
    looks.back().cycle.base = read.lastCycle();
  }
  std::sort(looks.begin(), looks.end());
  return looks;
}

/// Splits accesses by bank: addresses step monotonously, so that a burst's elements in one bank
/// are consecutive.
static std::vector<std::vector<Appearance>> splitByBank(const std::vector<Access> &accesses,
                                                        const Target &target) {
  std::vector<std::vector<Appearance>> banks(target.banksPerSlice);
  for (const Access &access : accesses)
    for (unsigned bank = 0; bank != target.banksPerSlice; ++bank) {
      const int64_t first = int64_t(bank) * target.wordsPerBank, end = first + target.wordsPerBank;
      const Line &word = access.word;
      const Range from = whereAtLeast(word, first, access.count);
      const Range below = whereAtLeast({-word.base, -word.slope}, 1 - end, access.count);
      const Range in{std::max(from.begin, below.begin), std::min(from.end, below.end)};
      if (in.empty())
        continue;
      Appearance part;
      part.first = access.cycle.at(in.begin);
      part.step = uint32_t(access.cycle.slope);
      part.count = uint32_t(in.end - in.begin);
      part.burst = access.burst;
      part.slot = uint32_t(in.begin); // Element that comes first.
      banks[bank].push_back(part);
    }
  for (std::vector<Appearance> &bank : banks)
    std::sort(bank.begin(), bank.end());
  return banks;
}

void MemoryProof::proveBanks(const BurstTable &table, const Target &target, Findings &findings,
                             Effort &effort) const {
  const auto readsOf = splitByBank(reads, target), writesOf = splitByBank(writes, target);
  for (unsigned bank = 0; bank != target.banksPerSlice; ++bank)
    forEachConsumer(
        writesOf[bank], readsOf[bank], effort,
        [&](const Appearance &write, const std::vector<const Appearance *> &candidates) {
          for (const Appearance *read : candidates)
            if (std::optional<Meeting> meeting = meet(write.line(), write.count, read->line(), read->count)) {
              const ElementRef writing{write.burst, write.slot + uint32_t(meeting->a.first)};
              const ElementRef reading{read->burst, read->slot + uint32_t(meeting->b.base)};
              const auto cycle = uint64_t(write.line().at(meeting->a.first));
              findings.report(Hazard::BankConflict, When{cycle, When::Running, write.burst, read->burst},
                              [&] {
                                return concat(table.describe(writing), " and ", table.describe(reading),
                                              " both access bank ", bank);
                              });
            }
        });
}

/// No Gather reads from a bank in which a write is still under way; what direct reads find is known
/// word by word.
void MemoryProof::proveSettled(const BurstTable &table, const Target &target, Findings &findings,
                               Effort &effort) const {
  if (target.writeLatency <= 1)
    return;
  std::vector<Access> gathers;
  for (const Access &read : reads)
    if (table[read.burst].what->opcode == Opcode::Gather)
      gathers.push_back(read);
  for (int64_t age = 1; age < target.writeLatency; ++age) {
    auto readsOf = splitByBank(gathers, target);
    const auto writesOf = splitByBank(writes, target);
    for (unsigned bank = 0; bank != target.banksPerSlice; ++bank) {
      for (Appearance &read : readsOf[bank])
        read.first -= age;
      forEachConsumer(
          readsOf[bank], writesOf[bank], effort,
          [&](const Appearance &read, const std::vector<const Appearance *> &candidates) {
            for (const Appearance *write : candidates)
              if (std::optional<Meeting> meeting =
                      meet(read.line(), read.count, write->line(), write->count)) {
                const int64_t written = read.line().at(meeting->a.first);
                const When when{uint64_t(written + age), When::Running, read.burst, uint32_t(age)};
                findings.report(Hazard::BankConflict, when, [&] {
                  return concat(table.describe({read.burst, read.slot + uint32_t(meeting->a.first)}),
                                " reads what a write in cycle ", written, " has not yet stored");
                });
              }
          });
    }
  }
}

static Producer producerOf(const WordsFound &words, uint32_t card) {
  return {card, words.writer->burst, words.writer->plane, words.writer->memory};
}
static Line producingOf(const WordsFound &words) {
  return {words.writer->firstNumber + words.writing.base, words.writing.slope};
}

void MemoryProof::proveRead(const Access &read, const WordHistory::Content &content, const BurstTable &table,
                            const Target &target, FlowChecker &flow, Findings &findings,
                            Effort &effort) const {
  const bool isTable = table[read.burst].what->opcode == Opcode::Gather;
  Operand operand = flow.operand(read.burst, kMemorySlot);
  if (isTable) {
    operand.again = uint64_t(read.cycle.base) != table[read.burst].what->cycle;
    operand.cycles = read.cycle;
    operand.element = "word";
    operand.whole = "table";
  }
  auto whenAt = [&](int64_t element) {
    return When{uint64_t(read.cycle.at(element)), When::Running, read.burst, isTable ? uint32_t(element) : 0};
  };
  for (const Progression &missing : content.missing) {
    flow.skip(operand, missing, effort);
    findings.report(Hazard::UnwrittenRead, whenAt(missing.first), [&] {
      return concat(table.describe({read.burst, isTable ? 0 : uint32_t(missing.first)}), " reads ",
                    wordName(read.word.at(missing.first)), ", which nothing wrote");
    });
  }
  for (const WordsFound &words : content.found) {
    flow.check(operand, words.elements, producerOf(words, flow.cardNumber()), producingOf(words), findings,
               effort);
    if (isTable || words.writer->burst == Producer::initialMemory || target.writeLatency <= 1)
      continue; // Gathers wait for all writes to their bank.
    const Line written = words.writer->cycle.after(words.writing);
    const Line age = read.cycle.after(words.elements.line()) - written;
    const Range young =
        whereAtLeast({-age.base, -age.slope}, 1 - int64_t(target.writeLatency), words.elements.count);
    if (young.empty())
      continue;
    const int64_t element = words.elements.at(young.begin);
    findings.report(Hazard::BankConflict, whenAt(element), [&] {
      return concat(table.describe({read.burst, uint32_t(element)}), " reads what a write in cycle ",
                    written.at(young.begin), " has not yet stored");
    });
  }
}

/// Every access to a bank, and every output in it, has the Scatter before it that its flow says: what may
/// have changed its words is known, though not which words it changed.
void MemoryProof::proveScatters(const BurstTable &table, const Target &target, FlowChecker &flow,
                                Findings &findings, Effort &effort) {
  std::vector<Access> scatters, ends; // Of outputs, by their number here.
  for (const Access &write : writes)
    if (!isDirect(table[write.burst].what->opcode))
      scatters.push_back(write);
  if (scatters.empty())
    return;
  const auto readsOf = splitByBank(reads, target), writesOf = splitByBank(writes, target);
  for (const Region &output : outputs) {
    ends.push_back(output.access);
    ends.back().burst = uint32_t(ends.size() - 1);
  }
  const auto outputsOf = splitByBank(ends, target);
  for (unsigned bank = 0; bank != target.banksPerSlice; ++bank) {
    // A bank's Scatters and the accesses around them, all as if of one word.
    std::vector<Access> changes, looks;
    std::vector<int64_t> firstElements;
    for (const Access &scatter : scatters)
      if (target.bankOf(unsigned(scatter.word.base)) == bank)
        changes.push_back({scatter.burst, {0, 0}, scatter.cycle, scatter.count});
    if (changes.empty())
      continue;
    std::vector<Appearance> parts = readsOf[bank];
    parts.insert(parts.end(), writesOf[bank].begin(), writesOf[bank].end());
    std::sort(parts.begin(), parts.end());
    for (const Appearance &part : parts) {
      looks.push_back({part.burst, {0, 0}, part.line(), part.count});
      firstElements.push_back(part.slot);
    }
    WordHistory history(effort);
    history.run(looks, changes, [&](const Access &look, const WordHistory::Content &content) {
      const Operand operand = flow.operand(look.burst, kScatterSlot);
      const int64_t first = firstElements[size_t(&look - looks.data())];
      for (const WordsFound &found : content.found)
        flow.check(operand, {first + found.elements.first, found.elements.step, found.elements.count},
                   producerOf(found, flow.cardNumber()), found.writing, findings, effort);
    });
    const auto last = std::max_element(changes.begin(), changes.end(), [](const Access &a, const Access &b) {
      return std::pair(a.lastCycle(), a.burst) < std::pair(b.lastCycle(), b.burst);
    });
    for (const Appearance &part : outputsOf[bank]) {
      const Region &output = outputs[part.burst];
      held.push_back({output.consumer,
                      kScatterSlot + output.access.plane,
                      {int64_t(output.vector) + part.slot, 1, part.count},
                      Producer{flow.cardNumber(), last->burst},
                      {last->count - 1, 0}});
    }
  }
}

void MemoryProof::proveOutputs(WordHistory &history, uint32_t card, uint64_t end, Findings &findings) {
  WordHistory::Content content;
  for (const Region &output : outputs) {
    history.find(output.access, {}, content);
    for (const WordsFound &words : content.found)
      held.push_back(
          {output.consumer,
           output.access.plane,
           {int64_t(output.vector) + words.elements.first, words.elements.step, words.elements.count},
           producerOf(words, card),
           producingOf(words)});
    int64_t first = INT64_MAX;
    for (const Progression &missing : content.missing) {
      held.push_back({output.consumer,
                      output.access.plane,
                      {int64_t(output.vector) + missing.first, missing.step, missing.count},
                      std::nullopt,
                      {}});
      first = std::min(first, missing.first);
    }
    if (!content.missing.empty())
      findings.report(Hazard::UnwrittenRead, When{end, When::Finishing, 0, output.order}, [&] {
        return concat("output '", escapeLine(output.name), "', vector ", output.vector + uint64_t(first),
                      ": nothing wrote ", wordName(output.access.word.at(first)), " of card ", card);
      });
  }
}
