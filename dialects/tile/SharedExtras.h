//===- SharedExtras.h - What planes apart read as one -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_SHAREDEXTRAS_H
#define SLUICE_DIALECTS_TILE_SHAREDEXTRAS_H

#include <cstddef>
#include <optional>

namespace sluice::tile {

/// The extra of the first plane that extra number `extra` of a contraction, placed or not, is one read with:
/// what planes apart read alike they read at once, as both give their rows in the same cycles.
template <typename Contract>
std::optional<size_t> sharedExtra(Contract op, size_t extra) {
  const size_t ofPlane = op.getExtras().size() / op.getPlanes();
  if (!op.getApart() || extra < ofPlane)
    return std::nullopt;
  const size_t first = extra % ofPlane;
  const bool isAlike = op.getExtras()[extra] == op.getExtras()[first] &&
                       op.getExtraViews().slice(2 * extra, 2) == op.getExtraViews().slice(2 * first, 2);
  return isAlike ? std::optional(first) : std::nullopt;
}

} // namespace sluice::tile

#endif // SLUICE_DIALECTS_TILE_SHAREDEXTRAS_H
