//===- ElementProof.cpp - The proof, element by element -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementProof.h"

#include "../../../lib/Verifier/Findings.h"
#include "../../../lib/Verifier/MemoryProof.h"
#include "../../../lib/Verifier/Operands.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Support/Strings.h"
#include "sluice/Verifier/Bursts.h"

#include <map>
#include <memory>
#include <set>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;
using namespace sluice::verifier;
using target::Direction;
using target::Target;

namespace {

/// Who feeds an element: a burst's output's element, or the initial memory.
struct Source {
  uint32_t card, burst, slot, element;
  uint32_t memory = 0; ///< of the initial memory, as FlowEdge numbers it
  bool operator==(const Source &) const = default;
};

struct Element {
  uint64_t cycle;
  bool loads;
  uint32_t burst, index;
  ElementRef ref() const { return {burst, index}; }
  bool operator<(const Element &o) const {
    return std::tie(cycle, loads, burst, index) < std::tie(o.cycle, o.loads, o.burst, o.index);
  }
};

/// The carried flow, looked up element by element.
class Flow {
public:
  Flow(const Program &program, uint32_t card, const std::vector<BurstTable> &tables, Findings &findings)
      : card(card), tables(tables), findings(findings) {
    std::map<Key, std::vector<std::pair<uint32_t, Edge>>> sorted;
    for (size_t index = 0; index != program.cards[card].flow.size(); ++index)
      read(index, program.cards[card].flow[index], sorted);
    for (auto &[key, edges] : sorted) {
      std::sort(edges.begin(), edges.end());
      for (const auto &[first, edge] : edges) {
        carried[key] += edge.count;
        if (first < ends[key])
          findings.report(
              Hazard::FlowMismatch, When{cycleOf(std::get<0>(key)), When::Reading, std::get<0>(key)}, [&] {
                return concat("slot ", std::get<1>(key), " of ", table().describe({std::get<0>(key), first}),
                              " has two carried producers");
              });
        ends[key] = std::max(ends[key], first + edge.count);
        for (uint32_t i = 0; i != edge.count; ++i)
          expected.try_emplace({key, first + i},
                               std::pair(Source{edge.card, edge.burst, edge.slot, edge.first, edge.memory},
                                         int64_t(edge.first) + int64_t(i) * edge.step));
      }
    }
  }

  /// Elements of weights and tables are column groups and words: of `whole`. `again`: a second look.
  void check(uint32_t burst, uint32_t slot, uint32_t plane, uint32_t element, uint64_t cycle, Source source,
             std::string_view whole = "", bool again = false) {
    if (!again)
      emit(burst, slot, plane, element, source);
    auto found = expected.find({{burst, slot, plane}, element});
    if (found != expected.end()) {
      taken[{burst, slot, plane}] += !again;
      Source carriedSource = found->second.first;
      const int64_t number = found->second.second;
      carriedSource.element = uint32_t(number);
      if (carriedSource == source && number == source.element)
        return;
    }
    const bool own = whole.empty();
    findings.report(Hazard::FlowMismatch,
                    When{cycle, When::Running, burst,
                         burst >= table().size() ? element << 2 | (slot & 3)
                                                 : slot << 16 | plane << 8 | (own ? 0 : element)},
                    [&] {
                      return concat(own ? concat("slot ", slot, " of ")
                                        : concat(slot == kWeightsSlot ? "column group " : "word ", element,
                                                 " of the ", whole, " of "),
                                    table().describe({burst, own ? element : 0}), " is fed by ",
                                    describe(source, source.element), ", but the carried flow has ",
                                    found == expected.end()
                                        ? "nothing for it"
                                        : describe(found->second.first, found->second.second));
                    });
  }
  /// How many words of a Gather's table are carried.
  uint32_t tableWords(uint32_t burst) {
    auto found = ends.find({burst, kMemorySlot, 0});
    return found == ends.end() ? 0 : found->second;
  }
  void skip(uint32_t burst, uint32_t slot, uint32_t element) {
    taken[{burst, slot, 0}] += expected.count({{burst, slot, 0}, element});
  }
  void finish() {
    for (const auto &[key, count] : carried)
      if (const auto &[burst, slot, plane] = key; taken[key] != count)
        findings.report(
            Hazard::FlowMismatch, When{cycleOf(burst), When::Finishing, burst, slot << 8 | plane}, [&] {
              return concat("slot ", slot, " of ", table().describe({burst, 0}), " takes ", taken[key],
                            " elements that the carried flow knows, which has ", count);
            });
  }
  std::vector<proto::FlowEdge> derived;

private:
  using Key = std::tuple<uint32_t, uint32_t, uint32_t>; ///< burst, slot, plane
  struct Edge {
    uint32_t count, card, burst, slot, first;
    int32_t step;
    uint32_t memory;
    auto operator<=>(const Edge &) const = default;
  };
  const BurstTable &table() const { return tables[card]; }
  uint64_t cycleOf(uint32_t burst) const { return table().cycleOf(burst); }

  void read(size_t index, const proto::FlowEdge &edge,
            std::map<Key, std::vector<std::pair<uint32_t, Edge>>> &sorted) {
    auto reject = [&](std::string_view why) {
      findings.report(Hazard::FlowMismatch, uint64_t(0),
                      [&] { return concat("flow edge ", index, ": ", why); });
    };
    const bool isOutput = edge.queue() == kOutput;
    if (!(isOutput ? edge.instruction() < table().outputs()
                   : table().has(edge.queue(), edge.instruction())) ||
        edge.slot() > 0xff)
      return reject("its consumer does not exist");
    const bool initial = edge.producer_queue() == kInitialMemory;
    const uint32_t from = edge.slot() == kReceiveSlot ? edge.producer_card() : card;
    if (!initial &&
        (from >= tables.size() || !tables[from].has(edge.producer_queue(), edge.producer_instruction())))
      return reject("its producer does not exist");
    if (edge.count() == 0 || uint64_t(edge.first()) + edge.count() > (isOutput ? UINT32_MAX : kMaxCount) ||
        edge.producer_slot() > 0xff)
      return reject("its elements make no sense");
    const uint32_t plane = edge.slot() == kWeightsSlot ? edge.producer_slot() : 0;
    Edge read{edge.count(),
              card,
              kInitialMemory,
              edge.producer_slot(),
              edge.producer_first(),
              edge.producer_step(),
              edge.producer_instruction()};
    if (!initial)
      read = {edge.count(),
              from,
              tables[from].number(edge.producer_queue(), edge.producer_instruction()),
              edge.producer_slot(),
              edge.producer_first(),
              edge.producer_step(),
              0};
    const uint32_t consumer = isOutput ? table().numberOfOutput(edge.instruction())
                                       : table().number(edge.queue(), edge.instruction());
    sorted[{consumer, edge.slot(), plane}].push_back({edge.first(), read});
  }
  std::string describe(const Source &source, int64_t element) const {
    if (source.burst == kInitialMemory)
      return table().describeInitial(source.memory, source.slot, element);
    const BurstTable &from = tables[source.card];
    std::string text =
        element >= 0 && element < from[source.burst].what->count
            ? from.describe({source.burst, uint32_t(element)})
            : concat("element ", element, ", which is not there, of ", from.describe({source.burst, 0}));
    if (source.card != card)
      text = concat("card ", source.card, "'s ", text);
    return source.slot == 0 ? text : concat("output ", source.slot, " of ", text);
  }
  void emit(uint32_t burst, uint32_t slot, uint32_t plane, uint32_t element, const Source &source) {
    proto::FlowEdge edge;
    const bool isOutput = burst >= table().size();
    edge.set_queue(isOutput ? kOutput : table()[burst].queue);
    edge.set_instruction(isOutput ? burst - uint32_t(table().size()) : table()[burst].instruction);
    edge.set_slot(slot);
    edge.set_first(element);
    edge.set_count(1);
    edge.set_producer_queue(kInitialMemory);
    edge.set_producer_instruction(source.memory);
    edge.set_producer_slot(source.slot);
    edge.set_producer_first(source.element);
    if (source.burst != kInitialMemory) {
      edge.set_producer_card(source.card);
      edge.set_producer_queue(tables[source.card][source.burst].queue);
      edge.set_producer_instruction(tables[source.card][source.burst].instruction);
      edge.set_producer_slot(slot == kWeightsSlot ? plane : source.slot);
      edge.set_producer_first(source.element);
      edge.set_producer_step(1);
    }
    derived.push_back(edge);
  }

  uint32_t card;
  const std::vector<BurstTable> &tables;
  Findings &findings;
  std::map<std::pair<Key, uint32_t>, std::pair<Source, int64_t>> expected;
  std::map<Key, uint64_t> carried, taken;
  std::map<Key, uint32_t> ends;
};

/// The abstract run of one card.
class Run {
public:
  Run(const Program &program, uint32_t card, const std::vector<BurstTable> &tables, const Target &target,
      Findings &findings)
      : flow(program, card, tables, findings), program(program), card(card), table(tables[card]),
        target(target), findings(findings) {}

  void run() {
    initialise();
    std::set<Element> elements;
    for (uint32_t burst = 0; burst != table.size(); ++burst)
      for (uint32_t i = 0; i != table[burst].what->count; ++i)
        elements.insert({table[burst].what->cycle + uint64_t(i) * table[burst].what->interval,
                         table[burst].what->opcode == Opcode::Install, burst, i});
    for (const Element &element : elements) {
      dispatch(element);
      lastEffect = std::max(
          lastEffect, element.cycle + std::max(1u, latencyOf(table[element.burst].what->opcode, target)));
    }
    checkOutputs();
  }
  /// Words that hold something in the end.
  uint64_t wordsUsed() const { return words.size(); }

  Flow flow;
  uint64_t lastEffect = 0;
  std::map<unsigned, std::vector<Element>> sends, receives; ///< by link

private:
  using Place = std::tuple<uint32_t, uint32_t, int64_t>; ///< hemisphere, slice, word or bank
  std::string wordName(const Place &place) const {
    const auto &[hemisphere, slice, word] = place;
    return concat("slice ", hemisphere == 0 ? "e" : "w", slice, " word ", word);
  }
  std::string name(const Element &element) const { return table.describe(element.ref()); }
  When when(const Element &element, uint32_t order = 0) const {
    return {element.cycle, When::Running, element.burst, order};
  }

  void initialise();
  void checkOutputs();
  void dispatch(const Element &element);
  void takeStreams(const Element &element);
  void giveStreams(const Element &element);
  void access(const Element &element);
  void read(const Element &element, const Place &word);
  void lookAtTable(const Element &element, Place word);
  void chain(const Element &element);
  void install(const Element &element);
  void multiply(const Element &element);
  void accumulate(const Element &element);

  struct Value {
    int position;
    Element element;
    uint32_t slot;
  };
  struct Word {
    uint32_t burst = kInitialMemory, element = 0;
    uint64_t cycle = 0;
    uint32_t memory = 0, plane = 0; ///< of the initial memory
  };
  struct Plane {
    std::map<uint32_t, Element> loading;
    std::optional<uint32_t> swappedBy;
    std::optional<std::pair<Element, uint64_t>> busy; ///< and until when
    std::map<int64_t, Element> rows;
  };

  Source sourceOf(const Word &word) const {
    return {card, word.burst, word.plane, word.element, word.memory};
  }

  const Program &program;
  const uint32_t card;
  const BurstTable &table;
  const Target &target;
  Findings &findings;
  std::map<uint32_t, Element> lastOfQueue;
  std::map<std::tuple<int, unsigned, int64_t>, std::vector<Value>>
      streams; ///< by direction, stream, diagonal
  std::map<Place, Word> words;
  std::map<Place, Element> bankRead; ///< latest, by bank
  std::map<Place, uint64_t> bankWritten;
  std::map<Place, Element> bankScattered;                                ///< latest, by bank
  std::map<std::pair<uint32_t, uint64_t>, std::vector<Element>> results; ///< by ALU and cycle
  std::map<std::pair<uint32_t, uint32_t>, Plane> planes;
  std::map<uint32_t, uint32_t> weightsOf;
};

} // namespace

template <typename Visit>
static void forEachWord(const proto::Placement &placement, Visit &&visit) {
  uint32_t plane = 0;
  for (uint32_t slice : placement.slices()) {
    for (uint64_t vector = 0; vector != placement.count(); ++vector)
      visit(std::tuple<uint32_t, uint32_t, int64_t>(placement.hemisphere(), slice,
                                                    int64_t(placement.address()) +
                                                        int64_t(vector) * placement.step()),
            placement.first() + vector, plane);
    ++plane;
  }
}

void Run::initialise() {
  uint32_t order = 0;
  auto add = [&](const Place &place, std::string_view what, const Word &word) {
    if (!words.try_emplace(place, word).second)
      findings.report(Hazard::Capacity, When{0, When::Running, 0, order++}, [&] {
        return concat("card ", card, ", ", wordName(place), " of '", what, "' is initialised twice");
      });
  };
  uint32_t number = 0;
  for (const proto::MemoryRun &run : program.cards[card].memory) {
    for (uint32_t word = 0; word != run.words(); ++word)
      add({run.hemisphere(), run.slice(), run.address() + word}, "initial memory",
          {kInitialMemory, word, 0, number, 0});
    ++number;
  }
  for (const proto::Binding &input : program.metadata.inputs()) {
    for (const proto::Placement &placement : input.placements())
      if (placement.card() == card)
        forEachWord(placement, [&](const Place &place, uint64_t vector, uint32_t plane) {
          add(place, input.name(), {kInitialMemory, uint32_t(vector), 0, number, plane});
        });
    ++number;
  }
}

void Run::checkOutputs() {
  const uint64_t end = program.metadata.cycles();
  uint32_t order = 0, number = table.numberOfOutput(0);
  for (const proto::Binding &output : program.metadata.outputs()) {
    for (const proto::Placement &placement : output.placements())
      if (placement.card() == card)
        forEachWord(placement, [&](const Place &place, uint64_t vector, uint32_t plane) {
          ++order;
          if (auto found = words.find(place); found != words.end())
            flow.check(number, plane, 0, uint32_t(vector), end, sourceOf(found->second));
          else {
            flow.skip(number, plane, uint32_t(vector));
            findings.report(Hazard::UnwrittenRead, When{end, When::Finishing, 0, order}, [&] {
              return concat("output '", output.name(), "', vector ", vector, ": nothing wrote ",
                            wordName(place), " of card ", card);
            });
          }
          const auto &[hemisphere, slice, word] = place;
          const Place bank{hemisphere, slice, target.bankOf(unsigned(word))};
          if (auto before = bankScattered.find(bank); before != bankScattered.end())
            flow.check(number, kScatterSlot + plane, 0, uint32_t(vector), end,
                       {card, before->second.burst, 0, before->second.index});
        });
    ++number;
  }
  const uint64_t used = words.size() * target.lanes(),
                 text = textWords(program.cards[card]) * target.instructionBytes;
  if (used + text > target.memoryBytes())
    findings.report(Hazard::Capacity, When{end, When::Finishing}, [&] {
      return concat("card ", card, " needs ", used, " bytes of memory and ", text, " bytes of text; it has ",
                    target.memoryBytes());
    });
}

void Run::dispatch(const Element &element) {
  const BurstTable::Entry &entry = table[element.burst];
  if (auto last = lastOfQueue.find(entry.queue); last != lastOfQueue.end()) {
    const uint64_t behind = element.cycle - last->second.cycle;
    if (behind == 0)
      findings.report(Hazard::QueueOverlap, when(element), [&] {
        return concat(name(element), " is dispatched together with ", name(last->second));
      });
    if (entry.where->unit == Unit::Link && behind < target.linkInterval)
      findings.report(Hazard::LinkConflict, when(element), [&] {
        return concat(name(element), " is ", behind, " cycles behind ", name(last->second),
                      "; the link needs ", target.linkInterval);
      });
  }
  lastOfQueue[entry.queue] = element;
  takeStreams(element);
  switch (entry.where->unit) {
  case Unit::MemRead:
  case Unit::MemWrite:
    access(element);
    break;
  case Unit::Alu:
    chain(element);
    break;
  case Unit::Link:
    (entry.what->opcode == Opcode::Send ? sends : receives)[unsigned(entry.what->link)].push_back(element);
    break;
  case Unit::Installer:
    install(element);
    break;
  case Unit::Multiplier:
    multiply(element);
    break;
  default:
    break;
  }
  giveStreams(element);
}

//===----------------------------------------------------------------------===//
// Streams and chains
//===----------------------------------------------------------------------===//

void Run::takeStreams(const Element &element) {
  const BurstTable::Entry &entry = table[element.burst];
  const int position = positionOf(*entry.where, target);
  for (const StreamUse &use : streamInputs(*entry.where, *entry.what, target)) {
    if (use.firstElementOnly && element.index != 0)
      continue;
    const int64_t cycle = int64_t(element.cycle) + use.offset;
    auto found =
        streams.find({int(use.direction), use.stream, Target::diagonal(use.direction, cycle, position)});
    const Value *nearest = nullptr;
    auto travelled = [&](const Value &value) {
      return use.direction == Direction::East ? position - value.position : value.position - position;
    };
    if (found != streams.end())
      for (const Value &value : found->second)
        if (travelled(value) >= 0 && (!nearest || travelled(value) < travelled(*nearest)))
          nearest = &value;
    if (nearest) {
      flow.check(element.burst, use.slot, 0, element.index, element.cycle,
                 {card, nearest->element.burst, nearest->slot, nearest->element.index});
      continue;
    }
    flow.skip(element.burst, use.slot, element.index);
    findings.report(Hazard::StreamEmpty, when(element, use.slot), [&] {
      return concat("slot ", use.slot, " of ", name(element), ": stream ",
                    use.direction == Direction::East ? "e" : "w", use.stream,
                    " is empty at its unit in cycle ", cycle);
    });
  }
}

void Run::giveStreams(const Element &element) {
  const BurstTable::Entry &entry = table[element.burst];
  const int position = positionOf(*entry.where, target);
  for (const StreamUse &use : streamOutputs(*entry.where, *entry.what, target)) {
    const int64_t cycle = int64_t(element.cycle) + use.offset;
    auto &values =
        streams[{int(use.direction), use.stream, Target::diagonal(use.direction, cycle, position)}];
    for (const Value &other : values)
      if (other.position == position)
        findings.report(Hazard::StreamConflict, when(element, use.slot), [&] {
          return concat(name(element), " and ", name(other.element), " both drive stream ",
                        use.direction == Direction::East ? "e" : "w", use.stream, " at position ", position,
                        " in cycle ", cycle);
        });
    values.push_back({position, element, use.slot});
  }
}

void Run::chain(const Element &element) {
  const Instruction &what = *table[element.burst].what;
  const std::pair<int32_t, int32_t> operands[] = {
      {what.aKind, what.aLocation}, {what.bKind, what.bLocation}, {what.cKind, what.cLocation}};
  for (uint32_t index = 0; index != aluOperands(what.opcode); ++index) {
    const auto &[kind, alu] = operands[index];
    if (OperandKind(kind) != OperandKind::Alu)
      continue;
    const std::vector<Element> &found = results[{uint32_t(alu), element.cycle}];
    if (found.size() == 1) {
      flow.check(element.burst, kChainSlot + index, 0, element.index, element.cycle,
                 {card, found[0].burst, 0, found[0].index});
      continue;
    }
    flow.skip(element.burst, kChainSlot + index, element.index);
    findings.report(Hazard::ChainMissing, when(element, kChainSlot + index), [&] {
      return concat("operand ", index, " of ", name(element), ": ALU ", alu,
                    found.empty() ? " gives no result" : " gives two results", " in cycle ", element.cycle);
    });
  }
  results[{table[element.burst].where->index, element.cycle + latencyOf(what.opcode, target)}].push_back(
      element);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

void Run::access(const Element &element) {
  const BurstTable::Entry &entry = table[element.burst];
  const bool direct = entry.what->opcode == Opcode::Read || entry.what->opcode == Opcode::Write;
  const int64_t address = entry.what->address + (direct ? int64_t(element.index) * entry.what->step : 0);
  const auto hemisphere = uint32_t(entry.where->hemisphere);
  const Place bank{hemisphere, entry.where->index, target.bankOf(unsigned(address))};
  const Place word{hemisphere, entry.where->index, address};
  if (auto before = bankScattered.find(bank); before != bankScattered.end())
    flow.check(element.burst, kScatterSlot, 0, element.index, element.cycle,
               {card, before->second.burst, 0, before->second.index});
  if (entry.what->opcode == Opcode::Scatter)
    bankScattered.insert_or_assign(bank, element);
  if (entry.where->unit == Unit::MemRead) {
    // Of two reads in one cycle, which is a queue overlap, the first one counts.
    if (auto [place, fresh] = bankRead.try_emplace(bank, element);
        !fresh && place->second.cycle != element.cycle)
      place->second = element;
    return read(element, word);
  }
  if (auto place = bankRead.find(bank); place != bankRead.end() && place->second.cycle == element.cycle)
    findings.report(Hazard::BankConflict, when(element, place->second.burst), [&] {
      return concat(name(element), " and ", name(place->second), " both access bank ", std::get<2>(bank));
    });
  bankWritten[bank] = element.cycle;
  if (entry.what->opcode == Opcode::Write)
    words[word] = {element.burst, element.index, element.cycle};
}

void Run::read(const Element &element, const Place &word) {
  auto reportSettling = [&](uint64_t written) {
    findings.report(Hazard::BankConflict, when(element), [&] {
      return concat(name(element), " reads what a write in cycle ", written, " has not yet stored");
    });
  };
  if (table[element.burst].what->opcode == Opcode::Gather) {
    const Place bank{std::get<0>(word), std::get<1>(word), target.bankOf(unsigned(std::get<2>(word)))};
    auto written = bankWritten.find(bank);
    if (written != bankWritten.end() && element.cycle - written->second < target.writeLatency)
      reportSettling(written->second);
    if (element.index == 0 || element.index + 1 == table[element.burst].what->count)
      lookAtTable(element, word);
    return;
  }
  auto found = words.find(word);
  if (found == words.end()) {
    flow.skip(element.burst, kMemorySlot, element.index);
    findings.report(Hazard::UnwrittenRead, when(element), [&] {
      return concat(name(element), " reads ", wordName(word), ", which nothing wrote");
    });
    return;
  }
  const Word &content = found->second;
  if (content.burst != kInitialMemory && element.cycle - content.cycle < target.writeLatency)
    reportSettling(content.cycle);
  flow.check(element.burst, kMemorySlot, 0, element.index, element.cycle, sourceOf(content));
}

/// A Gather has a table, all words of which are as carried with its first and its last element.
void Run::lookAtTable(const Element &element, Place word) {
  if (flow.tableWords(element.burst) == 0 && element.index == 0)
    findings.report(Hazard::FlowMismatch, when(element, kMemorySlot << 16), [&] {
      return concat("the carried flow has no table for ", table.describe({element.burst, 0}));
    });
  const int64_t begin = std::get<2>(word), left = target.wordsPerBank - begin % target.wordsPerBank;
  for (uint32_t i = 0; i != std::min<int64_t>(flow.tableWords(element.burst), left); ++i) {
    std::get<2>(word) = begin + i;
    auto found = words.find(word);
    if (found != words.end()) {
      flow.check(element.burst, kMemorySlot, 0, i, element.cycle, sourceOf(found->second), "table",
                 element.index != 0);
      continue;
    }
    if (element.index == 0)
      flow.skip(element.burst, kMemorySlot, i);
    findings.report(Hazard::UnwrittenRead, when(element, i), [&] {
      return concat(table.describe({element.burst, 0}), " reads ", wordName(word), ", which nothing wrote");
    });
  }
}

//===----------------------------------------------------------------------===//
// Planes
//===----------------------------------------------------------------------===//

void Run::install(const Element &element) {
  const BurstTable::Entry &entry = table[element.burst];
  const uint32_t group = uint32_t(entry.what->column) + element.index;
  auto &loading = planes[{uint32_t(entry.where->hemisphere), entry.where->index}].loading;
  if (auto [place, fresh] = loading.try_emplace(group, element); !fresh) {
    findings.report(Hazard::WeightsMissing, When{element.cycle, When::Loading, element.burst}, [&] {
      return concat(name(element), " overwrites column group ", group, " of ", name(place->second),
                    " before any multiply took it");
    });
    place->second = element;
  }
}

void Run::multiply(const Element &element) {
  const BurstTable::Entry &entry = table[element.burst];
  const bool tandem = entry.what->opcode == Opcode::MultiplyF16;
  const unsigned first = entry.where->index, count = tandem ? 2 : 1;
  for (unsigned index = first; index != first + count; ++index) {
    Plane &plane = planes[{uint32_t(entry.where->hemisphere), index}];
    if (plane.busy && element.cycle < plane.busy->second)
      findings.report(Hazard::PlaneConflict, when(element, index), [&] {
        return concat(name(element), " needs a plane that is busy until cycle ", plane.busy->second, " with ",
                      name(plane.busy->first));
      });
    plane.busy = {element, element.cycle + (tandem ? target.f16RowInterval : 1)};

    auto report = [&](uint32_t order, const std::string &why) {
      findings.report(Hazard::WeightsMissing, when(element, order),
                      [&] { return concat(name(element), why); });
    };
    if (element.index == 0 && entry.what->swap) {
      if (plane.loading.empty())
        report(index - first, concat(" takes the loading slot of plane ", index - first,
                                     ", into which nothing was installed"));
      for (const auto &[group, installed] : plane.loading)
        flow.check(element.burst, kWeightsSlot, index - first, group, element.cycle,
                   {card, installed.burst, index - first, installed.index}, "weights");
      plane.loading.clear();
      plane.swappedBy = element.burst;
    }
    if (!plane.swappedBy) {
      report(2 + index, concat(": plane ", index, " has no weights in use"));
      continue;
    }
    if (element.index == 0 && index == first)
      weightsOf[element.burst] = *plane.swappedBy;
    auto finds = [&](std::string_view which) {
      report(2 + index, concat(" finds weights ", which, "in use that ",
                               table.describe({*plane.swappedBy, 0}), " took"));
    };
    auto weights = weightsOf.find(element.burst);
    if (weights != weightsOf.end() && *plane.swappedBy != weights->second)
      finds("");
    else if ((table[*plane.swappedBy].what->opcode == Opcode::MultiplyF16) != tandem)
      finds("of the other type ");
  }
  accumulate(element);
}

void Run::accumulate(const Element &element) {
  const BurstTable::Entry &entry = table[element.burst];
  auto &rows = planes[{uint32_t(entry.where->hemisphere), entry.where->index}].rows;
  const int64_t row = entry.what->accumulator + int64_t(element.index);
  auto found = rows.find(row);
  if (entry.what->accumulate) {
    auto report = [&](uint32_t order, const std::string &why) {
      findings.report(Hazard::AccumulatorMissing, when(element, order),
                      [&] { return concat(name(element), ": accumulator row ", row, " ", why); });
    };
    if (found == rows.end()) {
      flow.skip(element.burst, kAccumulatorSlot, element.index);
      report(0, "holds nothing");
    } else {
      const Element &before = found->second;
      if (element.cycle - before.cycle < target.f16RowInterval)
        report(0, concat("was set only in cycle ", before.cycle, " by ", name(before)));
      if (table[before.burst].what->opcode != entry.what->opcode)
        report(1, concat("holds the other type, of ", name(before)));
      flow.check(element.burst, kAccumulatorSlot, 0, element.index, element.cycle,
                 {card, before.burst, 0, before.index});
    }
  }
  rows[row] = element;
}

//===----------------------------------------------------------------------===//
// All cards
//===----------------------------------------------------------------------===//

/// A Receive takes what arrives in its cycle, of the Send of the smallest number.
static void proveLink(uint32_t from, uint32_t to, unsigned sendingLink,
                      std::vector<std::unique_ptr<Run>> &runs, const std::vector<BurstTable> &tables,
                      const Target &target, std::vector<Findings> &findings) {
  const unsigned receivingLink = target.localLink(to, from);
  const std::vector<Element> &sends = runs[from]->sends[sendingLink],
                             &receives = runs[to]->receives[receivingLink];
  for (const Element &receive : receives) {
    const Element *sent = nullptr;
    for (const Element &send : sends)
      if (!sent && send.cycle + target.linkLatency == receive.cycle)
        sent = &send;
    if (sent) {
      runs[to]->flow.check(receive.burst, kReceiveSlot, 0, receive.index, receive.cycle,
                           {from, sent->burst, 0, sent->index});
      continue;
    }
    runs[to]->flow.skip(receive.burst, kReceiveSlot, receive.index);
    findings[to].report(Hazard::LinkMismatch, When{receive.cycle, When::Running, receive.burst}, [&] {
      return concat(tables[to].describe(receive.ref()), " finds nothing: card ", from, " sends nothing ",
                    target.linkLatency, " cycles before");
    });
  }
  for (const Element &send : sends) {
    const uint64_t arrival = send.cycle + target.linkLatency;
    if (std::none_of(receives.begin(), receives.end(), [&](const Element &r) { return r.cycle == arrival; }))
      findings[from].report(Hazard::LinkMismatch, When{send.cycle, When::Running, send.burst}, [&] {
        return concat(tables[from].describe(send.ref()), " arrives in cycle ", arrival, " at card ", to,
                      " link ", receivingLink, ", which receives nothing then");
      });
  }
}

ElementProof test::proveElements(const Program &program, const Target &target) {
  const auto cards = uint32_t(program.cards.size());
  std::vector<BurstTable> tables;
  std::vector<Findings> findings;
  for (uint32_t card = 0; card != cards; ++card) {
    tables.emplace_back(program, card);
    findings.emplace_back(card);
  }
  checkCapacity(program, target, findings);
  std::vector<std::unique_ptr<Run>> runs(cards);
  for (uint32_t card = 0; card != cards; ++card) {
    checkOperands(program, card, tables[card], target, findings[card]);
    if (!findings[card].empty())
      continue;
    runs[card] = std::make_unique<Run>(program, card, tables, target, findings[card]);
    runs[card]->run();
  }
  for (uint32_t from = 0; from != cards; ++from)
    for (unsigned link = 0; link != target.localLinks; ++link) {
      const unsigned to = target.localPeer(from, link);
      if (to >= cards || !runs[to])
        continue;
      if (runs[from])
        proveLink(from, to, link, runs, tables, target, findings);
      else
        for (const Element &receive : runs[to]->receives[target.localLink(to, from)])
          runs[to]->flow.skip(receive.burst, kReceiveSlot, receive.index);
    }
  ElementProof proof;
  uint64_t end = 0;
  for (uint32_t card = 0; card != cards; ++card)
    if (runs[card]) {
      runs[card]->flow.finish();
      end = std::max(end, runs[card]->lastEffect);
    }
  const bool isKnown = std::all_of(runs.begin(), runs.end(), [](const auto &run) { return run != nullptr; });
  for (uint32_t card = 0; card != cards; ++card) {
    const When when{end, When::Finishing, 0, card == 0 && program.metadata.cycles() != end ? 0u : 1u};
    if (isKnown && when.order == 0)
      findings[card].report(Hazard::FalseFigure, when, [&] {
        return concat("the program is said to take ", program.metadata.cycles(), " cycles and takes ", end);
      });
    else if (isKnown && program.cards[card].memoryWordsUsed != runs[card]->wordsUsed())
      findings[card].report(Hazard::FalseFigure, when, [&] {
        return concat("card ", card, " is said to use ", program.cards[card].memoryWordsUsed,
                      " words of memory and uses ", runs[card]->wordsUsed());
      });
    proof.flow.push_back(runs[card] ? runs[card]->flow.derived : std::vector<proto::FlowEdge>());
    for (const Finding &finding : findings[card].sorted())
      proof.findings.push_back(finding);
  }
  return proof;
}
