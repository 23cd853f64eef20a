//===- MatrixProof.cpp - Proof of the matrix planes' use ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MatrixProof.h"

#include "Spacing.h"

#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::verifier;
using namespace sluice::binary;

/// Planes that hold the low and the high bytes of fp16 weights.
static constexpr unsigned tandemPlanes = 2;

std::pair<unsigned, unsigned> MatrixProof::planesOf(uint32_t burst) const {
  return {table[burst].where->index, isTandem(burst) ? tandemPlanes : 1};
}

void MatrixProof::add(uint32_t burst) {
  const BurstTable::Entry &entry = table[burst];
  if (entry.where->unit == Unit::Installer) {
    planes[entry.where->index].installs.push_back(burst);
    return;
  }
  const auto [first, count] = planesOf(burst);
  for (unsigned plane = first; plane != first + count; ++plane) {
    planes[plane].multiplies.push_back(burst);
    if (entry.what->swap)
      planes[plane].swaps.push_back({entry.what->cycle, burst});
  }
}

size_t MatrixProof::items() const {
  size_t count = 0;
  for (unsigned plane = 0; plane != planes.size(); ++plane) {
    count += planes[plane].installs.size() * target.columnGroups() + planes[plane].multiplies.size();
    for (uint32_t burst : planes[plane].multiplies)
      if (planesOf(burst).first == plane)
        count += flow.edgesInto(burst, kWeightsSlot, kAccumulatorSlot);
  }
  return count;
}

void MatrixProof::prove(Findings &findings, Effort &effort) {
  for (Plane &plane : planes)
    std::sort(plane.swaps.begin(), plane.swaps.end());
  for (unsigned plane = 0; plane != planes.size(); ++plane) {
    provePlaneFree(plane, findings, effort);
    proveLoading(plane, findings, effort);
    for (uint32_t burst : planes[plane].multiplies)
      if (planesOf(burst).first == plane)
        proveWeights(burst, findings, effort);
    proveAccumulators(plane, findings, effort);
  }
}

void MatrixProof::provePlaneFree(unsigned plane, Findings &findings, Effort &effort) const {
  std::vector<Occupation> occupations;
  for (uint32_t burst : planes[plane].multiplies)
    occupations.push_back(
        occupationOf(burst, *table[burst].what, isTandem(burst) ? target.f16RowInterval : 1));
  std::sort(occupations.begin(), occupations.end());
  const std::optional<Collision> collision = findCollision(occupations, effort);
  if (!collision)
    return;
  const auto &[cycle, element, before] = *collision;
  findings.report(Hazard::PlaneConflict, When{uint64_t(cycle), When::Running, element.burst, plane}, [&] {
    const Instruction &busy = *table[before.burst].what;
    const uint64_t until = busy.cycle + uint64_t(before.element) * busy.interval +
                           (isTandem(before.burst) ? target.f16RowInterval : 1);
    return concat(table.describe(element), " needs a plane that is busy until cycle ", until, " with ",
                  table.describe(before));
  });
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Installs and who takes them. Between two swaps each column group is loaded once at most.
void MatrixProof::proveLoading(unsigned plane, Findings &findings, Effort &effort) {
  const std::vector<Swap> &swaps = planes[plane].swaps;
  std::vector<Part> parts;
  for (uint32_t burst : planes[plane].installs) {
    const Instruction &what = *table[burst].what;
    const Line cycles{int64_t(what.cycle), what.interval};
    // What is installed in the cycle of a swap comes behind it.
    auto window =
        size_t(std::upper_bound(swaps.begin(), swaps.end(), Swap{what.cycle, UINT32_MAX}) - swaps.begin());
    for (int64_t first = 0; first != what.count && effort.spend(1); ++window) {
      const int64_t end = window == swaps.size()
                              ? what.count
                              : whereAtLeast(cycles, int64_t(swaps[window].cycle), what.count).begin;
      if (first < end)
        parts.push_back({window, burst, first, end - first});
      first = std::max(first, end);
    }
  }
  std::sort(parts.begin(), parts.end());
  size_t begin = 0;
  for (size_t window = 0; window <= swaps.size(); ++window) {
    size_t end = begin;
    while (end != parts.size() && parts[end].window == window)
      ++end;
    loadWindow({parts.data() + begin, end - begin}, window == swaps.size() ? nullptr : &swaps[window], plane,
               findings, effort);
    begin = end;
  }
}

/// `parts` come before `swap`, which takes them, or after the last swap.
void MatrixProof::loadWindow(std::span<const Part> parts, const Swap *swap, unsigned plane,
                             Findings &findings, Effort &effort) {
  std::optional<Operand> weights;
  unsigned index = 0;
  if (swap) {
    index = plane - planesOf(swap->burst).first;
    weights = Operand{flow.index(swap->burst, kWeightsSlot, index),
                      kWeightsSlot,
                      swap->burst,
                      index,
                      {int64_t(swap->cycle), 0},
                      "column group",
                      "weights"};
    if (parts.empty())
      findings.report(Hazard::WeightsMissing, When{swap->cycle, When::Running, swap->burst, index}, [&] {
        return concat(table.describe({swap->burst, 0}), " takes the loading slot of plane ", index,
                      ", into which nothing was installed");
      });
  }

  std::vector<bool> loaded(target.columnGroups());
  bool distinct = true;
  for (const Part &part : parts)
    for (int64_t element = part.first; element != part.first + part.count; ++element) {
      const auto group = size_t(table[part.burst].what->column + element);
      distinct &= !loaded[group];
      loaded[group] = true;
    }
  if (!distinct)
    return loadGroups(parts, weights ? &*weights : nullptr, index, findings, effort);
  for (const Part &part : parts)
    if (weights)
      flow.check(*weights, {table[part.burst].what->column + part.first, 1, part.count},
                 {flow.cardNumber(), part.burst, index}, {part.first, 1}, findings, effort);
}

/// Parts that load a column group twice, group by group.
void MatrixProof::loadGroups(std::span<const Part> parts, const Operand *weights, uint32_t slot,
                             Findings &findings, Effort &effort) {
  struct Load {
    uint64_t cycle;
    ElementRef element;
  };
  std::vector<Load> loads;
  for (const Part &part : parts)
    for (int64_t element = part.first; element != part.first + part.count && effort.spend(1); ++element) {
      const Instruction &what = *table[part.burst].what;
      loads.push_back({what.cycle + uint64_t(element) * what.interval, {part.burst, uint32_t(element)}});
    }
  std::sort(loads.begin(), loads.end(), [](const Load &a, const Load &b) {
    return std::pair(a.cycle, a.element.burst) < std::pair(b.cycle, b.element.burst);
  });
  std::vector<std::optional<ElementRef>> loaded(target.columnGroups());
  for (const auto &[cycle, element] : loads) {
    const size_t group = size_t(table[element.burst].what->column) + element.element;
    if (const std::optional<ElementRef> &before = loaded[group])
      findings.report(Hazard::WeightsMissing, When{cycle, When::Loading, element.burst}, [&] {
        return concat(table.describe(element), " overwrites column group ", group, " of ",
                      table.describe(*before), " before any multiply took it");
      });
    loaded[group] = element;
  }
  for (size_t group = 0; weights && group != loaded.size(); ++group)
    if (const std::optional<ElementRef> &element = loaded[group])
      flow.check(*weights, {int64_t(group), 1, 1}, {flow.cardNumber(), element->burst, slot},
                 {element->element, 0}, findings, effort);
}

/// The last swap on a plane up to an element of `burst` in `cycle`.
const MatrixProof::Swap *MatrixProof::lastSwap(unsigned plane, uint64_t cycle, uint32_t burst) const {
  const std::vector<Swap> &swaps = planes[plane].swaps;
  auto next = std::upper_bound(swaps.begin(), swaps.end(), Swap{cycle, burst});
  return next == swaps.begin() ? nullptr : &*std::prev(next);
}

/// All rows of a burst, and both planes of a tandem, see the weights of one swap.
void MatrixProof::proveWeights(uint32_t burst, Findings &findings, Effort &effort) const {
  const Instruction &what = *table[burst].what;
  const auto [first, count] = planesOf(burst);
  const Swap *seen = lastSwap(first, what.cycle, burst);
  auto report = [&](int64_t element, unsigned plane, auto &&why) {
    const When when{what.cycle + uint64_t(element) * what.interval, When::Running, burst,
                    tandemPlanes + plane};
    findings.report(Hazard::WeightsMissing, when,
                    [&] { return concat(table.describe({burst, uint32_t(element)}), why()); });
  };
  for (unsigned plane = first; plane != first + count; ++plane) {
    effort.spend(1);
    const Swap *inUse = lastSwap(plane, what.cycle, burst);
    if (!inUse) {
      report(0, plane, [&] { return concat(": plane ", plane, " has no weights in use"); });
      continue;
    }
    auto finds = [&](std::string_view which, const Swap &swap) {
      return concat(" finds weights ", which, "in use that ", table.describe({swap.burst, 0}), " took");
    };
    if (seen && inUse->burst != seen->burst)
      report(0, plane, [&] { return finds("", *inUse); });
    else if (isTandem(inUse->burst) != isTandem(burst))
      report(0, plane, [&] { return finds("of the other type ", *inUse); });

    const std::vector<Swap> &swaps = planes[plane].swaps;
    const Swap *next = inUse + 1;
    if (next == swaps.data() + swaps.size())
      continue;
    // The first row behind the next swap, which may be of its very cycle.
    const int64_t border = int64_t(next->cycle) + (next->burst < burst ? 0 : 1);
    const int64_t element = whereAtLeast({int64_t(what.cycle), what.interval}, border, what.count).begin;
    if (element < what.count)
      report(element, plane, [&] {
        return finds("", *lastSwap(plane, what.cycle + uint64_t(element) * what.interval, burst));
      });
  }
}

//===----------------------------------------------------------------------===//
// Accumulators
//===----------------------------------------------------------------------===//

void MatrixProof::proveAccumulators(unsigned plane, Findings &findings, Effort &effort) {
  std::vector<Access> reads, writes;
  for (uint32_t burst : planes[plane].multiplies) {
    if (planesOf(burst).first != plane)
      continue;
    const Instruction &what = *table[burst].what;
    writes.push_back({burst, {what.accumulator, 1}, {int64_t(what.cycle), what.interval}, what.count});
    if (what.accumulate)
      reads.push_back(writes.back());
  }
  std::sort(reads.begin(), reads.end());
  std::sort(writes.begin(), writes.end());
  WordHistory history(effort);
  history.run(reads, writes, [&](const Access &read, const WordHistory::Content &content) {
    proveRows(read, content, findings, effort);
  });
}

void MatrixProof::proveRows(const Access &read, const WordHistory::Content &content, Findings &findings,
                            Effort &effort) const {
  const Operand operand = flow.operand(read.burst, kAccumulatorSlot);
  auto report = [&](int64_t element, uint32_t order, auto &&why) {
    const When when{uint64_t(read.cycle.at(element)), When::Running, read.burst, order};
    findings.report(Hazard::AccumulatorMissing, when, [&] {
      return concat(table.describe({read.burst, uint32_t(element)}), ": accumulator row ",
                    read.word.at(element), " ", why());
    });
  };
  for (const Progression &missing : content.missing) {
    flow.skip(operand, missing, effort);
    report(missing.first, 0, [] { return "holds nothing"; });
  }
  for (const WordsFound &rows : content.found) {
    const uint32_t writer = rows.writer->burst;
    const Line set = rows.writer->cycle.after(rows.writing);
    const Line age = read.cycle.after(rows.elements.line()) - set;
    const Range young =
        whereAtLeast({-age.base, -age.slope}, 1 - int64_t(target.f16RowInterval), rows.elements.count);
    auto producer = [&](int64_t index) { return table.describe({writer, uint32_t(rows.writing.at(index))}); };
    if (!young.empty())
      report(rows.elements.at(young.begin), 0, [&] {
        return concat("was set only in cycle ", set.at(young.begin), " by ", producer(young.begin));
      });
    if (table[writer].what->opcode != table[read.burst].what->opcode)
      report(rows.elements.first, 1, [&] { return concat("holds the other type, of ", producer(0)); });
    flow.check(operand, rows.elements, {flow.cardNumber(), writer, 0}, rows.writing, findings, effort);
  }
}
