//===- MemoryImages.cpp - A card's memory, made when it is written --------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MemoryImages.h"

namespace sluice {

namespace {

/// Makes the constants of one card, each when the first of its parts is wanted.
class Reader {
public:
  explicit Reader(int64_t card) : card(card) {}

  std::string_view read(const MemoryImages::Part &part) {
    if (part.data != made) {
      made = part.data;
      image.resize(ImageMaker::cardBytes(made));
      maker.make(made, card, image);
    }
    words.clear();
    const int64_t lanes = part.lanes(), step = part.bytes() * lanes;
    for (int64_t vector = part.stripe; vector < part.vectors(); vector += part.stripes)
      words.append(image.data() + vector * step + part.byte * lanes, lanes);
    return words;
  }

private:
  int64_t card;
  ImageMaker maker;
  mlir::ElementsAttr made;
  std::vector<char> image;
  std::string words;
};

} // namespace

uint64_t MemoryImages::add(const Part &part) {
  parts.push_back(part);
  const uint64_t offset = bytes;
  bytes += part.words() * part.lanes();
  return offset;
}

void MemoryImages::read(const std::function<void(std::string_view)> &take) const {
  Reader reader(card);
  for (const Part &part : parts)
    take(reader.read(part));
}

bool MemoryImages::isSame(const binary::DataSource &source) const {
  const auto &other = static_cast<const MemoryImages &>(source);
  if (bytes != other.bytes || parts != other.parts)
    return false;
  // Most cards differ in the first weight that they divide.
  Reader mine(card), theirs(other.card);
  return llvm::all_of(parts, [&](const Part &part) {
    return part.type().getDimSize(0) == 1 || mine.read(part) == theirs.read(part);
  });
}

} // namespace sluice
