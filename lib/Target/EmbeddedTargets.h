//===- EmbeddedTargets.h - The descriptions shipped with Sluice -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_TARGET_EMBEDDEDTARGETS_H
#define SLUICE_LIB_TARGET_EMBEDDEDTARGETS_H

#include <span>
#include <string_view>

namespace sluice::target {

/// One file of targets/, compiled in.
struct EmbeddedTarget {
  std::string_view name; ///< file name without its ending
  std::string_view textproto;
};

/// All shipped descriptions, sorted by name.
std::span<const EmbeddedTarget> embeddedTargets();

} // namespace sluice::target

#endif // SLUICE_LIB_TARGET_EMBEDDEDTARGETS_H
