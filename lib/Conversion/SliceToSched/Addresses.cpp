//===- Addresses.cpp - Words for buffers, from their lifetimes ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Addresses.h"

#include "sluice/Support/Cancellation.h"

#include <map>
#include <tuple>

using namespace sluice;
using namespace sluice::sched;

namespace {

/// A bank of a slice, and the buffers that have words in it.
using BankKey = std::tuple<unsigned, unsigned, unsigned>;
using Banks = std::map<BankKey, std::vector<const Buffer *>>;

template <typename Visit>
void visitBanks(const Buffer &buffer, Visit visit) {
  for (target::Hemisphere hemisphere : buffer.hemispheres)
    for (unsigned slice : buffer.slices)
      visit(BankKey{unsigned(hemisphere), slice, buffer.bank});
}

bool aliveTogether(const Buffer &a, const Buffer &b) {
  return a.firstWrite <= b.lastUse && b.firstWrite <= a.lastUse;
}

/// Lowest base at which `buffer` meets no buffer that is alive with it.
int64_t lowestBase(const Buffer &buffer, const Banks &banks) {
  std::vector<std::pair<int64_t, int64_t>> taken;
  visitBanks(buffer, [&](const BankKey &key) {
    if (auto found = banks.find(key); found != banks.end())
      for (const Buffer *other : found->second)
        if (aliveTogether(buffer, *other))
          taken.push_back({other->base, other->base + other->words()});
  });
  llvm::sort(taken);
  int64_t base = 0;
  for (auto [first, end] : taken) {
    if (base + buffer.words() <= first)
      break;
    base = std::max(base, end);
  }
  return base;
}

} // namespace

std::vector<const Buffer *> sched::assignAddresses(llvm::ArrayRef<Buffer *> buffers,
                                                   const target::Target &target) {
  // Large ones first: they fit worst.
  std::vector<std::pair<size_t, Buffer *>> order;
  for (Buffer *buffer : buffers)
    order.push_back({order.size(), buffer});
  llvm::sort(order, [](const auto &a, const auto &b) {
    return std::tuple(-a.second->words(), a.second->firstWrite, a.first) <
           std::tuple(-b.second->words(), b.second->firstWrite, b.first);
  });
  Banks banks;
  std::vector<const Buffer *> homeless;
  for (auto [index, buffer] : order) {
    if (isCancelled())
      break;
    buffer->base = lowestBase(*buffer, banks);
    if (buffer->base + buffer->words() > target.wordsPerBank) {
      homeless.push_back(buffer);
      continue;
    }
    visitBanks(*buffer, [&](const BankKey &key) { banks[key].push_back(buffer); });
  }
  return homeless;
}
