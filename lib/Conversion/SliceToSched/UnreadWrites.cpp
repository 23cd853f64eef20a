//===- UnreadWrites.cpp - Writes that nothing reads -----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UnreadWrites.h"

using namespace sluice;
using namespace sluice::sched;

namespace {

/// What becomes of an issue: its elements [first, first + count) are those of issue `id` from now on.
struct Kept {
  int64_t first, count;
  IssueId id;
};

} // namespace

/// By issue and element, whether another instruction takes it.
static std::vector<std::vector<bool>> findReadElements(const std::vector<Issue> &issues) {
  std::vector<std::vector<bool>> read(issues.size());
  for (size_t i = 0; i < issues.size(); ++i)
    if (issues[i].instruction.opcode == binary::Opcode::Write)
      read[i].resize(issues[i].instruction.count);
  for (const Issue &issue : issues)
    for (const FlowEdge &edge : issue.flow)
      if (edge.producer != initialMemory && !read[edge.producer].empty())
        for (int64_t j = 0; j < edge.count; ++j)
          read[edge.producer][edge.producerFirst + j * edge.producerStep] = true;
  return read;
}

/// The maximal runs of elements that are read, issue by issue, numbered anew.
static std::vector<llvm::SmallVector<Kept, 1>> findKept(const std::vector<Issue> &issues,
                                                        llvm::function_ref<bool(const Buffer &)> isOutput) {
  const std::vector<std::vector<bool>> read = findReadElements(issues);
  std::vector<llvm::SmallVector<Kept, 1>> kept(issues.size());
  IssueId next = 0;
  for (size_t i = 0; i < issues.size(); ++i) {
    const int64_t count = issues[i].instruction.count;
    if (read[i].empty() || isOutput(*issues[i].buffer)) {
      kept[i].push_back({0, count, next++});
      continue;
    }
    for (int64_t first = 0, end; first < count; first = end) {
      for (end = first; end < count && read[i][end] == read[i][first]; ++end)
        ;
      if (read[i][first])
        kept[i].push_back({first, end - first, next++});
    }
  }
  return kept;
}

/// The edges into elements first, first + 1, ... (count of them), counted from `first`, from the issues that
/// are kept.
static std::vector<FlowEdge> keptFlow(llvm::ArrayRef<FlowEdge> flow, int64_t first, int64_t count,
                                      llvm::ArrayRef<llvm::SmallVector<Kept, 1>> kept) {
  std::vector<FlowEdge> result;
  for (const FlowEdge &edge : flow) {
    // Of a multiply's weights, elements are column groups: an instruction that is no write keeps all.
    const int64_t begin = std::max<int64_t>(edge.first, first),
                  end = std::min<int64_t>(edge.first + edge.count, first + count);
    FlowRuns runs(result, edge.slot, edge.card);
    for (int64_t element = begin; element < end; ++element) {
      const int64_t producing = edge.producerFirst + (element - edge.first) * edge.producerStep;
      if (edge.producer == initialMemory) {
        runs.add(element - first, initialMemory, edge.producerSlot, producing);
        continue;
      }
      const Kept *part = llvm::partition_point(
          kept[edge.producer], [&](const Kept &part) { return part.first + part.count <= producing; });
      runs.add(element - first, part->id, edge.producerSlot, producing - part->first);
    }
  }
  return result;
}

std::vector<IssueId> sched::eraseUnreadWrites(std::vector<Issue> &issues,
                                              llvm::function_ref<bool(const Buffer &)> isOutput) {
  const std::vector<llvm::SmallVector<Kept, 1>> kept = findKept(issues, isOutput);
  std::vector<Issue> result;
  std::vector<IssueId> number(issues.size(), initialMemory);
  for (size_t i = 0; i < issues.size(); ++i)
    for (const Kept &part : kept[i]) {
      if (number[i] == initialMemory)
        number[i] = part.id;
      Issue &issue = result.emplace_back(issues[i]);
      const bool isWhole = part.count == issue.instruction.count;
      issue.flow = keptFlow(issues[i].flow, isWhole ? 0 : part.first, isWhole ? INT32_MAX : part.count, kept);
      issue.instruction.cycle += part.first * issue.instruction.interval;
      issue.instruction.address += part.first * issue.instruction.step;
      issue.instruction.count = part.count;
    }
  issues = std::move(result);
  return number;
}
