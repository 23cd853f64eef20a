//===- Storage.cpp - Placed buffers as the schedule fills them ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Storage.h"

#include "dialects/slice/SliceDialect.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace sluice;
using namespace sluice::sched;
using target::Hemisphere;

Buffer::Buffer(mlir::Value value, const target::Target &)
    : value(value), isOutput(llvm::any_of(value.getUsers(), llvm::IsaPred<slice::OutputOp>)) {
  auto type = llvm::cast<tile::BufferType>(value.getType());
  vectors = type.getVectors();
  bytes = type.getBytes();
  auto fill = [&](auto op) {
    striping = op.getStriping();
    bank = op.getBank();
    for (int64_t hemisphere : op.getHemispheres())
      hemispheres.push_back(static_cast<Hemisphere>(hemisphere));
    slices.assign(op.getSlices().begin(), op.getSlices().end());
  };
  llvm::TypeSwitch<mlir::Operation *>(value.getDefiningOp())
      .Case<slice::ConstantOp, slice::InputOp>([&](auto op) {
        fill(op);
        isInput = llvm::isa<slice::InputOp>(op);
        initial = true;
        firstWrite = 0;
      })
      .Case<slice::BufferOp>([&](auto op) {
        fill(op);
        initial = false;
      });
  writers.resize(hemispheres.size() * bytes * vectors);
}

unsigned Buffer::copyIn(Hemisphere hemisphere) const {
  return llvm::find(hemispheres, hemisphere) - hemispheres.begin();
}

int64_t Buffer::baseIn(Hemisphere hemisphere, unsigned slice) const {
  if (bases.size() == 1)
    return bases.front();
  return bases[copyIn(hemisphere) * slices.size() + (llvm::find(slices, slice) - slices.begin())];
}

int64_t FlowingResult::elementOf(int64_t vector) const {
  int64_t offset = vector - view.start;
  if (view.step == 0)
    return offset == 0 ? count - 1 : -1;
  int64_t element = offset / view.step;
  return offset % view.step == 0 && element >= 0 && element < count ? element : -1;
}

void Buffer::forgetSchedule() {
  firstWrite = initial ? 0 : INT64_MAX;
  lastUse = INT64_MIN;
  bases.assign(1, 0);
  for (Writer &writer : writers) {
    writer.issue = initialMemory;
    writer.element = 0;
  }
  cardIssues.clear();
}

void Buffer::renumberWriters(llvm::ArrayRef<IssueId> number) {
  auto renumber = [&](IssueId &issue) {
    if (issue != initialMemory)
      issue = number[issue];
  };
  for (Writer &writer : writers)
    renumber(writer.issue);
  for (IssueId &issue : cardIssues)
    renumber(issue);
}

void Buffer::addFlowing(FlowingResult result) {
  flowingOf.resize(vectors, -1);
  for (int64_t element = 0; element < result.count; ++element)
    flowingOf[result.view.start + element * result.view.step] = flowingResults.size();
  flowingResults.push_back(std::move(result));
}

int64_t Buffer::endOfBlock(const View &view, int64_t first, int64_t count) const {
  const int64_t block = (view.start + first * view.step) / striping.block;
  int64_t end = first + 1;
  while (end < count && (view.start + end * view.step) / striping.block == block)
    ++end;
  return end;
}

std::vector<MemoryBurst> Buffer::bursts(const View &view, int64_t count) const {
  std::vector<MemoryBurst> result;
  auto add = [&](int64_t element, int64_t elementStep, int64_t n, int64_t wordStep) {
    int64_t vector = view.start + element * view.step;
    for (unsigned byte = 0; byte < bytes; ++byte)
      result.push_back(
          {slicesOf(vector)[byte], byte, element, elementStep, striping.wordOf(vector), wordStep, n});
  };
  const auto [stripes, block] = striping;
  if (stripes > 1 && block > 1) {
    for (int64_t first = 0, next; first < count; first = next) {
      next = endOfBlock(view, first, count);
      add(first, 1, next - first, view.step);
    }
  } else if (view.step % stripes == 0 || count == 1) {
    add(0, 1, count, view.step / stripes);
  } else if (view.step == 1) {
    int64_t period = stripes;
    for (int64_t element = 0; element < std::min(count, period); ++element)
      add(element, period, (count - element + period - 1) / period, 1);
  } else {
    for (int64_t element = 0; element < count; ++element)
      add(element, 1, 1, 0);
  }
  return result;
}
