//===- Memory.cpp - A card's SRAM -----------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Memory.h"

#include <algorithm>
#include <cstring>
#include <new>

using namespace sluice;
using namespace sluice::executor;
using binary::proto::MemoryRun;

Memory::Memory(const target::Target &target, const binary::Card &card)
    : card(card), lanes(target.lanes()), words(target.wordsPerSlice()),
      slicesPerHemisphere(target.slicesPerHemisphere), slices(2 * slicesPerHemisphere) {
  for (const MemoryRun &run : card.memory) {
    Slice &slice = sliceAt(run.hemisphere(), run.slice());
    slice.runs.push_back(&run);
    std::memcpy(bytesOf(slice, run.address()), card.data.data() + run.offset(), run.words() * lanes);
  }
  for (Slice &slice : slices)
    std::sort(slice.runs.begin(), slice.runs.end(),
              [](const MemoryRun *a, const MemoryRun *b) { return a->address() < b->address(); });
}

uint8_t *Memory::bytesOf(Slice &slice, uint32_t address) {
  if (!slice.bytes) {
    slice.bytes.reset(static_cast<uint8_t *>(std::calloc(words, lanes)));
    if (!slice.bytes)
      throw std::bad_alloc();
    slice.dirty.resize(words);
  }
  return slice.bytes.get() + address * lanes;
}

uint8_t *Memory::scatter(uint32_t hemisphere, uint32_t index, uint32_t address) {
  std::lock_guard lock(mutex);
  Slice &slice = sliceAt(hemisphere, index);
  uint8_t *bytes = bytesOf(slice, address);
  if (!slice.dirty[address]) {
    slice.dirty[address] = true;
    slice.dirtyWords.push_back(address);
  }
  return bytes;
}

/// The word's bytes in the card's image; null if the image does not have it.
const uint8_t *Memory::initialBytes(const Slice &slice, uint32_t address) const {
  auto behind =
      std::upper_bound(slice.runs.begin(), slice.runs.end(), address,
                       [](uint32_t address, const MemoryRun *run) { return address < run->address(); });
  if (behind == slice.runs.begin())
    return nullptr;
  const MemoryRun &run = **std::prev(behind);
  if (address - run.address() >= run.words())
    return nullptr;
  const char *bytes = card.data.data() + run.offset() + (address - run.address()) * lanes;
  return reinterpret_cast<const uint8_t *>(bytes);
}

void Memory::addWritten(uint32_t hemisphere, uint32_t index, const binary::Instruction &write) {
  Slice &slice = sliceAt(hemisphere, index);
  const int64_t start = write.address, end = start + int64_t(write.count - 1) * write.step;
  const auto [first, last] = std::minmax(start, end);
  const auto run =
      std::partition_point(slice.runs.begin(), slice.runs.end(), [&, first = first](const MemoryRun *run) {
        return int64_t(run->address()) + run->words() <= first;
      });
  if (run == slice.runs.end() || (*run)->address() > last)
    return;
  for (uint32_t element = 0; element != write.count; ++element)
    if (const auto address = uint32_t(write.address + int64_t(element) * write.step);
        initialBytes(slice, address))
      slice.overwritten.push_back(address);
}

void Memory::undo(const Slice &slice, uint32_t address) {
  uint8_t *bytes = slice.bytes.get() + address * lanes;
  if (const uint8_t *initial = initialBytes(slice, address))
    std::memcpy(bytes, initial, lanes);
  else
    std::memset(bytes, 0, lanes);
}

void Memory::reset() {
  for (Slice &slice : slices) {
    for (uint32_t address : slice.dirtyWords) {
      slice.dirty[address] = false;
      undo(slice, address);
    }
    slice.dirtyWords.clear();
    for (uint32_t address : slice.overwritten)
      undo(slice, address);
  }
}
