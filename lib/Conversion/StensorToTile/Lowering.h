//===- Lowering.h - One program from stensor to tile ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Three walks over @main: forwards, every value gets its view; backwards, every root
// a layout that suits its readers (Plan.cpp); forwards again, operations become
// passes (Maps, Contractions, Reductions, Gathers, Edges).
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_LOWERING_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_LOWERING_H

#include "Emitter.h"
#include "Packing.h"
#include "lib/Conversion/Views/View.h"

#include "sluice/Conversion/Lowering.h"
#include "sluice/Golden/TensorValue.h"

#include "dialects/part/PartDialect.h"
#include "dialects/stensor/StensorDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace sluice::tiling {

/// A value that exists in memory: a program input, a constant or what passes compute.
struct Root {
  enum Kind { Input, Constant, Computed } kind;
  mlir::Value value;
  mlir::RankedTensorType type;
  golden::TensorValue data; ///< of a constant

  /// What readers would like, in program order from last to first.
  llvm::SmallVector<std::pair<Layout, bool>> wishes; ///< bool: of a contraction
  /// Lanes in which readers want a replicated element.
  int64_t replicasWanted = 1;
  /// Whether the value leaves the program.
  bool isOutput = false;
  /// Contractions of which it is, or is part of, the right operand, from last to first.
  llvm::SmallVector<stensor::ContractOp> weightReaders;

  /// In which it would lie if nothing moved.
  std::optional<Layout> standing;
  std::optional<Layout> layout;
  Refs refs;            ///< by vector of the layout; empty until computed
  int64_t replicas = 1; ///< lanes that hold a replicated element
  /// Of every element, made when first asked for. Of a layout by loops, those of element e begin at
  /// placeStarts[e] and end at the next start.
  std::vector<int64_t> places, placeStarts;
  std::optional<Layout> imageLayout; ///< of pixels that convolutions read or make
  bool isReplicated = false;         ///< under its layout
  bool isApart = false;              ///< its chunks have buffers of their own
  std::optional<int64_t> cutDim;     ///< of an input of which each card has a part: along which dimension
};

class Lowering {
public:
  Lowering(mlir::func::FuncOp source, mlir::Block &target, const LoweringOptions &options);
  mlir::LogicalResult run();

private:
  //===--- Views and roots (StensorToTile.cpp) ---===//
  void buildViews();
  int32_t addRoot(Root::Kind kind, mlir::Value value);
  const View &viewOf(mlir::Value value) const { return views.at(value); }
  Root &rootOf(mlir::Value value) { return roots[rootNumbers.at(value)]; }
  /// Bytes of all constant weight tiles of contractions, if each column and chunk has its own.
  int64_t constantTileBytes();
  bool isConstant(const View &view) const;
  /// The bits of a fixed element or of a constant's.
  uint32_t bitsOf(const Element &element) const;
  Grid gridOf(llvm::ArrayRef<int64_t> shape, const Layout &layout) const {
    return Grid(shape, layout, emitter.target.lanes());
  }
  /// Gives a root its layout and vectors.
  void define(Root &root, Refs refs, int64_t replicas = 1);
  mlir::LogicalResult lower(mlir::Operation &op);

  //===--- Layouts (Plan.cpp) ---===//
  void planLayouts();
  /// Gives maps inputs of their own where contractions decide how those lie; whether there are any. All
  /// plans are then void.
  bool doubleInputs();
  Root *misfitInput(stensor::MapOp map, mlir::Value operand);
  /// Forgets all plans, and makes them anew.
  void forgetPlans();
  void replan();
  void expandUnpackable();
  void planOp(mlir::Operation &op);
  void planMap(stensor::MapOp map);
  void planContract(stensor::ContractOp contract);
  void planConvolve(stensor::ConvolveOp convolve);
  void planReduce(stensor::ReduceOp reduce);
  void planGather(stensor::GatherOp gather);
  std::optional<Layout> wishedLayout(mlir::ValueRange results) const;
  static Layout defaultLayout(llvm::ArrayRef<int64_t> shape);
  /// The layout of a map's results that nobody wishes otherwise.
  Layout freeLayout(stensor::MapOp map) const;
  void setLayout(Root &root, const Layout &layout);
  /// The layout of `view` under which a row runs along the columns of a contraction's result.
  static std::optional<Layout> layoutAlongColumns(const View &view, int64_t columns);
  /// What of a contraction each card does a part of.
  enum class Spread { None, Columns, Rows };
  Spread spreadOf(stensor::ContractOp contract) const { return spreadOf(contract, options.cards); }
  Spread spreadOf(stensor::ContractOp contract, int64_t cards) const;
  /// Bytes on a card of the constants that several cards divide among them, if there are 1, 2 ... cards.
  llvm::SmallVector<int64_t> dividedBytes();
  int64_t planesOf(stensor::ContractOp contract) const;
  /// Tells the roots of `view` that it will be read in `layout`, each element that is alone in its
  /// vector in `replicas` lanes.
  void wish(const View &view, const Layout &layout, bool ofContraction, int64_t replicas = 1);
  llvm::DenseMap<int32_t, Layout> translate(const View &view, const Layout &layout,
                                            llvm::ArrayRef<int32_t> numbers) const;

  //===--- Maps in the body of a contraction (Fusion.cpp) ---===//
  /// The layout in which `map`'s result vectors are those of a contraction that it reads, if it can run
  /// in that contraction's body.
  std::optional<Layout> planFusion(stensor::MapOp map);
  bool readsWholeVectors(stensor::MapOp map, mlir::Value operand, stensor::ContractOp contract,
                         const Layout &layout) const;
  bool extrasAreAtHand(stensor::MapOp map, mlir::Value operand, const Layout &layout, Spread spread) const;
  /// Whether a map's body fits behind `planes` planes at once.
  bool bodyFits(stensor::MapOp map, int64_t planes);

  //===--- Pixels side by side (PlanPixels.cpp) ---===//
  /// Chooses how many pixels of each image lie side by side.
  void planPixels();
  class PixelPlan;
  /// How `op` makes a variant of its result's pixels.
  PackedConvolution packingOf(stensor::ConvolveOp op, int64_t variant = 0) const;
  /// Planes that share the rows of a unit of `op`, with the body of `fused` behind them.
  int64_t planesOf(stensor::ConvolveOp op, stensor::MapOp fused);

  //===--- Cards' shares (Shares.cpp) ---===//
  /// `layout` with dimension `dim` counting the vectors, slowest of all.
  static Layout outermost(const Layout &layout, int64_t dim, llvm::ArrayRef<int64_t> shape);
  mlir::RankedTensorType wholeType(mlir::RankedTensorType share, std::optional<int64_t> cutDim) const;
  int64_t vectorOfWhole(int64_t vector, int64_t rows, std::optional<int64_t> cutDim) const;
  void planUnite(stensor::ConcatOp unite);
  mlir::LogicalResult lowerUnite(stensor::ConcatOp unite);
  /// A buffer of exactly `refs` that an exchange can read.
  int32_t bufferToSend(mlir::Location loc, const Refs &refs, int64_t bytes);

  //===--- Where values lie if nothing moves (Standing.cpp) ---===//
  void findStandingLayouts();
  std::optional<Layout> standingLayoutOf(mlir::Value value) const;
  /// Where a map's operands lie, if moving its result to where it is wished takes less than moving them.
  std::optional<Layout> layoutWithoutMoving(stensor::MapOp map, const Layout &wished);

  //===--- Operands (Materialise.cpp, Assembly.cpp) ---===//
  /// Vectors of `view` in `layout`; a replicated layout has its element in at least `replicas` lanes.
  Refs materialise(mlir::Location loc, const View &view, mlir::Type elementType, const Layout &layout,
                   int64_t replicas = 1);
  /// The vector that vector `vector` of a view is all of, or a Ref of no buffer and about how many pieces it
  /// would be put together from.
  std::pair<Ref, int64_t> sourceOf(const View &view, const Grid &grid, int64_t vector);
  /// About how many pieces `materialise` would have to make; counting ends above `limit`.
  int64_t countMovedPieces(const View &view, const Layout &layout, int64_t limit = INT64_MAX);
  /// For each vector of `view` in `layout`, the vector that it is all of, or a Ref of no buffer.
  Refs wholeVectors(const View &view, const Layout &layout);
  struct Piece;
  struct VectorPlan;
  struct WantedVector;
  class Resolver;
  class PlaneMover;
  Refs emitPlans(mlir::Location loc, llvm::ArrayRef<VectorPlan> plans, int64_t bytes);
  void spreadPieces(mlir::Location loc, llvm::MutableArrayRef<VectorPlan> plans, int64_t bytes);
  void permutePieces(mlir::Location loc, llvm::MutableArrayRef<VectorPlan> plans, int64_t bytes);
  void mergePieces(mlir::Location loc, llvm::MutableArrayRef<VectorPlan> plans, int64_t bytes);
  Ref maskVector(mlir::Location loc, int32_t laneMap, int64_t bytes);
  /// Where an element of a root lies, in `lane` if it does there too.
  int64_t placeOf(Root &root, int64_t element, int64_t lane);
  void placeInputs();
  void placeInput(Root &root, int64_t first, int64_t count, int64_t stripes);

  //===--- Constants (Constants.cpp) ---===//
  /// Which elements of a constant view lie where in a buffer, as `tile.image` says it.
  struct Places;
  /// A buffer of what a constant view has at `places`: said by an image, small ones made at once.
  int32_t constantBuffer(mlir::Location loc, const View &view, Places places, mlir::Type elementType,
                         int64_t stripes = 1);
  /// Whether cards have different parts of a constant.
  static bool isByCard(const View &view);
  /// A constant view's vectors of `chunk` under `layout`.
  Places placesOf(const Layout &layout, llvm::ArrayRef<int64_t> shape, int64_t chunk) const;
  static void forEachStretch(Places places, int64_t most, llvm::function_ref<void(const Places &)> act);
  /// Vectors of a tensor of `shape`, each card's part of a constant view: as `cards` step through that, or as
  /// it says itself.
  Refs constantsByCard(mlir::Location loc, const View &view, llvm::ArrayRef<int64_t> shape,
                       mlir::Type elementType, const Layout &layout, llvm::ArrayRef<Loop> cards = {});
  mlir::ElementsAttr constantOf(const ViewPiece &piece, mlir::Type elementType) const;

  //===--- Operations ---===//
  mlir::LogicalResult lowerMap(stensor::MapOp map);
  mlir::LogicalResult lowerContract(stensor::ContractOp contract, stensor::MapOp fused);
  mlir::LogicalResult lowerConvolve(stensor::ConvolveOp convolve, stensor::MapOp fused);
  mlir::LogicalResult lowerReduce(stensor::ReduceOp reduce);
  mlir::LogicalResult lowerGather(stensor::GatherOp gather);
  int32_t gatherTable(stensor::GatherOp gather, const Layout &layout, int64_t chunk);
  Refs gatherOffsets(stensor::GatherOp gather);
  mlir::LogicalResult lowerReturn(mlir::func::ReturnOp op);

  //===--- Bands on cards (Parts.cpp, Edges.cpp) ---===//
  /// Which part of a tensor an argument or result is on each card.
  struct Part {
    int64_t dim, step, first;
    mlir::RankedTensorType whole;
  };
  /// None where it is whole.
  static std::optional<Part> partOnCards(mlir::DictionaryAttr attributes);
  std::vector<int64_t> numbersInWhole(const Part &part, const Grid &grid, llvm::ArrayRef<int64_t> shape,
                                      const Layout &layout, int64_t card) const;
  /// Binds what leaves the program in bands.
  void leavePart(mlir::Location loc, mlir::Value value, const Part &part, mlir::DictionaryAttr attributes);
  /// The layout of a value that cards have in bands of `dims`, of which none is on lanes.
  void planPart(mlir::Value result, mlir::Value input, llvm::ArrayRef<int64_t> dims);
  mlir::LogicalResult lowerPart(part::ConstantOp op);
  mlir::LogicalResult lowerPart(part::GatherOp op);
  mlir::LogicalResult lowerPart(part::HaloOp op);
  class Filler;
  /// Where vectors that all cards send so far are at the receiver. `isFromEach`: those of each sender by
  /// themselves; then it is where those of card 0 are, and as many further those of the next.
  Refs send(mlir::Location loc, const Refs &refs, int64_t bytes, llvm::ArrayRef<int64_t> distances,
            bool isFromEach);

  /// The vectors of a root that are the columns of a weight tile, tile by tile.
  std::vector<std::vector<int64_t>> tilesOf(Root &root);
  /// Places for the vectors of a root in the weight tiles that it becomes, Refs of no buffer for those that
  /// are not just columns of a tile.
  Refs placeAsWeights(mlir::Location loc, Root &root);
  /// Whether a result is read by the host alone, and as it is stored.
  bool leavesInWholeVectors(mlir::Value result);
  Layout outputLayout(const View &view, int64_t cut = -1);
  /// The root that a view is all of, with its dimensions in any order: the root's dimensions that those of
  /// the view are.
  std::optional<std::pair<int32_t, Shape>> permutedRoot(const View &view) const;
  std::optional<Layout> layoutOfRoot(const View &view) const;
  int32_t weightTile(mlir::Location loc, const Refs &refs, int64_t bytes);
  class Reducer;
  class Contraction;
  class Convolution;
  /// A view of `refs`, copied to a buffer of their own if they do not step regularly.
  Progression progressionFor(mlir::Location loc, const Refs &refs, int64_t bytes);
  /// The operations of a map's body; its argument i is arguments[argumentOf[i]], or where that is negative
  /// the value of all elements of the operand.
  llvm::SmallVector<mlir::Value> cloneBody(stensor::MapOp map, llvm::ArrayRef<int64_t> argumentOf,
                                           mlir::OpBuilder &builder, mlir::Location loc,
                                           mlir::ValueRange arguments) const;

  mlir::func::FuncOp source;
  const LoweringOptions &options;
  Emitter emitter;

  llvm::DenseMap<mlir::Value, View> views;
  llvm::DenseMap<mlir::Value, int32_t> rootNumbers;
  std::vector<Root> roots;
  /// Maps that run in the body of a contraction or convolution, and the reverse.
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> contractOf;
  llvm::DenseMap<mlir::Operation *, stensor::MapOp> fusedInto;
  /// Pixels side by side in a convolution's input and result.
  struct Packing {
    Pixels in, out;
    bool isPadded;            ///< lanes of the input that hold no pixel hold padding
    int32_t root;             ///< whose vectors are the input's, if it lies as its image does; or -1
    mlir::Operation *tilesOf; ///< the first convolution that has the same tiles
  };
  llvm::DenseMap<mlir::Operation *, Packing> packings;
  /// Tiles of convolutions, by variant, phase, slot, group, chunk and taps.
  llvm::DenseMap<mlir::Operation *, std::map<std::vector<int64_t>, int32_t>> convolutionTiles;
  /// Convolutions whose input does not lie so that their sums keep their order.
  llvm::SmallVector<stensor::ConvolveOp> unpackable;
  /// Layouts that reductions read their input in.
  llvm::DenseMap<mlir::Operation *, Layout> inputLayouts;
  /// Buffers that hold the columns of a weight tile, by the vectors that they are, or are copies of.
  std::map<Refs, int32_t> weightTiles;
  /// Vectors of which some first lanes lie further on, with zeros around them, by what they are made of, how
  /// many lanes that are and where.
  std::map<std::tuple<Refs, int64_t, int64_t>, Refs> movedTails;
  /// Whether the constant weight tiles of contractions take more than half of the memory.
  bool areWeightsScarce = false;
  /// Vectors put together before, by what they are made of.
  std::map<std::vector<int64_t>, Ref> assembled;
  /// Constant rows that have a single one each, by where, and weight tiles by lane map and columns.
  std::map<std::vector<uint16_t>, int32_t> unitRows;
  std::map<std::pair<int32_t, int64_t>, int32_t> mapTiles;
};

/// Times that a lane may be taken before copies are made by doubling instead of one by one.
inline constexpr int64_t maxSplit = 3;

/// ALUs that a body takes, about: its operations and the moves of values that wait.
int64_t bodyCost(mlir::Block &body);

/// Bytes of an element in memory.
inline int64_t bytesOf(mlir::Type elementType) { return stensor::elementBytes(elementType); }

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_LOWERING_H
