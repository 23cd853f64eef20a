//===- Segments.cpp - Bursts cut into windows of time ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Segments.h"

#include <algorithm>
#include <map>

using namespace sluice;
using namespace sluice::executor;
using namespace sluice::binary;

Segments::Segments(const std::vector<Burst> &bursts, const Program &program) : bursts(bursts), flow(program) {
  cut(chooseWindow(program));
  findInPlace();
  markUses();
}

//===----------------------------------------------------------------------===//
// Cutting
//===----------------------------------------------------------------------===//

/// Short enough that what is under way in a window stays in a core's cache; longer where bursts are so long
/// that segments would be many more than they.
uint64_t Segments::chooseWindow(const Program &) const {
  constexpr uint64_t shortest = 128, longest = 4096, fewSegments = 1 << 20;
  uint64_t window = shortest;
  auto count = [&] {
    uint64_t sum = 0;
    for (const Burst &burst : bursts)
      sum += burst.what->count / std::max<uint64_t>(1, window / burst.what->interval) + 1;
    return sum;
  };
  while (window < longest && count() > fewSegments + 4 * bursts.size())
    window *= 2;
  return window;
}

/// Whether a segment of the burst is there only to be taken: a Receive gives what the Send took.
static bool isExecuted(const Burst &burst) {
  return burst.what->opcode != Opcode::Nop && burst.what->opcode != Opcode::Receive;
}

void Segments::cut(uint64_t windowCycles) {
  // How long after a Read its words are taken, at most.
  std::vector<uint64_t> lag(bursts.size());
  for (const Feed &feed : flow.all()) {
    if (bursts[feed.burst].what->opcode != Opcode::Read)
      continue;
    for (uint32_t index : {0u, feed.count - 1}) {
      const auto producing = uint32_t(feed.producing + int64_t(index) * feed.step);
      const uint64_t taken = bursts[feed.consumer].dispatchOf(feed.first + index);
      lag[feed.burst] = std::max(lag[feed.burst], taken - bursts[feed.burst].dispatchOf(producing));
    }
  }

  for (uint32_t number = 0; number != bursts.size(); ++number) {
    const Burst &burst = bursts[number];
    firstOfBurst.push_back(uint32_t(segments.size()));
    if (!isExecuted(burst))
      continue;
    auto firstFrom = [&](uint64_t cycle) {
      if (cycle <= burst.what->cycle)
        return 0u;
      const uint64_t elements = (cycle - burst.what->cycle + burst.what->interval - 1) / burst.what->interval;
      return uint32_t(std::min<uint64_t>(elements, burst.what->count));
    };
    const bool isRead = burst.what->opcode == Opcode::Read;
    for (uint32_t first = 0; first != burst.what->count;) {
      const auto window = uint32_t(burst.dispatchOf(first) / windowCycles);
      const uint64_t windowEnd = (window + 1) * windowCycles;
      const uint32_t end = firstFrom(windowEnd);
      if (isRead) {
        const uint32_t border =
            windowEnd < lag[number] ? first : std::clamp(firstFrom(windowEnd - lag[number]), first, end);
        if (border != first)
          segments.push_back({number, first, border - first, window, true});
        first = border;
      }
      if (end != first)
        segments.push_back({number, first, end - first, window});
      first = end;
    }
  }
  firstOfBurst.push_back(uint32_t(segments.size()));
  for (uint32_t segment = 0; segment != segments.size(); ++segment) {
    segments[segment].lastUse = segments[segment].window;
    if (segments[segment].window >= ofWindow.size())
      ofWindow.resize(segments[segment].window + 1);
    ofWindow[segments[segment].window].push_back(segment);
  }
}

/// What is read while its words may change is read at once.
void Segments::findInPlace() {
  struct Words {
    int64_t first, last;
  };
  for (const std::vector<uint32_t> &window : ofWindow) {
    std::map<std::tuple<uint32_t, Queue>, std::vector<Words>> written; ///< by card and slice
    auto keyOf = [&](const Burst &burst) {
      return std::tuple(burst.card, Queue{Unit::MemRead, burst.queue->hemisphere, burst.queue->index});
    };
    auto wordsOf = [&](const Segment &segment) {
      const Instruction &what = *bursts[segment.burst].what;
      if (what.opcode == Opcode::Scatter)
        return Words{what.address, what.address + int64_t(bursts[segment.burst].reach) - 1};
      const int64_t first = what.address + int64_t(segment.first) * what.step;
      const int64_t last = first + int64_t(segment.count - 1) * what.step;
      return Words{std::min(first, last), std::max(first, last)};
    };
    for (uint32_t segment : window)
      if (const Burst &burst = burstOf(segment); burst.queue->unit == Unit::MemWrite)
        written[keyOf(burst)].push_back(wordsOf(segments[segment]));
    for (uint32_t number : window) {
      Segment &segment = segments[number];
      if (!segment.inPlace)
        continue;
      const auto found = written.find(keyOf(bursts[segment.burst]));
      if (found == written.end())
        continue;
      const Words read = wordsOf(segment);
      segment.inPlace = std::none_of(found->second.begin(), found->second.end(), [&](const Words &words) {
        return words.first <= read.last && read.first <= words.last;
      });
    }
  }
}

void Segments::markUses() {
  for (uint32_t number = 0; number != segments.size(); ++number) {
    const Segment &segment = segments[number];
    if (segment.inPlace)
      continue;
    const Burst &burst = bursts[segment.burst];
    // What overflows is counted whether it is taken or not.
    if (isAlu(burst.what->opcode) && OutType(burst.what->outType) == OutType::Half && !burst.outputs.empty())
      segments[number].givesBytes = true;
    for (const Block &block : blocksOf(segment.burst, segment.first, segment.count)) {
      auto use = [&](const Taken &taken, bool asWords) {
        if (taken.segment == Taken::nothing)
          return;
        Segment &producer = segments[taken.segment];
        producer.lastUse = std::max(producer.lastUse, segment.window);
        (asWords ? producer.givesWords : producer.givesBytes) = true;
      };
      size_t next = 0;
      if (isAlu(burst.what->opcode)) {
        for (const auto &[kind, type] : {std::pair(burst.what->aKind, burst.what->aType),
                                         std::pair(burst.what->bKind, burst.what->bType),
                                         std::pair(burst.what->cKind, burst.what->cType)}) {
          if (OperandKind(kind) != OperandKind::Stream)
            continue;
          const bool asWords = InType(type) == InType::Word && isWholeWord(&block.taken[next]);
          for (unsigned byte = 0; byte != streamCount(InType(type)); ++byte)
            use(block.taken[next++], asWords);
        }
        for (; next != block.taken.size(); ++next)
          use(block.taken[next], true);
      }
      for (; next != block.taken.size(); ++next)
        use(block.taken[next], false);
    }
  }
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// How many of `count` elements, of which the first takes `element` and each further one `step` more, take
/// one of first ... end - 1. `element` is one of them.
static uint32_t countWithin(int64_t element, int32_t step, uint32_t count, int64_t first, int64_t end) {
  if (step == 0)
    return count;
  const int64_t most = step > 0 ? (end - 1 - element) / step + 1 : (element - first) / -int64_t(step) + 1;
  return uint32_t(std::min<int64_t>(count, most));
}

/// Appends what elements of `feed` take, cut where it lies in different segments.
void Segments::addRuns(const Feed &feed, uint32_t first, uint32_t count, std::vector<Run> &runs) const {
  for (const uint32_t end = first + count; first != end;) {
    int64_t element = feed.producing + int64_t(first - feed.first) * feed.step;
    if (bursts[feed.burst].what->opcode == Opcode::Receive) {
      // What was sent: the Receive's elements, as far as one edge feeds them.
      const std::span<const Feed> sent = flow.into(feed.burst, kReceiveSlot);
      const auto from = std::partition_point(sent.begin(), sent.end(), [&](const Feed &from) {
        return int64_t(from.first) + from.count <= element;
      });
      const uint32_t part =
          countWithin(element, feed.step, end - first, from->first, int64_t(from->first) + from->count);
      Feed through = *from;
      through.first = first;
      through.producing = from->producing + (element - from->first) * from->step;
      through.step = feed.step * from->step;
      addRuns(through, first, part, runs);
      first += part;
      continue;
    }
    const auto begin = segments.begin() + firstOfBurst[feed.burst];
    const auto segment =
        std::partition_point(begin, segments.begin() + firstOfBurst[feed.burst + 1],
                             [&](const Segment &segment) { return segment.end() <= element; });
    const uint32_t part = countWithin(element, feed.step, end - first, segment->first, segment->end());
    runs.push_back(
        {first, part, {uint32_t(segment - segments.begin()), uint32_t(element), feed.slot, feed.step}});
    first += part;
  }
}

std::vector<Segments::Run> Segments::runsOf(uint32_t burst, uint32_t slot, uint32_t first,
                                            uint32_t count) const {
  std::vector<Run> runs;
  const std::span<const Feed> feeds = flow.into(burst, slot);
  auto feed = std::partition_point(feeds.begin(), feeds.end(),
                                   [&](const Feed &feed) { return feed.first + feed.count <= first; });
  for (const uint32_t end = first + count; first != end; ++feed) {
    const uint32_t part = std::min(end, feed->first + feed->count) - first;
    addRuns(*feed, first, part, runs);
    first += part;
  }
  return runs;
}

std::vector<Block> Segments::blocksOf(uint32_t number, uint32_t first, uint32_t count) const {
  const Burst &burst = bursts[number];
  std::vector<std::vector<Run>> operands; ///< empty: of element 0 only, or of none
  std::vector<Run> held;                  ///< by input, those of element 0
  for (size_t input = 0; input != burst.inputs.size(); ++input) {
    const StreamUse &use = burst.inputs[input];
    if (!use.firstElementOnly) {
      operands.push_back(runsOf(number, use.slot, first, count));
      continue;
    }
    operands.emplace_back();
    if (first == 0) {
      held.resize(burst.inputs.size());
      held[input] = runsOf(number, use.slot, 0, 1).front();
    }
  }
  if (isAlu(burst.what->opcode)) {
    const int32_t kinds[] = {burst.what->aKind, burst.what->bKind, burst.what->cKind};
    for (unsigned index = 0; index != 3; ++index)
      if (OperandKind(kinds[index]) == OperandKind::Alu)
        operands.push_back(runsOf(number, kChainSlot + index, first, count));
  }

  std::vector<Block> blocks;
  std::vector<size_t> next(operands.size());
  for (const uint32_t end = first + count; first != end;) {
    uint32_t blockEnd = end;
    for (size_t operand = 0; operand != operands.size(); ++operand)
      if (!operands[operand].empty()) {
        const Run &run = operands[operand][next[operand]];
        blockEnd = std::min(blockEnd, run.first + run.count);
      }
    Block &block = blocks.emplace_back(Block{first, blockEnd - first, {}});
    for (size_t operand = 0; operand != operands.size(); ++operand) {
      Taken &taken = block.taken.emplace_back();
      if (operands[operand].empty()) {
        taken = first == 0 && !held.empty() ? held[operand].taken : Taken();
        continue;
      }
      const Run &run = operands[operand][next[operand]];
      taken = run.taken;
      taken.element = uint32_t(int64_t(taken.element) + int64_t(first - run.first) * taken.step);
      next[operand] += blockEnd == run.first + run.count;
    }
    first = blockEnd;
  }
  return blocks;
}

bool Segments::isWholeWord(const Taken *taken) const {
  const Segment &producer = segments[taken[0].segment];
  const Instruction &what = *bursts[producer.burst].what;
  const bool hasWords = what.opcode == Opcode::MultiplyI8 || what.opcode == Opcode::MultiplyF16 ||
                        (isAlu(what.opcode) && OutType(what.outType) == OutType::Word);
  if (!hasWords)
    return false;
  for (unsigned byte = 0; byte != kWordStreams; ++byte)
    if (taken[byte].segment != taken[0].segment || taken[byte].element != taken[0].element ||
        taken[byte].step != taken[0].step || taken[byte].slot % kWordStreams != byte)
      return false;
  return true;
}
