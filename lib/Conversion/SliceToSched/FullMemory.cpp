//===- FullMemory.cpp - What stands in the way of a program ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A buffer that finds no words says little by itself: large ones come first, so the one that fails may be
// small. What helps is to know whether the card is too small as a whole or one of its banks is, and whose
// tensors fill it.
//
//===----------------------------------------------------------------------===//

#include "FullMemory.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

#include <map>

using namespace sluice;
using namespace sluice::sched;

namespace {

using Holders = llvm::MapVector<mlir::Location, int64_t>;

bool isAliveAt(const Buffer &buffer, int64_t cycle) {
  return buffer.firstWrite <= cycle && cycle <= buffer.lastUse;
}

/// First cycle in which the most bytes are alive.
int64_t fullestCycle(llvm::ArrayRef<Buffer *> buffers, const target::Target &target) {
  std::map<int64_t, int64_t> changes;
  for (const Buffer *buffer : buffers) {
    changes[buffer->firstWrite] += buffer->totalBytes(target);
    if (buffer->lastUse != INT64_MAX)
      changes[buffer->lastUse + 1] -= buffer->totalBytes(target);
  }
  int64_t alive = 0, most = 0, fullest = 0;
  for (auto [cycle, change] : changes)
    if ((alive += change) > most) {
      most = alive;
      fullest = cycle;
    }
  return fullest;
}

class Report {
public:
  Report(llvm::ArrayRef<Buffer *> buffers, llvm::ArrayRef<const Buffer *> homeless, int64_t instructions,
         const LoweringOptions &options)
      : buffers(buffers), homeless(homeless), options(options), target(*options.target),
        memory(target.memoryBytes()), text(instructions * target.instructionBytes) {
    const int64_t cycle = fullestCycle(buffers, target);
    for (const Buffer *buffer : buffers)
      if (isAliveAt(*buffer, cycle)) {
        need += buffer->totalBytes(target);
        if (buffer->striping.stripes > 1) {
          striped += buffer->totalBytes(target);
          widest = std::max<int64_t>(widest, buffer->slices.size());
        }
        atOnce[buffer->value.getLoc()] += buffer->totalBytes(target);
      }
    auto module = homeless.front()->value.getDefiningOp()->getParentOfType<mlir::ModuleOp>();
    if (auto bytes = module ? module->getAttrOfType<mlir::DenseI64ArrayAttr>(kDividedBytesAttr) : nullptr;
        bytes && bytes.size() == int64_t(target.cardsPerNode))
      llvm::copy(bytes.asArrayRef(), divided.begin());
  }

  mlir::LogicalResult run() { return need > memory ? reportWhole() : reportBank(); }

private:
  mlir::LogicalResult reportWhole() {
    mlir::InFlightDiagnostic error = mlir::emitError(largestOf(atOnce));
    error << "memory is full: the program needs " << need << " bytes at once, a card has " << memory
          << ", short by " << need - memory;
    addAdvice(error);
    addHolders(error, atOnce, "of them");
    return error;
  }

  /// The card is large enough as a whole.
  mlir::LogicalResult reportBank() {
    const Buffer &buffer = *homeless.front();
    const int64_t slices = buffer.slices.size(), words = buffer.words();
    Holders holders;
    const int64_t free = mostFree(buffer, holders);
    mlir::InFlightDiagnostic error = mlir::emitError(buffer.value.getLoc());
    error << "memory is full where a tensor must lie: its " << buffer.totalBytes(target) << " bytes take "
          << words << " words in a row in bank " << buffer.bank << " of ";
    if (slices > 1)
      error << slices << " slices, from slice " << buffer.slices.front() << " on,";
    else
      error << "slice " << buffer.slices.front();
    error << (buffer.hemispheres.size() > 1 ? " in both hemispheres" : " of one hemisphere") << ", where "
          << free << " of " << target.wordsPerBank << " are free in a row while it is alive";
    if (homeless.size() > 1)
      error << " (and " << homeless.size() - 1 << " more tensors like it)";
    error << "; in all the program needs " << need << " bytes at once, a card has " << memory;
    addAdvice(error);
    addHolders(error, holders, "there");
    return error;
  }

  /// The longest row of free words in that bank of the buffer's which has the shortest, and who has words in
  /// it.
  int64_t mostFree(const Buffer &buffer, Holders &holders) const {
    int64_t least = INT64_MAX;
    for (target::Hemisphere hemisphere : buffer.hemispheres)
      for (unsigned slice : buffer.slices) {
        Holders inBank;
        const int64_t free = longestGap(buffer, hemisphere, slice, inBank);
        if (free >= least)
          continue;
        least = free;
        holders = std::move(inBank);
      }
    return least;
  }

  int64_t longestGap(const Buffer &buffer, target::Hemisphere hemisphere, unsigned slice,
                     Holders &holders) const {
    std::vector<std::pair<int64_t, int64_t>> taken;
    for (const Buffer *other : buffers)
      if (!llvm::is_contained(homeless, other) && other->bank == buffer.bank && other->isIn(hemisphere) &&
          llvm::is_contained(other->slices, slice) && other->firstWrite <= buffer.lastUse &&
          buffer.firstWrite <= other->lastUse) {
        const int64_t base = other->baseIn(hemisphere, slice);
        taken.push_back({base, base + other->words()});
        holders[other->value.getLoc()] += other->totalBytes(target);
      }
    llvm::sort(taken);
    int64_t longest = 0, end = 0;
    for (auto [first, next] : taken) {
      longest = std::max(longest, first - end);
      end = std::max(end, next);
    }
    return std::max(longest, int64_t(target.wordsPerBank) - end);
  }

  /// Bytes that a card needs less if `cards` divide what can be divided.
  int64_t savedOn(unsigned cards) const { return divided[options.cards - 1] - divided[cards - 1]; }

  /// Bytes that it needs then, with its instructions. A card computes as large a part as it has of the
  /// constants.
  int64_t needOn(unsigned cards) const {
    const int64_t data = need - savedOn(cards);
    const double part = static_cast<double>(data) / static_cast<double>(need);
    return data + static_cast<int64_t>(part * static_cast<double>(text));
  }

  /// Whether a card has room then, with some to spare: not all words can be used. Stripes are not put in the
  /// slices of a hemisphere that are too few for them.
  bool wouldFit(unsigned cards) const {
    const int64_t slices = target.slicesPerHemisphere, usable = memory / slices * (slices / widest * widest);
    auto isWithin = [](int64_t bytes, int64_t room) { return bytes <= room / 20 * 19; };
    return isWithin(needOn(cards), memory) && isWithin(striped - savedOn(cards), usable);
  }

  /// Says what would help, and that more cards would not if so.
  void addAdvice(mlir::InFlightDiagnostic &error) const {
    llvm::SmallVector<std::string, 3> advice;
    const unsigned most = target.cardsPerNode;
    unsigned cards = options.cards + 1;
    while (cards < most && !wouldFit(cards))
      ++cards;
    const bool areEnough = options.cards < most && 2 * divided[options.cards - 1] > need && wouldFit(cards);
    if (areEnough)
      advice.push_back("--cards=" + std::to_string(cards) + ", of which each needs about " +
                       std::to_string(needOn(cards)) + " bytes,");
    if (options.splitsF32)
      advice.push_back("--f32-matmul=f16");
    if (options.hasDims)
      advice.push_back("smaller dimensions (--dim)");
    if (!areEnough && options.cards < most) {
      error << "; more cards would not help";
      if (need > memory)
        error << ": " << need - divided[options.cards - 1] << " bytes are needed on every card";
    }
    if (!advice.empty())
      error << "; " << llvm::join(advice, " or ") << " would help";
  }

  static mlir::Location largestOf(const Holders &holders) {
    return llvm::max_element(holders, [](const auto &a, const auto &b) { return a.second < b.second; })
        ->first;
  }

  static void addHolders(mlir::InFlightDiagnostic &error, const Holders &holders, llvm::StringRef where) {
    // Equal ones in the order of the program.
    std::vector<std::pair<int64_t, size_t>> order;
    for (auto [index, holder] : llvm::enumerate(holders))
      order.emplace_back(-holder.second, index);
    llvm::sort(order);
    for (auto [bytes, index] : llvm::ArrayRef(order).take_front(3))
      error.attachNote((holders.begin() + index)->first) << -bytes << " bytes " << where;
  }

  llvm::ArrayRef<Buffer *> buffers;
  llvm::ArrayRef<const Buffer *> homeless;
  const LoweringOptions &options;
  const target::Target &target;
  const int64_t memory;
  const int64_t text;  ///< bytes of instructions, as many as there are now
  int64_t need = 0;    ///< bytes at once, at most
  int64_t striped = 0; ///< of them, those in stripes
  int64_t widest = 1;  ///< slices of the widest stripes
  /// Bytes on a card of what cards divide among them, if there are 1, 2 ... cards.
  std::vector<int64_t> divided = std::vector<int64_t>(target.cardsPerNode, 0);
  Holders atOnce;
};

} // namespace

mlir::LogicalResult sched::reportFull(llvm::ArrayRef<Buffer *> buffers,
                                      llvm::ArrayRef<const Buffer *> homeless, int64_t instructions,
                                      const LoweringOptions &options) {
  return Report(buffers, homeless, instructions, options).run();
}
