//===- Compare.cpp - How two binaries differ ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Hash.h"
#include "Serialize.h"

#include "sluice/Binary/Compare.h"
#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/Printer.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/Strings.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>

using namespace sluice;
using namespace sluice::binary;
using Bindings = google::protobuf::RepeatedPtrField<proto::Binding>;

namespace {

/// A word of a card's initial memory.
struct Word {
  uint32_t hemisphere, slice, address;
  std::string_view content;
  auto place() const { return std::tie(hemisphere, slice, address); }
};

/// The instructions of one queue of one program, with their nodes; none where the program lacks the queue.
struct QueueView {
  const Program *program = nullptr;
  const QueueProgram *queue = nullptr;
  size_t size() const { return queue ? queue->instructions.size() : 0; }
  const Instruction &at(size_t index) const { return queue->instructions[index]; }
  const std::string &node(size_t index) const {
    return program->metadata.locations(static_cast<int>(queue->locations[index]));
  }
};

class Comparison {
public:
  Comparison(const Program &a, const Program &b, Scope scope)
      : a(a), b(b), everything(scope == Scope::Everything) {}

  std::vector<std::string> run() {
    compareMetadata();
    for (size_t card = 0; card != std::min(a.cards.size(), b.cards.size()); ++card) {
      compareMemory(card);
      compareQueues(card);
      if (everything)
        compareFlow(card);
    }
    return std::move(found);
  }

private:
  template <typename T>
  void compareValue(std::string_view name, const T &x, const T &y) {
    if (x != y)
      found.push_back(concat(name, ": ", x, " | ", y));
  }

  /// Of what a model or another compiler wrote.
  void compareText(std::string_view name, const std::string &x, const std::string &y) {
    if (x != y)
      found.push_back(concat(name, ": ", escapeLine(x), " | ", escapeLine(y)));
  }

  void compareMetadata() {
    const proto::Metadata &x = a.metadata, &y = b.metadata;
    compareText("target", x.target(), y.target());
    compareValue("target version", x.target_version(), y.target_version());
    compareValue("cycles", x.cycles(), y.cycles());
    compareValue("cards", a.cards.size(), b.cards.size());
    compareBindings("input", x.inputs(), y.inputs());
    compareBindings("output", x.outputs(), y.outputs());
    if (!everything)
      return;
    compareText("producer", x.producer(), y.producer());
    if (x.stats_json() != y.stats_json())
      found.push_back("statistics differ");
  }

  void compareBindings(std::string_view kind, const Bindings &x, const Bindings &y) {
    compareValue(concat(kind, "s"), x.size(), y.size());
    for (int i = 0; i != std::min(x.size(), y.size()); ++i) {
      const std::string was = concat(escapeLine(x[i].name()), " ", printType(x[i].type())),
                        is = concat(escapeLine(y[i].name()), " ", printType(y[i].type()));
      if (x[i].name() != y[i].name() || was != is)
        found.push_back(concat(kind, " ", i, ": ", was, " | ", is));
      else if (serialize(x[i]) != serialize(y[i]))
        found.push_back(concat(kind, " ", was, " lies in other places"));
    }
  }

  static std::vector<Word> wordsOf(const Program &program, size_t index) {
    const Card &card = program.cards[index];
    const unsigned lanes = target::targetByName(program.metadata.target())->lanes();
    std::vector<Word> words;
    for (const proto::MemoryRun &run : card.memory)
      for (uint32_t i = 0; i != run.words(); ++i)
        words.push_back({run.hemisphere(), run.slice(), run.address() + i,
                         std::string_view(card.data).substr(run.offset() + size_t(i) * lanes, lanes)});
    std::sort(words.begin(), words.end(), [](const Word &x, const Word &y) { return x.place() < y.place(); });
    return words;
  }

  /// Calls `visit(element of x or null, element of y or null)` for sorted lists, equal keys paired.
  template <typename Key, typename Visit>
  static void pairUp(size_t xs, size_t ys, Key less, Visit visit) {
    for (size_t i = 0, j = 0; i != xs || j != ys;) {
      const bool takeX = j == ys || (i != xs && !less(false, j, i)),
                 takeY = i == xs || (j != ys && !less(true, i, j));
      visit(takeX ? std::optional(i) : std::nullopt, takeY ? std::optional(j) : std::nullopt);
      i += takeX, j += takeY;
    }
  }

  void compareMemory(size_t card) {
    const std::vector<Word> x = wordsOf(a, card), y = wordsOf(b, card);
    size_t count = 0;
    const Word *first = nullptr;
    auto less = [&](bool xFirst, size_t i, size_t j) {
      return xFirst ? x[i].place() < y[j].place() : y[i].place() < x[j].place();
    };
    pairUp(x.size(), y.size(), less, [&](std::optional<size_t> i, std::optional<size_t> j) {
      if (i && j && (!everything || x[*i].content == y[*j].content))
        return;
      ++count;
      if (!first)
        first = i ? &x[*i] : &y[*j];
    });
    if (first)
      found.push_back(concat("card ", card, " initial memory: ", count, " of ", x.size(), " | ", y.size(),
                             " words differ, the first is word ", first->address, " of mem.",
                             first->hemisphere == 0 ? "e" : "w", first->slice));
  }

  void compareQueues(size_t card) {
    std::map<Queue, std::pair<QueueView, QueueView>> queues;
    for (const QueueProgram &queue : a.cards[card].queues)
      queues[queue.queue].first = {&a, &queue};
    for (const QueueProgram &queue : b.cards[card].queues)
      queues[queue.queue].second = {&b, &queue};
    for (const auto &[queue, views] : queues)
      compareQueue(concat("card ", card, " ", queueName(queue)), views.first, views.second);
  }

  void compareQueue(const std::string &name, const QueueView &x, const QueueView &y) {
    size_t count = 0;
    std::string first;
    auto less = [&](bool xFirst, size_t i, size_t j) {
      return xFirst ? x.at(i).cycle < y.at(j).cycle : y.at(i).cycle < x.at(j).cycle;
    };
    pairUp(x.size(), y.size(), less, [&](std::optional<size_t> i, std::optional<size_t> j) {
      if (i && j && x.at(*i) == y.at(*j) && (!everything || x.node(*i) == y.node(*j)))
        return;
      if (count++ == 0)
        first = concat("\n  a: ", line(x, i), "\n  b: ", line(y, j));
    });
    if (count)
      found.push_back(concat(name, ": ", x.size(), " | ", y.size(), " instructions, which differ in ", count,
                             count == 1 ? " cycle:" : " cycles, first:", first));
  }

  static std::string line(const QueueView &view, std::optional<size_t> index) {
    if (!index)
      return "nothing in that cycle";
    const Instruction &instruction = view.at(*index);
    const std::string &node = view.node(*index);
    return concat("cycle ", instruction.cycle, "  ",
                  printInstruction(instruction, *target::targetByName(view.program->metadata.target())),
                  node.empty() ? "" : "  ; ", escapeLine(node));
  }

  void compareFlow(size_t card) {
    const std::vector<proto::FlowEdge> &x = a.cards[card].flow, &y = b.cards[card].flow;
    size_t count = std::max(x.size(), y.size());
    for (size_t i = 0; i != std::min(x.size(), y.size()); ++i)
      count -= serialize(x[i]) == serialize(y[i]);
    if (count)
      found.push_back(
          concat("card ", card, " flow: ", count, " of ", x.size(), " | ", y.size(), " edges differ"));
  }

  const Program &a, &b;
  const bool everything;
  std::vector<std::string> found;
};

} // namespace

std::vector<std::string> binary::differences(const Program &a, const Program &b, Scope scope) {
  return Comparison(a, b, scope).run();
}

/// Words that follow one another in a slice, from whatever runs, as (hemisphere, slice, address, words).
static std::vector<std::array<uint32_t, 4>> extents(std::vector<proto::MemoryRun> runs) {
  auto place = [](const proto::MemoryRun &run) {
    return std::tuple(run.hemisphere(), run.slice(), run.address());
  };
  std::sort(runs.begin(), runs.end(), [&](const auto &x, const auto &y) { return place(x) < place(y); });
  std::vector<std::array<uint32_t, 4>> result;
  for (const proto::MemoryRun &run : runs) {
    if (!result.empty() && result.back()[0] == run.hemisphere() && result.back()[1] == run.slice() &&
        result.back()[2] + result.back()[3] == run.address())
      result.back()[3] += run.words();
    else
      result.push_back({run.hemisphere(), run.slice(), run.address(), run.words()});
  }
  return result;
}

absl::StatusOr<std::string> binary::scheduleHash(const Program &program) {
  if (absl::Status status = checkProgram(program); !status.ok())
    return status;
  absl::StatusOr<target::Target> target = target::targetByName(program.metadata.target());
  if (!target.ok())
    return target.status();
  Sha256 hash;
  // Each piece is preceded by its length, so that no two schedules give the same bytes.
  auto add = [&](std::string_view piece) {
    hash.add(concat(piece.size(), ":"));
    hash.add(piece);
  };
  proto::Metadata metadata = program.metadata;
  metadata.clear_format_version();
  metadata.clear_producer();
  metadata.clear_locations();
  metadata.clear_stats_json();
  metadata.clear_cards();
  add(serialize(metadata));
  for (const Card &card : program.cards) {
    for (const auto &[hemisphere, slice, address, words] : extents(card.memory))
      add(concat(hemisphere, " ", slice, " ", address, " ", words));
    for (const QueueProgram &queue : card.queues) {
      std::string text;
      if (absl::Status status = encodeQueue(queue.queue, queue.instructions, *target, text); !status.ok())
        return withContext(status, queueName(queue.queue));
      add(queueName(queue.queue));
      add(text);
    }
    add("");
  }
  return toHex(hash.digest());
}
