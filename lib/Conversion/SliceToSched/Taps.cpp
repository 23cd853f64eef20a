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
using scheduling::Cycles;
using scheduling::Resource;
using target::Hemisphere;

TrainBuilder::Tap TrainBuilder::findTap(const Read &read) const {
  FlowingResult *result = read.buffer->flowing(read.view.start);
  if (!result || (read.count > 1 && (read.view.step == 0 || read.interval != result->interval)))
    return {};
  int64_t first = result->elementOf(read.view.start);
  int64_t last = result->elementOf(read.view.start + (read.count - 1) * read.view.step);
  if (first < 0 || last - first != read.count - 1 || !streamPathOf(read, *result))
    return {};
  return {result, first, result->key + first * result->interval - read.key};
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

/// What a tap takes in addition to what is reserved of the result's streams.
std::vector<scheduling::StreamSegment> TrainBuilder::segmentsBeyond(const Read &read,
                                                                    const FlowingResult &result) {
  StreamPath path = *streamPathOf(read, result);
  std::vector<scheduling::StreamSegment> segments{path.segmentAtVxm()};
  if (path.outward)
    segments.push_back(path.segment());
  llvm::erase_if(segments, [&](const scheduling::StreamSegment &segment) {
    return llvm::is_contained(result.segments, segment);
  });
  return segments;
}

bool TrainBuilder::departTapping(int64_t departure) {
  scheduling::Train whole = train;
  llvm::SmallVector<Read *> tapping;
  llvm::SmallVector<std::pair<FlowingResult *, scheduling::StreamSegment>> extended;
  for (Read &read : reads) {
    if (!read.tap.result || read.tap.departure != departure) {
      append(whole, read);
      continue;
    }
    tapping.push_back(&read);
    FlowingResult &result = *read.tap.result;
    Cycles keys{result.key - departure, result.count, result.interval};
    for (const scheduling::StreamSegment &segment : segmentsBeyond(read, result)) {
      if (llvm::is_contained(extended, std::pair(&result, segment)))
        continue;
      extended.push_back({&result, segment});
      for (unsigned byte = 0; byte < read.buffer->bytes; ++byte) {
        Resource stream = state.table.stream(segment, result.stream + byte);
        whole.uses.push_back({stream, stream, keys});
      }
    }
  }
  if (whole.earliest > departure || !state.table.departAt(whole, departure))
    return false;
  for (Read &read : reads)
    if (!llvm::is_contained(tapping, &read))
      read.tap.result = nullptr;
  for (Read *read : tapping) {
    FlowingResult &result = *read->tap.result;
    read->path = *streamPathOf(*read, result);
    read->stream = result.stream;
    for (const scheduling::StreamSegment &segment : segmentsBeyond(*read, result))
      result.segments.push_back(segment);
  }
  finish(std::move(whole));
  return true;
}

std::vector<StreamSource> TrainBuilder::tappedSources(const Read &read) const {
  std::vector<StreamSource> sources = read.tap.result->sources;
  for (StreamSource &source : sources)
    for (StreamPart &part : source) {
      part.slot = outputSlot(part.issue, part.slot, read.path);
      part.first -= read.tap.element;
    }
  return sources;
}
