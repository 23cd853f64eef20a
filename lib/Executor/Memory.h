//===- Memory.h - A card's SRAM ---------------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_MEMORY_H
#define SLUICE_LIB_EXECUTOR_MEMORY_H

#include "sluice/Binary/Program.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <vector>

namespace sluice::executor {

/// The slices of one card, allocated when first touched. Words outside the initial
/// memory are zero at the start of a run.
class Memory {
public:
  /// Copies the initial memory of `card`, which must outlive this.
  Memory(const target::Target &target, const binary::Card &card);

  /// All words of a slice, for steps to read and write.
  uint8_t *slice(uint32_t hemisphere, uint32_t index) { return bytesOf(sliceAt(hemisphere, index), 0); }
  /// Tells of words that steps write in each run. Before they do, nothing but what the card's image has there
  /// is read, so that is all that has to be brought back.
  void addWritten(uint32_t hemisphere, uint32_t index, const binary::Instruction &write);
  /// Bytes of a word, or null if nothing of the slice was touched.
  const uint8_t *peek(uint32_t hemisphere, uint32_t slice, uint32_t address) const {
    const Slice &of = slices[hemisphere * slicesPerHemisphere + slice];
    return of.bytes ? of.bytes.get() + address * lanes : nullptr;
  }
  /// The word's `lanes` bytes, for the host to fill in each run or to read.
  uint8_t *hostWord(uint32_t hemisphere, uint32_t slice, uint32_t address) {
    return bytesOf(sliceAt(hemisphere, slice), address);
  }
  /// The word's `lanes` bytes, to be changed by a step that data leads there; by any thread.
  uint8_t *scatter(uint32_t hemisphere, uint32_t slice, uint32_t address);
  /// Brings the state before the first cycle back, but for words that steps write before they are read.
  void reset();

private:
  /// Zeroed pages that the system provides when they are touched.
  struct Free {
    void operator()(uint8_t *bytes) const { std::free(bytes); }
  };
  using Bytes = std::unique_ptr<uint8_t[], Free>;
  struct Slice {
    Bytes bytes;                                        ///< null until touched
    std::vector<const binary::proto::MemoryRun *> runs; ///< by address
    std::vector<bool> dirty;                            ///< by word
    std::vector<uint32_t> dirtyWords;
    std::vector<uint32_t> overwritten; ///< words of the image that steps write
  };
  Slice &sliceAt(uint32_t hemisphere, uint32_t slice) {
    return slices[hemisphere * slicesPerHemisphere + slice];
  }
  uint8_t *bytesOf(Slice &slice, uint32_t address);
  const uint8_t *initialBytes(const Slice &slice, uint32_t address) const;
  void undo(const Slice &slice, uint32_t address);

  const binary::Card &card;
  size_t lanes, words, slicesPerHemisphere;
  std::vector<Slice> slices; ///< by hemisphere, then slice
  std::mutex mutex;          ///< of what is dirty
};

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_MEMORY_H
