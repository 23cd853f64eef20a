//===- Issues.cpp - Instructions with their intended sources --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Issues.h"

using namespace sluice;
using namespace sluice::sched;

void FlowRuns::add(int32_t element, IssueId producer, int32_t producerSlot, int32_t producerElement) {
  if (open) {
    FlowEdge &last = flow.back();
    bool follows =
        last.first + last.count == element && last.producer == producer && last.producerSlot == producerSlot;
    if (follows && last.count == 1)
      last.producerStep = producerElement - last.producerFirst;
    if (follows && producerElement == last.producerFirst + last.count * last.producerStep) {
      ++last.count;
      return;
    }
    // A pair that did not become a run keeps no step.
    if (last.count == 1)
      last.producerStep = 0;
  }
  open = true;
  flow.push_back({card, slot, element, 1, producer, producerSlot, producerElement, 0});
}

void sched::addStreamFlow(std::vector<FlowEdge> &flow, int32_t slot, int64_t first, int64_t step,
                          int64_t count, const StreamSource &source) {
  if (source.size() == 1) {
    const StreamPart &part = source.front();
    flow.push_back({-1, slot, 0, int32_t(count), part.issue, part.slot,
                    int32_t((first - part.first) / part.step), int32_t(count == 1 ? 0 : step / part.step)});
    return;
  }
  FlowRuns runs(flow, slot);
  for (int64_t j = 0; j < count; ++j) {
    int64_t element = first + j * step;
    for (const StreamPart &part : source) {
      int64_t offset = element - part.first;
      if (offset < 0 || offset % part.step || offset / part.step >= part.count)
        continue;
      runs.add(j, part.issue, part.slot, offset / part.step);
      break;
    }
  }
}
