//===- Units.cpp - The units of a card and their queues -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Units.h"

#include "sluice/Support/Strings.h"

using namespace sluice;
using namespace sluice::binary;
using target::Hemisphere;
using target::Target;

std::string binary::queueName(const Queue &queue) {
  std::string_view side = queue.hemisphere == Hemisphere::East ? "e" : "w";
  switch (queue.unit) {
  case Unit::MemRead:
    return concat("mem.", side, queue.index, ".r");
  case Unit::MemWrite:
    return concat("mem.", side, queue.index, ".w");
  case Unit::Alu:
    return concat("vxm.", queue.index);
  case Unit::Distributor:
    return concat("sxm.", side, ".dist", queue.index);
  case Unit::Transposer:
    return concat("sxm.", side, ".trans", queue.index);
  case Unit::Permutor:
    return queue.index == 0 ? concat("sxm.", side, ".perm") : concat("sxm.", side, ".perm", queue.index);
  case Unit::Link:
    return concat("link", queue.index / 2, queue.index % 2 == 0 ? ".send" : ".recv");
  case Unit::Installer:
    return concat("mxm.", side, queue.index, ".install");
  case Unit::Multiplier:
    return concat("mxm.", side, queue.index, ".multiply");
  case Unit::Any:
    break;
  }
  return concat("unit", unsigned(queue.unit), ".", side, queue.index);
}

std::string_view binary::unitName(Unit unit) {
  switch (unit) {
  case Unit::MemRead:
    return "mem.read";
  case Unit::MemWrite:
    return "mem.write";
  case Unit::Alu:
    return "vxm";
  case Unit::Distributor:
    return "sxm.distribute";
  case Unit::Transposer:
    return "sxm.transpose";
  case Unit::Permutor:
    return "sxm.permute";
  case Unit::Link:
    return "link";
  case Unit::Installer:
    return "mxm.install";
  case Unit::Multiplier:
    return "mxm.multiply";
  case Unit::Any:
    break;
  }
  return "none";
}

std::string_view binary::unitGroup(Unit unit) {
  switch (unit) {
  case Unit::MemRead:
    return "mem_read";
  case Unit::MemWrite:
    return "mem_write";
  case Unit::Alu:
    return "vxm";
  case Unit::Distributor:
  case Unit::Transposer:
  case Unit::Permutor:
    return "sxm";
  case Unit::Link:
    return "c2c";
  case Unit::Installer:
    return "mxm_install";
  case Unit::Multiplier:
    return "mxm_multiply";
  case Unit::Any:
    break;
  }
  return "other";
}

bool binary::hasQueue(const Target &target, const Queue &queue) {
  if (queue.hemisphere > Hemisphere::West)
    return false;
  switch (queue.unit) {
  case Unit::MemRead:
  case Unit::MemWrite:
    return queue.index < target.slicesPerHemisphere;
  case Unit::Alu:
    return queue.index < target.alus && queue.hemisphere == Hemisphere::East;
  case Unit::Distributor:
    return queue.index < target.distributors;
  case Unit::Transposer:
    return queue.index < target.transposers;
  case Unit::Permutor:
    return queue.index < target.permutors;
  case Unit::Link:
    return queue.index < 2 * (target.localLinks + target.globalLinks) &&
           queue.hemisphere == target.linkHemisphere(queue.index / 2);
  case Unit::Installer:
  case Unit::Multiplier:
    return queue.index < target.planesPerHemisphere;
  case Unit::Any:
    break;
  }
  return false;
}

int binary::positionOf(const Queue &queue, const Target &target) {
  switch (queue.unit) {
  case Unit::MemRead:
  case Unit::MemWrite:
    return Target::position(queue.hemisphere, target.sliceStop(queue.index));
  case Unit::Distributor:
  case Unit::Transposer:
  case Unit::Permutor:
  case Unit::Link:
    return Target::position(queue.hemisphere, target.sxmStop);
  case Unit::Installer:
  case Unit::Multiplier:
    return Target::position(queue.hemisphere, target.mxmStop);
  case Unit::Alu:
  case Unit::Any:
    break;
  }
  return 0;
}
