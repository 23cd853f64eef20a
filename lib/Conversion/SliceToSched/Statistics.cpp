//===- Statistics.cpp - Figures of a schedule -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Statistics.h"

#include "dialects/slice/SliceDialect.h"
#include "sluice/Scheduling/Bounds.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

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

static llvm::json::Object boundsByUnit(mlir::ModuleOp module, llvm::StringRef attribute) {
  llvm::json::Object object;
  if (auto bounds = module->getAttrOfType<mlir::DictionaryAttr>(attribute))
    for (mlir::NamedAttribute bound : bounds)
      if (auto cycles = llvm::dyn_cast<mlir::IntegerAttr>(bound.getValue()))
        object[bound.getName().getValue()] = cycles.getInt();
  return object;
}

std::string sched::scheduleStatistics(mlir::ModuleOp module, const std::vector<Issue> &issues,
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

  llvm::json::Object busyObject, memoryObject, heldObject;
  for (auto &[name, count] : held)
    heldObject[name] = count;
  for (auto &[name, count] : work.busy)
    busyObject[name] = count;
  for (auto &[name, bytes] : memory)
    memoryObject[name] = bytes;
  const auto busyAlus = work.busy.find(binary::unitGroup(binary::Unit::Alu));
  const int64_t tensor = boundOf(module, kTensorBoundsAttr), resource = boundOf(module, kResourceBoundsAttr),
                path = boundOf(module, kPathBoundAttr), largest = std::max({tensor, resource, path});
  llvm::json::Object stats{
      {"cycles", cycles},
      {"microseconds", double(cycles) / target.clockMhz},
      {"busy_cycles", std::move(busyObject)},
      {"mxm_utilisation",
       cycles ? double(work.planeCycles) / (2.0 * target.planesPerHemisphere * cycles) : 0.0},
      {"vxm_utilisation", cycles && busyAlus != work.busy.end()
                              ? double(busyAlus->second) / (double(target.alus) * cycles)
                              : 0.0},
      {"mxm_lanes_used", work.rows ? double(work.lanes) / (double(work.rows) * target.lanes()) : 0.0},
      {"held_cycles", std::move(heldObject)},
      {"memory_bytes_per_card", std::move(memoryObject)},
      {"instructions", work.instructions},
      {"cards", int64_t(cards)},
      {"link_vectors", linkVectors},
      {"tensor_bound", tensor},
      {"tensor_bounds", boundsByUnit(module, kTensorBoundsAttr)},
      {"resource_bound", resource},
      {"resource_bounds", boundsByUnit(module, kResourceBoundsAttr)},
      {"path_bound", path},
      {"lane_waste", tensor ? double(resource) / tensor : 0.0},
      {"ratio", largest ? double(cycles) / largest : 0.0},
  };
  std::string text;
  llvm::raw_string_ostream(text) << llvm::formatv("{0}", llvm::json::Value(std::move(stats)));
  return text;
}
