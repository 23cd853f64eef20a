//===- Cuts.h - Dimensions of which each card has a part --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_PARTITION_CUTS_H
#define SLUICE_LIB_CONVERSION_PARTITION_CUTS_H

#include "lib/Conversion/Views/View.h"

#include "dialects/stensor/StensorDialect.h"

#include <numeric>
#include <optional>

namespace sluice::partition {

/// A dimension of which each card has a part: of the first cards * widths[0] indices card c has the c-th
/// widths[0], of the next cards * widths[1] the c-th widths[1], ...
struct Cut {
  int64_t dim = 0;
  llvm::SmallVector<int64_t, 4> widths;

  int64_t width() const { return std::accumulate(widths.begin(), widths.end(), int64_t(0)); }
  bool operator==(const Cut &) const = default;
};

inline mlir::RankedTensorType typeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

/// The type of a card's share.
mlir::RankedTensorType shareType(mlir::RankedTensorType type, const Cut &cut);

/// The cut of the result of a reshape whose operand has `cut`; none if it has none.
std::optional<Cut> throughReshape(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to, const Cut &cut,
                                  int64_t cards);
/// The cut of a layout operation's result where that of its operands is `cut`.
std::optional<Cut> resultCut(mlir::Operation *op, const Cut &cut, int64_t cards);
/// The cut of a layout operation's operands where that of its result is `cut`.
std::optional<Cut> operandCut(mlir::Operation *op, const Cut &cut, int64_t cards);

/// The whole of what each card has `local` of, by an exchange behind it.
mlir::Value unite(mlir::Value local, const Cut &cut, int64_t cards);

/// What is seen of a constant, if `value` is one piece of one.
std::optional<tiling::View> constantView(mlir::Value value);

} // namespace sluice::partition

#endif // SLUICE_LIB_CONVERSION_PARTITION_CUTS_H
