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

std::vector<BankKey> banksOf(const Buffer &buffer) {
  std::vector<BankKey> keys;
  for (target::Hemisphere hemisphere : buffer.hemispheres)
    for (unsigned slice : buffer.slices)
      keys.push_back({unsigned(hemisphere), slice, buffer.bank});
  return keys;
}

bool aliveTogether(const Buffer &a, const Buffer &b) {
  return a.firstWrite <= b.lastUse && b.firstWrite <= a.lastUse;
}

/// Lowest base at which `buffer` meets in none of `keys` a buffer that is alive with it.
int64_t lowestBase(const Buffer &buffer, llvm::ArrayRef<BankKey> keys, const Banks &banks) {
  std::vector<std::pair<int64_t, int64_t>> taken;
  for (const BankKey &key : keys)
    if (auto found = banks.find(key); found != banks.end())
      for (const Buffer *other : found->second)
        if (aliveTogether(buffer, *other)) {
          const int64_t base = other->baseIn(target::Hemisphere(std::get<0>(key)), std::get<1>(key));
          taken.push_back({base, base + other->words()});
        }
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
  // Constants first, which leave no gaps, then large ones: they fit worst.
  std::vector<std::pair<size_t, Buffer *>> order;
  for (Buffer *buffer : buffers)
    order.push_back({order.size(), buffer});
  llvm::sort(order, [](const auto &a, const auto &b) {
    auto rank = [](const auto &entry) {
      const Buffer &buffer = *entry.second;
      return std::tuple(!buffer.initial || !buffer.hasOwnBases(), -buffer.words(), buffer.firstWrite,
                        entry.first);
    };
    return rank(a) < rank(b);
  });
  Banks banks;
  std::vector<const Buffer *> homeless;
  for (auto [index, buffer] : order) {
    if (isCancelled())
      break;
    const std::vector<BankKey> keys = banksOf(*buffer);
    const size_t together = buffer->hasOwnBases() ? 1 : keys.size();
    buffer->bases.clear();
    for (size_t first = 0; first < keys.size(); first += together)
      buffer->bases.push_back(lowestBase(*buffer, llvm::ArrayRef(keys).slice(first, together), banks));
    if (*llvm::max_element(buffer->bases) + buffer->words() > target.wordsPerBank) {
      homeless.push_back(buffer);
      continue;
    }
    for (const BankKey &key : keys)
      banks[key].push_back(buffer);
  }
  return homeless;
}
