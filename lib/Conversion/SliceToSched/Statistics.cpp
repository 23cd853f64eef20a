//===- Statistics.cpp - Figures of a schedule -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Statistics.h"

#include "dialects/slice/SliceDialect.h"
#include "sluice/Scheduling/Bounds.h"

#include "mlir/IR/Builders.h"

#include <map>

using namespace sluice;
using namespace sluice::sched;
using binary::Opcode;

int64_t sched::scheduleCycles(const std::vector<Issue> &issues, const target::Target &target) {
  int64_t end = 0;
  for (const Issue &issue : issues) {
    const binary::Instruction &instruction = issue.instruction;
    end = std::max(end, lastDispatch(instruction) +
                            std::max<int64_t>(1, binary::latencyOf(instruction.opcode, target)));
  }
  return end;
}

namespace {
/// What a card has to do.
struct CardWork {
  int64_t instructions = 0, planeCycles = 0;
  int64_t rows = 0, lanes = 0; ///< rows that planes multiply, and lanes of them that hold anything
  /// Elements that the units of a kind dispatch.
  std::map<llvm::StringRef, int64_t> busy;
};
} // namespace

/// Adds an instruction to the work of a card.
static void addWork(CardWork &work, const Issue &issue, const target::Target &target) {
  const binary::Instruction &instruction = issue.instruction;
  ++work.instructions;
  work.busy[binary::unitGroup(issue.queue.unit)] += instruction.count;
  if (instruction.opcode == Opcode::MultiplyI8 || instruction.opcode == Opcode::MultiplyF16) {
    work.rows += instruction.count;
    work.lanes += int64_t(instruction.count) * instruction.lanes;
  }
  if (instruction.opcode == Opcode::MultiplyI8)
    work.planeCycles += instruction.count;
  if (instruction.opcode == Opcode::MultiplyF16)
    work.planeCycles += int64_t(instruction.count) * target.f16RowInterval * target.planesPerHemisphere;
}

/// Of each the most that any card has, rows and lanes of all.
static CardWork largestWork(const std::vector<Issue> &issues, unsigned cards, const target::Target &target) {
  CardWork ofAll;
  for (const Issue &issue : issues)
    if (issue.cards.empty())
      addWork(ofAll, issue, target);
  std::vector<CardWork> ofCards(cards, ofAll);
  for (const Issue &issue : issues)
    for (int64_t card : issue.cards)
      addWork(ofCards[card], issue, target);
  CardWork largest;
  for (const CardWork &work : ofCards) {
    largest.instructions = std::max(largest.instructions, work.instructions);
    largest.planeCycles = std::max(largest.planeCycles, work.planeCycles);
    largest.rows += work.rows;
    largest.lanes += work.lanes;
    for (auto &[name, count] : work.busy)
      largest.busy[name] = std::max(largest.busy[name], count);
  }
  return largest;
}

/// What a buffer's words hold, as users account memory.
static const char *kindOf(const Buffer &buffer) {
  mlir::Operation *op = buffer.value.getDefiningOp();
  if (llvm::isa<slice::ConstantOp>(op))
    return "constants";
  if (llvm::isa<slice::InputOp>(op))
    return "inputs";
  return buffer.isOutput ? "outputs" : "temporaries";
}

mlir::DictionaryAttr sched::scheduleStatistics(mlir::ModuleOp module, const std::vector<Issue> &issues,
                                               llvm::ArrayRef<Buffer *> buffers,
                                               const std::map<std::string, int64_t> &held, unsigned cards,
                                               const target::Target &target) {
  int64_t cycles = scheduleCycles(issues, target);
  std::map<std::string, int64_t> memory{{"constants", 0}, {"inputs", 0}, {"outputs", 0}, {"temporaries", 0}};
  const CardWork work = largestWork(issues, cards, target);
  int64_t linkVectors = 0;
  for (const Issue &issue : issues)
    if (issue.instruction.opcode == Opcode::Send)
      linkVectors += int64_t(issue.cards.empty() ? cards : issue.cards.size()) * issue.instruction.count;
  for (const Buffer *buffer : buffers)
    memory[kindOf(*buffer)] +=
        int64_t(buffer->hemispheres.size()) * buffer->slices.size() * buffer->words() * target.lanes();

  const auto busyAlus = work.busy.find(binary::unitGroup(binary::Unit::Alu));
  const int64_t tensor = boundOf(module, kTensorBoundsAttr), resource = boundOf(module, kResourceBoundsAttr),
                path = boundOf(module, kPathBoundAttr), largest = std::max({tensor, resource, path});
  mlir::Builder builder(module.getContext());
  auto integer = [&](int64_t number) { return builder.getI64IntegerAttr(number); };
  auto real = [&](double number) { return builder.getF64FloatAttr(number); };
  auto counts = [&](const auto &numbers) {
    llvm::SmallVector<mlir::NamedAttribute> attributes;
    for (auto &[name, number] : numbers)
      attributes.push_back(builder.getNamedAttr(llvm::StringRef(name), integer(number)));
    return builder.getDictionaryAttr(attributes);
  };
  auto bounds = [&](llvm::StringRef name) {
    auto attribute = module->getAttrOfType<mlir::DictionaryAttr>(name);
    return attribute ? attribute : builder.getDictionaryAttr({});
  };
  const std::pair<llvm::StringRef, mlir::Attribute> stats[] = {
      {"cycles", integer(cycles)},
      {"microseconds", real(double(cycles) / target.clockMhz)},
      {"busy_cycles", counts(work.busy)},
      {"mxm_utilisation",
       real(cycles ? double(work.planeCycles) / (2.0 * target.planesPerHemisphere * cycles) : 0.0)},
      {"vxm_utilisation",
       real(cycles && busyAlus != work.busy.end() ? double(busyAlus->second) / (double(target.alus) * cycles)
                                                  : 0.0)},
      {"mxm_lanes_used", real(work.rows ? double(work.lanes) / (double(work.rows) * target.lanes()) : 0.0)},
      {"held_cycles", counts(held)},
      {"memory_bytes_per_card", counts(memory)},
      {"instructions", integer(work.instructions)},
      {"cards", integer(cards)},
      {"link_vectors", integer(linkVectors)},
      {"tensor_bound", integer(tensor)},
      {"tensor_bounds", bounds(kTensorBoundsAttr)},
      {"resource_bound", integer(resource)},
      {"resource_bounds", bounds(kResourceBoundsAttr)},
      {"path_bound", integer(path)},
      {"lane_waste", real(tensor ? double(resource) / tensor : 0.0)},
      {"ratio", real(largest ? double(cycles) / largest : 0.0)},
  };
  llvm::SmallVector<mlir::NamedAttribute> attributes;
  for (auto &[name, value] : stats)
    attributes.push_back(builder.getNamedAttr(name, value));
  return builder.getDictionaryAttr(attributes);
}
