//===- Taps.cpp - Taking results from their streams -----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A read of what a pass gave need not go to memory: in one departure, and no other, the
// result flows by the unit that wants it in the right cycle.
//
//===----------------------------------------------------------------------===//

#include "TrainBuilder.h"

using namespace sluice;
using namespace sluice::sched;
using target::Hemisphere;

std::optional<scheduling::Tap> TrainBuilder::findTap(Read &read) const {
  const FlowingResult *result = read.buffer->flowing(read.view.start);
  if (!result || (read.count > 1 && (read.view.step == 0 || read.interval != result->interval)))
    return std::nullopt;
  const int64_t first = result->elementOf(read.view.start);
  const int64_t last = result->elementOf(read.view.start + (read.count - 1) * read.view.step);
  const std::optional<StreamPath> path = streamPathOf(read, *result);
  if (first < 0 || last - first != read.count - 1 || !path)
    return std::nullopt;
  read.tapElement = first;
  read.tapPath = *path;
  std::vector<scheduling::StreamSegment> segments{path->segmentAtVxm()};
  if (path->outward)
    segments.push_back(path->segment());
  return scheduling::Tap{result->train, result->result, result->key + first * result->interval - read.key,
                         std::move(segments)};
}

std::optional<StreamPath> TrainBuilder::streamPathOf(const Read &read, const FlowingResult &result) {
  for (const scheduling::StreamSegment &segment : result.segments) {
    if (read.path.outward && segment.direction == read.path.direction())
      return read.path;
    if (!read.path.outward && segment.stretch == scheduling::StreamSegment::Inward)
      return StreamPath{
          target::inward(Hemisphere::East) == segment.direction ? Hemisphere::East : Hemisphere::West, false};
  }
  return std::nullopt;
}

std::vector<StreamSource> TrainBuilder::tappedSources(unsigned number) const {
  const Read &read = reads[number];
  const scheduling::Tap &tap = *state.problem.trains[id].reads[number].tap;
  std::vector<StreamSource> sources = state.trains[tap.producer].builder->results[tap.result].sources;
  for (StreamSource &source : sources)
    for (StreamPart &part : source) {
      part.slot = outputSlot(part.issue, part.slot, read.tapPath);
      part.first -= read.tapElement;
    }
  return sources;
}
