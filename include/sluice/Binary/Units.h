//===- Units.h - The units of a card and their queues -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_BINARY_UNITS_H
#define SLUICE_BINARY_UNITS_H

#include "sluice/Target/Target.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::binary {

/// The kind of functional unit side that an instruction queue feeds.
enum class Unit : uint8_t {
  MemRead,     ///< read side of slice `index` (0 = nearest the VXM)
  MemWrite,    ///< write side of slice `index`
  Alu,         ///< VXM ALU `index`; the hemisphere is always East (0)
  Distributor, ///< SXM distributor `index`
  Transposer,  ///< SXM transposer `index`
  Permutor,    ///< SXM permutor
  Link,        ///< C2C: queue 2 * link for Send, 2 * link + 1 for Receive; the
               ///< hemisphere is Target::linkHemisphere(link)
  Installer,   ///< MXM weight side of plane `index` (0, 1 in its hemisphere)
  Multiplier,  ///< MXM activation side of plane `index`
  Any,         ///< only in the table: Nop runs on every queue
};

/// One instruction queue of a card. Queues are ordered by this comparison
/// wherever a list of them is written.
struct Queue {
  Unit unit = Unit::MemRead;
  target::Hemisphere hemisphere = target::Hemisphere::East;
  uint16_t index = 0;
  auto operator<=>(const Queue &) const = default;
};

/// Short name of a queue: "mem.e12.r", "mem.e12.w", "vxm.3", "sxm.e.perm",
/// "sxm.w.dist0", "sxm.e.trans1", "link3.send", "link3.recv", "mxm.w0.install",
/// "mxm.w0.multiply".
std::string queueName(const Queue &queue);
/// What counters of a run call a unit: "mem.read", "vxm", "sxm.permute", "mxm.install".
std::string_view unitName(Unit unit);
/// What statistics call a unit, those of the SXM together: "mem_read", "vxm", "sxm", "c2c", "mxm_install".
std::string_view unitGroup(Unit unit);
/// Whether a card of `target` has this queue.
bool hasQueue(const target::Target &target, const Queue &queue);
/// Position of a queue's unit on the chip's west-east axis.
int positionOf(const Queue &queue, const target::Target &target);

} // namespace sluice::binary

#endif // SLUICE_BINARY_UNITS_H
