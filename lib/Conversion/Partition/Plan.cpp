//===- Plan.cpp - Where each value of a program is cut --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Candidates come from the last operation to the first: each dimension of a result in even bands, and the
// bands that readers need. Costs are summed from the first to the last, a result's shared by its readers; the
// choice is made from the last to the first, what joins a value to its readers included, and then improved
// operation by operation.
//
//===----------------------------------------------------------------------===//

#include "Plan.h"

#include "dialects/stensor/ScalarOps.h"
#include "dialects/stensor/StensorDialect.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <set>

using namespace mlir;

namespace sluice::partition {

/// No program takes as long.
static constexpr int64_t never = int64_t(1) << 50;
/// Of an operation.
static constexpr size_t mostCandidates = 16;
static constexpr int64_t mostRounds = 8;
/// A cut is to gain this part of the cycles: schedules of the same work differ by some percent.
static constexpr int64_t leastGain = 16;

/// Whether `value` is an argument, or layout operations on one.
static bool isOfArgument(Value value) {
  Operation *op = value.getDefiningOp();
  return !op || (isLayoutOp(op) && llvm::all_of(op->getOperands(), isOfArgument));
}

bool isMadeAnew(Operation *op) {
  auto map = dyn_cast_or_null<stensor::MapOp>(op);
  return map && map.getNumResults() == 1 && !map.getInputs().empty() &&
         llvm::all_of(map.getInputs(), isOfArgument) &&
         llvm::none_of(map->getUsers(), [](Operation *user) { return isa<func::ReturnOp>(user); });
}

/// Whether `map` makes `fill` of the zeros that the host gives outside of a tensor.
static bool makesOfZeros(stensor::MapOp map, TypedAttr fill) {
  const SmallVector<uint32_t> zeros(map.getInputs().size(), 0);
  return stensor::evaluateBody(map.getBlock(), zeros).front() == stensor::scalarRegister(fill);
}

bool findNeeds(Value value, const Band &band, std::vector<Need> &needs) {
  Operation *op = value.getDefiningOp();
  if (!op || (!isLayoutOp(op) && !isMadeAnew(op))) {
    needs.push_back({value, band});
    return true;
  }
  Band wanted = band;
  if (auto map = dyn_cast<stensor::MapOp>(op); map && band.fill) {
    if (!makesOfZeros(map, band.fill))
      return false;
    wanted.fill = {};
  }
  std::optional<SmallVector<Band>> bands = operandBands(op, wanted);
  return bands && llvm::all_of(llvm::zip_equal(op->getOperands(), *bands), [&](auto pair) {
           return findNeeds(std::get<0>(pair), std::get<1>(pair), needs);
         });
}

Plan::Plan(func::FuncOp function, const target::Target &target, int64_t cards, Cuts cuts)
    : cards(cards), cuts(cuts), cost(target, cuts == Cuts::Rows ? cards : 1) {
  addNodes(function);
  for (size_t node = 0; node < nodes.size(); ++node)
    addCandidate(node, Band());
  for (size_t node = nodes.size(); node-- > 0;)
    addCandidates(node);
  for (size_t node = 0; node < nodes.size(); ++node)
    for (const Need &need : nodes[node].candidates.front().needs)
      if (std::optional<size_t> maker = nodeOf(need.value);
          maker && !llvm::is_contained(nodes[*maker].readers, node))
        nodes[*maker].readers.push_back(node);
  const int64_t uncut = cycles();
  sumUp();
  choose();
  improve();
  if (cycles() > uncut - uncut / leastGain || !cutsWeighted() || !fits())
    for (Node &node : nodes)
      node.choice = 0;
}

static bool hasWeights(Operation *op) {
  if (auto contract = dyn_cast_or_null<stensor::ContractOp>(op))
    return comesFromConstant(contract.getRhs());
  return isa_and_nonnull<stensor::ConvolveOp>(op);
}

bool Plan::cutsWeighted() const {
  return llvm::any_of(nodes,
                      [](const Node &node) { return hasWeights(node.op) && !node.chosen().isWhole(); });
}

bool Plan::isAllowed(Operation *op, int64_t dim) const {
  const int64_t last = cast<RankedTensorType>(op->getResult(0).getType()).getRank() - 1;
  if (cuts == Cuts::Columns)
    return hasWeights(op) ? isa<stensor::ContractOp>(op) && dim == last : !isa<stensor::GatherOp>(op);
  // Cards send whole vectors: what lies on lanes is not cut.
  return dim < last;
}

bool Plan::isCut() const {
  return llvm::any_of(nodes, [](const Node &node) { return node.choice != 0; });
}

void Plan::addNodes(func::FuncOp function) {
  for (Operation &op : function.getBody().front().without_terminator())
    if (!isLayoutOp(&op) && !isa<stensor::ConstantOp>(op) && !isMadeAnew(&op)) {
      numberOf[&op] = nodes.size();
      nodes.emplace_back().op = &op;
    }
  firstOutput = nodes.size();
  for (Value value : function.getBody().front().getTerminator()->getOperands())
    nodes.emplace_back().output = value;
}

std::optional<size_t> Plan::nodeOf(Value value) const {
  auto found = numberOf.find(value.getDefiningOp());
  return found == numberOf.end() ? std::nullopt : std::optional(found->second);
}

//===----------------------------------------------------------------------===//
// Candidates
//===----------------------------------------------------------------------===//

/// Whether the host and the binary bring `band` of an argument or constant.
static bool isAtHand(const Need &need) {
  if (need.band.isWhole())
    return true;
  // Outside of an argument the host gives zeros.
  if (isa<BlockArgument>(need.value))
    return !need.band.fill || stensor::scalarRegister(need.band.fill) == 0;
  return need.band.isPlain();
}

int64_t Plan::computeCycles(Operation *op, const Candidate &candidate) const {
  int64_t cycles = cost.compute(op, candidate.band);
  if (!isa<stensor::MapOp>(op))
    return cycles;
  // A function of what planes make, and nobody else reads, runs while they do.
  for (const Need &need : candidate.needs)
    if (Operation *before = need.value.getDefiningOp();
        isa_and_nonnull<stensor::ContractOp, stensor::ConvolveOp>(before) && before->hasOneUse())
      cycles = std::max<int64_t>(0, cycles - cost.compute(before, need.band));
  return cycles;
}

bool Plan::addCandidate(size_t number, const Band &band) {
  Node &node = nodes[number];
  if (llvm::any_of(node.candidates, [&](const Candidate &known) { return known.band == band; }))
    return true;
  Candidate candidate{band, {}, 0, 0};
  bool isSound = node.candidates.size() < mostCandidates;
  if (node.op) {
    isSound &= band.isWhole() || isAllowed(node.op, band.dim);
    std::optional<SmallVector<Band>> bands = operandBands(node.op, band);
    isSound &= bands && llvm::all_of(llvm::zip_equal(node.op->getOperands(), *bands), [&](auto pair) {
                 return findNeeds(std::get<0>(pair), std::get<1>(pair), candidate.needs);
               });
    candidate.cycles = isSound ? computeCycles(node.op, candidate) : 0;
  } else {
    isSound &= findNeeds(node.output, band, candidate.needs);
  }
  isSound &=
      llvm::all_of(candidate.needs, [&](const Need &need) { return nodeOf(need.value) || isAtHand(need); });
  if (isSound)
    node.candidates.push_back(std::move(candidate));
  return isSound;
}

void Plan::addCandidates(size_t number) {
  Node &node = nodes[number];
  Value value = node.op ? node.op->getResult(0) : node.output;
  ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
  // The host reads an output vector by vector: of a dimension on lanes it takes no part but whole columns of
  // tiles.
  const int64_t dims = int64_t(shape.size()) - (node.op || cuts == Cuts::Columns ? 0 : 1);
  for (int64_t dim = 0; dim < dims; ++dim)
    if (const int64_t step = llvm::divideCeil(shape[dim], cards); step < shape[dim])
      addCandidate(number, Band::of(dim, step));
  for (const Candidate &candidate : node.candidates)
    for (const Need &need : candidate.needs) {
      std::optional<size_t> maker = nodeOf(need.value);
      if (!maker || need.band.isWhole())
        continue;
      const int64_t extent = cast<RankedTensorType>(need.value.getType()).getDimSize(need.band.dim);
      if (need.band.step < extent && need.band.step * cards >= extent)
        addCandidate(*maker, Band::of(need.band.dim, need.band.step));
    }
}

//===----------------------------------------------------------------------===//
// The choice
//===----------------------------------------------------------------------===//

std::optional<int64_t> Plan::conversion(const Need &need, const Band &have) const {
  return cost.convert(need.value, have, need.band);
}

void Plan::sumUp() {
  for (Node &node : nodes)
    for (Candidate &candidate : node.candidates) {
      candidate.sum = candidate.cycles;
      for (const Need &need : candidate.needs) {
        std::optional<size_t> maker = nodeOf(need.value);
        if (!maker)
          continue;
        const Node &made = nodes[*maker];
        int64_t best = never;
        for (const Candidate &from : made.candidates)
          if (std::optional<int64_t> cycles = conversion(need, from.band))
            best = std::min(best, from.sum / int64_t(made.readers.size()) + *cycles);
        candidate.sum = std::min(never, candidate.sum + best);
      }
    }
}

void Plan::choose() {
  for (size_t number = nodes.size(); number-- > 0;) {
    Node &node = nodes[number];
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < node.candidates.size(); ++i) {
      int64_t cycles = node.candidates[i].sum;
      for (size_t reader : node.readers)
        for (const Need &need : nodes[reader].candidates[nodes[reader].choice].needs)
          if (nodeOf(need.value) == number)
            cycles += conversion(need, node.candidates[i].band).value_or(never);
      if (cycles < least)
        least = cycles, node.choice = i;
    }
  }
}

int64_t Plan::cyclesAround(size_t number, size_t choice) const {
  const Node &node = nodes[number];
  const Candidate &candidate = node.candidates[choice];
  int64_t cycles = candidate.cycles;
  // A value is brought once for all who need it alike.
  std::vector<std::pair<Value, Band>> seen;
  auto add = [&](const Need &need, const Band &have) {
    if (llvm::is_contained(seen, std::pair(need.value, need.band)))
      return;
    seen.push_back({need.value, need.band});
    cycles = std::min(never, cycles + conversion(need, have).value_or(never));
  };
  for (const Need &need : candidate.needs)
    if (std::optional<size_t> maker = nodeOf(need.value))
      add(need, nodes[*maker].chosen());
  for (size_t reader : node.readers)
    for (const Need &need : nodes[reader].candidates[nodes[reader].choice].needs)
      if (nodeOf(need.value) == number)
        add(need, candidate.band);
  return cycles;
}

void Plan::improve() {
  bool isBetter = true;
  for (int64_t round = 0; isBetter && round < mostRounds; ++round) {
    isBetter = false;
    for (size_t number = 0; number < nodes.size(); ++number) {
      Node &node = nodes[number];
      int64_t least = cyclesAround(number, node.choice);
      for (size_t i = 0; i < node.candidates.size(); ++i)
        if (int64_t cycles = cyclesAround(number, i); cycles < least)
          least = cycles, node.choice = i, isBetter = true;
    }
  }
}

bool Plan::fits() const { return constantBytes() <= cost.roomForConstants(); }

int64_t Plan::constantBytes() const {
  int64_t bytes = 0;
  for (const Node &node : nodes) {
    const Candidate &candidate = node.candidates[node.choice];
    for (const Need &need : candidate.needs)
      if (need.value.getDefiningOp<stensor::ConstantOp>())
        bytes += cost.constantBytes(need);
  }
  return bytes;
}

int64_t Plan::cycles() const {
  int64_t cycles = 0;
  std::set<std::pair<const void *, decltype(Band().key())>> seen;
  for (size_t number = 0; number < nodes.size(); ++number) {
    const Candidate &candidate = nodes[number].candidates[nodes[number].choice];
    cycles += candidate.cycles;
    for (const Need &need : candidate.needs) {
      std::optional<size_t> maker = nodeOf(need.value);
      if (!maker || !seen.insert({need.value.getAsOpaquePointer(), need.band.key()}).second)
        continue;
      cycles = std::min(never, cycles + conversion(need, nodes[*maker].chosen()).value_or(never));
    }
  }
  return cycles;
}

} // namespace sluice::partition
