//===- Materialise.cpp - Views become vectors -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A wanted vector that exists costs nothing: it is referred to. Any other is put
// together from pieces: a piece is a source vector, taken as it is, masked, or with
// its lanes moved, and the pieces, zero where the others are not, are combined by or.
//
//===----------------------------------------------------------------------===//

#include "PlaneMoves.h"
#include "VectorPlan.h"

#include <cstring>

using namespace mlir;

namespace sluice::tiling {

int64_t Lowering::placeOf(Root &root, int64_t element, int64_t lane) {
  const int64_t lanes = emitter.target.lanes();
  if (root.places.empty()) {
    const Grid grid = gridOf(root.type.getShape(), *root.layout);
    if (root.layout->hasLoops())
      std::tie(root.placeStarts, root.places) = grid.allPlaces();
    else
      root.places = grid.places();
  }
  if (root.placeStarts.empty())
    return root.places[element];
  ArrayRef<int64_t> all =
      ArrayRef(root.places)
          .slice(root.placeStarts[element], root.placeStarts[element + 1] - root.placeStarts[element]);
  auto same = llvm::find_if(all, [&](int64_t place) { return place % lanes == lane; });
  return same != all.end() ? *same : all.front();
}

//===----------------------------------------------------------------------===//
// What a vector is made of
//===----------------------------------------------------------------------===//

/// Finds the pieces of the vectors of one view.
class Lowering::Resolver {
public:
  Resolver(Lowering &lowering, const View &view, int64_t bytes)
      : lowering(lowering), view(view), bytes(bytes), lanes(lowering.emitter.target.lanes()) {}

  void resolve(const Grid &grid, int64_t vector, int64_t validLanes);
  std::vector<VectorPlan> finish(Location loc);

private:
  void addElement(int64_t lane, const Element &element);
  /// The plan's pieces that come from the sources of `vector`.
  void addPieces(VectorPlan &plan, const WantedVector &vector) const;

  Lowering &lowering;
  const View &view;
  int64_t bytes, lanes;

  // Of the vector at hand.
  WantedVector vector;
  size_t lastSource = 0;
  bool isIdentity = true;
  std::string fixed;
  bool hasFixed = false;

  std::vector<VectorPlan> plans;
  std::map<WantedVector, size_t> wantedNumbers;
  std::vector<WantedVector> wanted;
  std::vector<std::pair<size_t, size_t>> wantedPlans; ///< plan, wanted vector
  std::vector<std::string> fixedVectors;
  std::vector<size_t> fixedPlans;
};

void Lowering::Resolver::addElement(int64_t lane, const Element &element) {
  if (element.isFixed() || lowering.roots[element.root].kind == Root::Constant) {
    uint32_t bits = lowering.bitsOf(element);
    std::memcpy(fixed.data() + lane * bytes, &bits, bytes);
    hasFixed = true;
    return;
  }
  Root &root = lowering.roots[element.root];
  int64_t place = lowering.placeOf(root, element.number, lane);
  Ref ref = root.refs[place / lanes];
  int64_t sourceLane = place % lanes;
  if (root.isReplicated)
    sourceLane = lane < root.replicas ? lane : lane % root.replicas;
  Refs &sources = vector.sources;
  if (lastSource >= sources.size() || sources[lastSource] != ref) {
    lastSource = llvm::find(sources, ref) - sources.begin();
    if (lastSource == sources.size())
      sources.push_back(ref);
  }
  vector.sourceOf[lane] = static_cast<int16_t>(lastSource);
  vector.laneOf[lane] = static_cast<uint16_t>(sourceLane);
  isIdentity &= sourceLane == lane;
}

void Lowering::Resolver::resolve(const Grid &grid, int64_t number, int64_t validLanes) {
  vector.sources.clear();
  vector.sourceOf.assign(validLanes, WantedVector::nowhere);
  vector.laneOf.assign(validLanes, 0);
  isIdentity = true;
  fixed.assign(lanes * bytes, 0);
  hasFixed = false;
  for (int64_t lane = 0; lane < validLanes; ++lane)
    if (int64_t element = grid.element(number, grid.isReplicated() ? 0 : lane); element >= 0)
      addElement(lane, view.at(element));

  VectorPlan &plan = plans.emplace_back();
  if (vector.sources.size() == 1 && !hasFixed && isIdentity) {
    plan.pieces.push_back({Piece::Whole, vector.sources[0]});
    return;
  }
  if (!vector.sources.empty()) {
    auto [entry, inserted] = wantedNumbers.try_emplace(vector, wanted.size());
    if (inserted)
      wanted.push_back(vector);
    wantedPlans.push_back({plans.size() - 1, entry->second});
  }
  // A vector of no element at all may hold anything: zeros.
  if (!hasFixed && !vector.sources.empty())
    return;
  if (vector.sources.empty() && grid.isReplicated())
    for (int64_t lane = 1; lane < lanes; ++lane)
      std::memcpy(fixed.data() + lane * bytes, fixed.data(), bytes);
  fixedPlans.push_back(plans.size() - 1);
  fixedVectors.push_back(fixed);
}

void Lowering::Resolver::addPieces(VectorPlan &plan, const WantedVector &vector) const {
  for (auto [number, source] : llvm::enumerate(vector.sources)) {
    LaneMap map = vector.mapOf(number, lanes);
    bool isMask = true;
    for (auto [lane, from] : llvm::enumerate(map))
      isMask &= from == kNoLane || from == lane;
    plan.pieces.push_back({isMask ? Piece::Masked : Piece::Mapped, source, lowering.emitter.laneMap(map)});
  }
}

std::vector<Lowering::VectorPlan> Lowering::Resolver::finish(Location loc) {
  Refs moved = PlaneMover(lowering, loc, bytes).move(wanted);
  for (auto [plan, number] : wantedPlans)
    if (moved[number].buffer >= 0)
      plans[plan].pieces.push_back({Piece::Whole, moved[number]});
    else
      addPieces(plans[plan], wanted[number]);
  Refs refs = lowering.emitter.constants(loc, fixedVectors, bytes);
  for (auto [plan, ref] : llvm::zip_equal(fixedPlans, refs))
    plans[plan].pieces.push_back({Piece::Whole, ref});
  return std::move(plans);
}

Refs Lowering::materialise(Location loc, const View &view, Type elementType, const Layout &layout,
                           int64_t replicas) {
  if (std::optional<int32_t> number = view.wholeRoot()) {
    Root &root = roots[*number];
    if (root.kind != Root::Constant && *root.layout == layout && root.type.getShape() == view.shape() &&
        (!root.isReplicated || root.replicas >= replicas))
      return root.refs;
  }
  if (isByCard(view))
    return constantsByCard(loc, view, view.shape(), elementType, layout);
  int64_t bytes = bytesOf(elementType);
  Grid grid = gridOf(view.shape(), layout);
  Resolver resolver(*this, view, bytes);
  for (int64_t vector = 0; vector < grid.vectors(); ++vector)
    resolver.resolve(grid, vector, grid.isReplicated() ? replicas : grid.validLanes(vector));
  return emitPlans(loc, resolver.finish(loc), bytes);
}

std::pair<Ref, int64_t> Lowering::sourceOf(const View &view, const Grid &grid, int64_t vector) {
  int64_t lanes = emitter.target.lanes(), pieces = 0;
  bool isIdentity = true, hasFixed = false;
  Ref last;
  for (int64_t lane = 0, valid = grid.isReplicated() ? 1 : grid.validLanes(vector); lane < valid; ++lane) {
    const int64_t number = grid.element(vector, lane);
    if (number < 0)
      continue;
    Element element = view.at(number);
    if (element.isFixed() || roots[element.root].kind == Root::Constant) {
      hasFixed = true;
      continue;
    }
    Root &root = roots[element.root];
    int64_t place = placeOf(root, element.number, lane);
    Ref ref = root.refs[place / lanes];
    pieces += pieces == 0 || ref != last;
    last = ref;
    isIdentity &= root.isReplicated ? lane < root.replicas : place % lanes == lane;
  }
  if (pieces == 1 && isIdentity && !hasFixed)
    return {last, 0};
  return {Ref(), pieces == 0 ? 0 : pieces + hasFixed};
}

int64_t Lowering::countMovedPieces(const View &view, const Layout &layout, int64_t limit) {
  Grid grid = gridOf(view.shape(), layout);
  int64_t moved = 0;
  for (int64_t vector = 0; vector < grid.vectors() && moved <= limit; ++vector)
    moved += sourceOf(view, grid, vector).second;
  return moved;
}

Refs Lowering::wholeVectors(const View &view, const Layout &layout) {
  Grid grid = gridOf(view.shape(), layout);
  Refs refs;
  for (int64_t vector = 0; vector < grid.vectors(); ++vector)
    refs.push_back(sourceOf(view, grid, vector).first);
  return refs;
}

} // namespace sluice::tiling
