//===- Clashes.cpp - Operands of one pass in one slice --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A buffer that takes part in many passes may find no place where it is in nobody's way. What
// one pass alone uses always does: the pass gets a copy.
//
//===----------------------------------------------------------------------===//

#include "Clashes.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/TypeSwitch.h"

#include <tuple>

using namespace sluice;
using namespace sluice::tile;

namespace {

/// What a pass streams from or to a buffer: vectors start, start + step, ... of it.
struct Access {
  struct Use {
    mlir::OpOperand *operand;
    /// Where the pass keeps (start, step) in `views`.
    size_t at;
  };
  /// One, or those of planes apart that are one read.
  llvm::SmallVector<Use, 2> uses;
  bool isWrite;
  /// Where it is read, or all copies that are written.
  llvm::SmallVector<int64_t, 2> hemispheres;
  /// An attribute.
  llvm::StringRef views;
  int64_t count;

  mlir::Value buffer() const { return uses.front().operand->get(); }
};

/// The accesses of one pass that are made at once.
class PassAccesses {
public:
  PassAccesses(mlir::Operation *op, Placement &placement) : placement(placement) {
    const UnitPlace &unit = placement.units[op];
    llvm::TypeSwitch<mlir::Operation *>(op)
        .Case([&](MapOp map) {
          for (auto [i, input] : llvm::enumerate(map.getInputsMutable()))
            read(input, unit.readHemispheres[i], map.getInputViewsAttrName(), 2 * i, map.getCount());
          writeAll(map.getOutputsMutable(), map.getOutputViewsAttrName(), map.getCount());
        })
        .Case([&](PermuteOp permute) {
          int64_t count = permute.getCount();
          read(permute.getInputMutable(), unit.hemisphere, permute.getViewsAttrName(), 0, count);
          read(permute.getMapMutable(), unit.hemisphere, permute.getViewsAttrName(), 2, count);
          write(permute.getOutputMutable(), permute.getViewsAttrName(), 4, count);
        })
        .Case([&](ContractOp contract) {
          llvm::StringRef segments = contract.getRowSegmentsAttrName();
          int64_t last = contract.getLanes().size() - 1;
          for (auto [j, rows] : llvm::enumerate(contract.getRowsMutable()))
            if (llvm::ArrayRef<int64_t> of = contract.getRowSegments().slice(4 * j, 4); of[0] == last)
              read(rows, unit.hemisphere, segments, 4 * j + 1, of[3]);
          rowReads = accesses.size();
          const size_t firstExtra = accesses.size();
          for (auto [i, extra] : llvm::enumerate(contract.getExtrasMutable()))
            if (std::optional<size_t> shared = sharedExtra(contract, i))
              accesses[firstExtra + *shared].uses.push_back({&extra, 2 * i});
            else
              read(extra, unit.readHemispheres[i], contract.getExtraViewsAttrName(), 2 * i,
                   contract.getCount());
          writeAll(contract.getOutputsMutable(), contract.getOutputViewsAttrName(), contract.getCount());
        });
  }

  /// The access to copy so that the pass has one clash less, none where there is no clash: of those that are
  /// not copies already a read rather than a write, and that with more uses. Where copies alone clash, what
  /// takes most slices leaves them no place.
  const Access *findClash() const;
  /// Whether any two accesses clash.
  bool hasClash() const;

private:
  void read(mlir::OpOperand &operand, int64_t hemisphere, llvm::StringRef views, size_t at, int64_t count) {
    accesses.push_back({{{&operand, at}}, false, {hemisphere}, views, count});
  }
  void write(mlir::OpOperand &operand, llvm::StringRef views, size_t at, int64_t count) {
    accesses.push_back({{{&operand, at}}, true, placement.buffers[operand.get()].hemispheres, views, count});
  }
  void writeAll(mlir::MutableOperandRange operands, llvm::StringRef views, int64_t count) {
    for (auto [i, operand] : llvm::enumerate(operands))
      write(operand, views, 2 * i, count);
  }
  bool clash(const Access &a, const Access &b) const;
  /// The slices of the parts of its buffer in which its vectors lie.
  llvm::SmallVector<int64_t> slicesOf(const Access &access) const;
  bool isCopy(const Access &access) const { return placement.copies.contains(access.buffer()); }
  /// The read of most slices that is no copy; none if all are.
  const Access *widestRead() const;

  Placement &placement;
  llvm::SmallVector<Access> accesses;
  /// So many of the first are the rows of a contraction, which come one segment after the other.
  size_t rowReads = 0;
};

} // namespace

bool PassAccesses::clash(const Access &a, const Access &b) const {
  const BufferPlace &placeA = placement.buffers[a.buffer()], &placeB = placement.buffers[b.buffer()];
  // A read and a write share a slice if they are in different banks.
  if (a.isWrite != b.isWrite && placeA.bank != placeB.bank)
    return false;
  auto share = [](llvm::ArrayRef<int64_t> some, llvm::ArrayRef<int64_t> others) {
    return llvm::any_of(some, [&](int64_t one) { return llvm::is_contained(others, one); });
  };
  return share(a.hemispheres, b.hemispheres) && share(slicesOf(a), slicesOf(b));
}

llvm::SmallVector<int64_t> PassAccesses::slicesOf(const Access &access) const {
  const llvm::SmallVector<int64_t> &slices = placement.buffers[access.buffer()].slices;
  const Access::Use &use = access.uses.front();
  llvm::ArrayRef<int64_t> view = use.operand->getOwner()
                                     ->getAttrOfType<mlir::DenseI64ArrayAttr>(access.views)
                                     .asArrayRef()
                                     .slice(use.at, 2);
  const Striping striping = llvm::cast<BufferOpInterface>(access.buffer().getDefiningOp()).getStriping();
  const uint64_t parts = striping.partsOf(view[0], view[1], access.count);
  const int64_t bytes = slices.size() / striping.stripes;
  llvm::SmallVector<int64_t> taken;
  for (auto [i, slice] : llvm::enumerate(slices))
    if (parts >> std::min<int64_t>(i / bytes, 63) & 1)
      taken.push_back(slice);
  return taken;
}

const Access *PassAccesses::widestRead() const {
  const Access *widest = nullptr;
  for (const Access &access : accesses)
    if (!access.isWrite && !isCopy(access) &&
        (!widest || placement.buffers[access.buffer()].slices.size() >
                        placement.buffers[widest->buffer()].slices.size()))
      widest = &access;
  return widest;
}

bool PassAccesses::hasClash() const {
  for (size_t j = 0; j < accesses.size(); ++j)
    for (size_t i = j < rowReads ? j : 0; i < j; ++i)
      if (clash(accesses[i], accesses[j]))
        return true;
  return false;
}

const Access *PassAccesses::findClash() const {
  auto rank = [&](const Access &access) {
    return std::tuple(!isCopy(access), !access.isWrite, llvm::range_size(access.buffer().getUses()));
  };
  for (size_t j = 0; j < accesses.size(); ++j)
    for (size_t i = j < rowReads ? j : 0; i < j; ++i)
      if (clash(accesses[i], accesses[j])) {
        const Access &better = rank(accesses[i]) > rank(accesses[j]) ? accesses[i] : accesses[j];
        if (const Access *access = isCopy(better) ? widestRead() : &better)
          return access;
      }
  return nullptr;
}

/// A pass that moves vectors as they are.
static MapOp createMover(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value from, mlir::Value to,
                         llvm::ArrayRef<int64_t> fromView, llvm::ArrayRef<int64_t> toView, int64_t count) {
  int64_t bytes = llvm::cast<BufferType>(from.getType()).getBytes();
  auto map =
      MapOp::create(builder, loc, mlir::ValueRange{from}, mlir::ValueRange{to},
                    builder.getDenseI64ArrayAttr(fromView), builder.getDenseI64ArrayAttr(toView), count);
  mlir::OpBuilder::InsertionGuard guard(builder);
  mlir::Block *body = builder.createBlock(&map.getBody());
  body->addArgument(builder.getIntegerType(8 * bytes), loc);
  YieldOp::create(builder, loc, body->getArguments());
  return map;
}

/// Gives the pass a buffer of its own instead of the access's.
static Copy copyAccess(mlir::Operation *op, const Access &access) {
  mlir::OpBuilder builder(op);
  mlir::Value buffer = access.buffer();
  if (auto constant = buffer.getDefiningOp<ConstantOp>()) {
    builder.setInsertionPointAfter(constant);
    mlir::Value twin = builder.clone(*constant)->getResult(0);
    for (const Access::Use &use : access.uses)
      use.operand->set(twin);
    return {twin, nullptr};
  }
  llvm::SmallVector<int64_t> views(op->getAttrOfType<mlir::DenseI64ArrayAttr>(access.views).asArrayRef());
  llvm::SmallVector<int64_t> before(llvm::ArrayRef(views).slice(access.uses.front().at, 2));
  int64_t count = before[1] == 0 ? 1 : access.count;
  llvm::SmallVector<int64_t> after{0, before[1] == 0 ? 0 : 1};
  int64_t bytes = llvm::cast<BufferType>(buffer.getType()).getBytes();
  mlir::Value copy =
      BufferOp::create(builder, op->getLoc(), BufferType::get(op->getContext(), count, bytes), 1);
  MapOp mover;
  if (access.isWrite) {
    builder.setInsertionPointAfter(op);
    mover = createMover(builder, op->getLoc(), copy, buffer, after, before, count);
  } else {
    mover = createMover(builder, op->getLoc(), buffer, copy, before, after, count);
  }
  for (const Access::Use &use : access.uses) {
    use.operand->set(copy);
    llvm::copy(after, views.begin() + use.at);
  }
  op->setAttr(access.views, builder.getDenseI64ArrayAttr(views));
  return {copy, mover};
}

std::optional<Copy> tile::separateClash(mlir::Operation *op, Placement &placement) {
  const PassAccesses accesses(op, placement);
  const Access *access = accesses.findClash();
  if (!access)
    return std::nullopt;
  const int64_t hemisphere = access->hemispheres.front();
  const Copy copy = copyAccess(op, *access);
  placement.copies.insert(copy.buffer);
  placement.buffers[copy.buffer].hemispheres = {hemisphere};
  if (copy.mover)
    placement.units[copy.mover].readHemispheres = {hemisphere};
  return copy;
}

bool tile::hasClash(mlir::Operation *op, Placement &placement) {
  return PassAccesses(op, placement).hasClash();
}
