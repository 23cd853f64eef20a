//===- MatrixProof.cpp - Proof of the matrix planes' use ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MatrixProof.h"

#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::verifier;
using namespace sluice::binary;

/// Planes that hold the low and the high bytes of fp16 weights.
static constexpr unsigned tandemPlanes = 2;

MatrixProof::MatrixProof(const BurstTable &table, const target::Target &target, Findings &findings,
                         FlowChecker &flow)
    : table(table), target(target), findings(findings), flow(flow), planes(2 * target.planesPerHemisphere),
      weightsOf(table.size()) {
  for (Plane &plane : planes) {
    plane.loading.resize(target.columnGroups());
    plane.rows.resize(target.accumulatorRows);
  }
}

void MatrixProof::install(uint64_t cycle, ElementRef element) {
  const BurstTable::Entry &entry = table[element.burst];
  const size_t group = size_t(entry.what->column) + element.element;
  std::optional<ElementRef> &slot = planeOf(*entry.where, entry.where->index).loading[group];
  if (slot)
    findings.report(Hazard::WeightsMissing, cycle, [&] {
      return concat(table.describe(element), " overwrites column group ", group, " of ",
                    table.describe(*slot), " before any multiply took it");
    });
  slot = element;
}

void MatrixProof::occupy(uint64_t cycle, ElementRef element, Plane &plane, unsigned cycles) {
  if (cycle < plane.busyUntil)
    findings.report(Hazard::PlaneConflict, cycle, [&] {
      return concat(table.describe(element), " needs a plane that is busy until cycle ", plane.busyUntil,
                    " with ", table.describe(plane.busyWith));
    });
  plane.busyUntil = cycle + cycles;
  plane.busyWith = element;
}

void MatrixProof::swap(uint64_t cycle, ElementRef element, Plane &plane, unsigned index) {
  const uint32_t operand = flow.operand(element.burst, kWeightsSlot, index);
  bool any = false;
  for (uint32_t group = 0; group != plane.loading.size(); ++group) {
    std::optional<ElementRef> &installed = plane.loading[group];
    if (!installed)
      continue;
    any = true;
    flow.check(operand, kWeightsSlot, element, group, cycle,
               {flow.cardNumber(), installed->burst, index, installed->element});
    installed.reset();
  }
  if (!any)
    findings.report(Hazard::WeightsMissing, cycle, [&] {
      return concat(table.describe(element), " takes the loading slot of plane ", index,
                    ", into which nothing was installed");
    });
  plane.swappedBy = element.burst;
}

void MatrixProof::multiply(uint64_t cycle, ElementRef element) {
  const BurstTable::Entry &entry = table[element.burst];
  const Queue &queue = *entry.where;
  const bool tandem = entry.what->opcode == Opcode::MultiplyF16;
  const unsigned first = queue.index, count = tandem ? tandemPlanes : 1;
  for (unsigned index = first; index != first + count; ++index) {
    Plane &plane = planeOf(queue, index);
    occupy(cycle, element, plane, tandem ? target.f16RowInterval : 1);
    if (element.element == 0 && entry.what->swap)
      swap(cycle, element, plane, index - first);
    if (!plane.swappedBy) {
      findings.report(Hazard::WeightsMissing, cycle, [&] {
        return concat(table.describe(element), ": plane ", index, " has no weights in use");
      });
      continue;
    }
    if (element.element == 0 && index == first)
      weightsOf[element.burst] = *plane.swappedBy;
    // All rows of a burst, and both planes of a tandem, see the weights of one swap.
    if (*plane.swappedBy != weightsOf[element.burst])
      findings.report(Hazard::WeightsMissing, cycle, [&] {
        return concat(table.describe(element), " finds weights in use that ",
                      table.describe({*plane.swappedBy, 0}), " took");
      });
    else if ((table[*plane.swappedBy].what->opcode == Opcode::MultiplyF16) != tandem)
      findings.report(Hazard::WeightsMissing, cycle, [&] {
        return concat(table.describe(element), " finds weights of the other type in use, which ",
                      table.describe({*plane.swappedBy, 0}), " took");
      });
  }
  accumulate(cycle, element, planeOf(queue, first));
}

void MatrixProof::accumulate(uint64_t cycle, ElementRef element, Plane &plane) {
  const Instruction &what = *table[element.burst].what;
  std::optional<Row> &row = plane.rows[size_t(what.accumulator) + element.element];
  if (what.accumulate) {
    const uint32_t operand = flow.operand(element.burst, kAccumulatorSlot);
    auto report = [&](std::string_view why) {
      findings.report(Hazard::AccumulatorMissing, cycle, [&] {
        return concat(table.describe(element), ": accumulator row ",
                      what.accumulator + int64_t(element.element), " ", why);
      });
    };
    if (!row) {
      flow.skip(operand);
      report("holds nothing");
    } else {
      if (cycle - row->cycle < target.f16RowInterval)
        report(concat("was set only in cycle ", row->cycle, " by ", table.describe(row->producer)));
      if (table[row->producer.burst].what->opcode != what.opcode)
        report(concat("holds the other type, of ", table.describe(row->producer)));
      flow.check(operand, kAccumulatorSlot, element, element.element, cycle,
                 {flow.cardNumber(), row->producer.burst, 0, row->producer.element});
    }
  }
  row = Row{cycle, element};
}
