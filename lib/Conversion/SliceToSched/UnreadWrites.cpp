//===- UnreadWrites.cpp - Writes that nothing reads -----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UnreadWrites.h"

using namespace sluice;
using namespace sluice::sched;

std::vector<IssueId> sched::eraseUnreadWrites(std::vector<Issue> &issues,
                                              llvm::function_ref<bool(const Buffer &)> isReadUnseen) {
  std::vector<bool> kept(issues.size());
  for (const Issue &issue : issues)
    for (const FlowEdge &edge : issue.flow)
      if (edge.producer != initialMemory)
        kept[edge.producer] = true;
  std::vector<IssueId> number(issues.size());
  IssueId next = 0;
  for (size_t i = 0; i < issues.size(); ++i) {
    if (issues[i].instruction.opcode != binary::Opcode::Write || isReadUnseen(*issues[i].buffer))
      kept[i] = true;
    number[i] = kept[i] ? next++ : initialMemory;
  }
  for (size_t i = 0; i < issues.size(); ++i) {
    if (!kept[i])
      continue;
    for (FlowEdge &edge : issues[i].flow)
      if (edge.producer != initialMemory)
        edge.producer = number[edge.producer];
    if (size_t(number[i]) != i)
      issues[number[i]] = std::move(issues[i]);
  }
  issues.erase(issues.begin() + next, issues.end());
  return number;
}
