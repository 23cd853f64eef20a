//===- MemoryImages.h - A card's memory, made when it is written -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_SCHEDTOBINARY_MEMORYIMAGES_H
#define SLUICE_LIB_CONVERSION_SCHEDTOBINARY_MEMORYIMAGES_H

#include "lib/Conversion/Images/ImageMaker.h"
#include "sluice/Binary/Program.h"

namespace sluice {

/// The initial memory of one card as the constants that it holds. One constant at a time is made.
class MemoryImages : public binary::DataSource {
public:
  /// One byte plane of the vectors v with v mod stripes = stripe.
  struct Part {
    mlir::ElementsAttr data; ///< int8 of shape [cards, vectors, bytes, lanes]
    int64_t stripes, stripe, byte;

    int64_t vectors() const { return type().getDimSize(1); }
    int64_t bytes() const { return type().getDimSize(2); }
    int64_t lanes() const { return type().getDimSize(3); }
    int64_t words() const { return (vectors() - stripe + stripes - 1) / stripes; }
    mlir::RankedTensorType type() const { return llvm::cast<mlir::RankedTensorType>(data.getType()); }
    bool operator==(const Part &) const = default;
  };

  explicit MemoryImages(int64_t card) : card(card) {}
  /// Adds a part; the offset at which its words begin.
  uint64_t add(const Part &part);

  uint64_t size() const override { return bytes; }
  void read(const std::function<void(std::string_view)> &take) const override;
  bool isSame(const binary::DataSource &other) const override;

private:
  int64_t card;
  std::vector<Part> parts;
  uint64_t bytes = 0;
};

} // namespace sluice

#endif // SLUICE_LIB_CONVERSION_SCHEDTOBINARY_MEMORYIMAGES_H
