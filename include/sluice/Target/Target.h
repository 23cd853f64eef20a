//===- Target.h - The machine as data ---------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Everything that passes, verifier and executor know of the machine comes from
// a description file in targets/ through this structure. The floorplan is two
// mirrored hemispheres around the VXM; a stop is given as its distance from the
// VXM in stops, and is the same in both hemispheres.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TARGET_TARGET_H
#define SLUICE_TARGET_TARGET_H

#include "absl/status/statusor.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::target {

enum class Hemisphere : uint8_t { East = 0, West = 1 };
/// The direction in which a stream flows.
enum class Direction : uint8_t { East = 0, West = 1 };

/// Flowing away from the VXM, seen in `hemisphere`.
inline Direction outward(Hemisphere hemisphere) { return static_cast<Direction>(hemisphere); }
/// Flowing towards the VXM, seen in `hemisphere`.
inline Direction inward(Hemisphere hemisphere) {
  return hemisphere == Hemisphere::East ? Direction::West : Direction::East;
}

/// Distance of the furthest stop that a target may have: what streams bring in cycle 0 is known by cycles
/// that far before.
inline constexpr unsigned kMostStops = 63;
/// Bytes of an offset that a Gather or Scatter takes, in the first lanes of each superlane.
inline constexpr unsigned kOffsetBytes = 2;

/// One target description; see targets/*.textproto for the meaning and source
/// of each number. Latencies are cycles, stops are distances from the VXM.
struct Target {
  std::string name;
  unsigned version = 0;

  // Chip.
  unsigned superlanes = 0, lanesPerSuperlane = 0;
  unsigned streamsPerDirection = 0;
  unsigned clockMhz = 0;
  unsigned startBarrierCycles = 0;
  unsigned queues = 0;
  unsigned instructionBytes = 0;

  // MEM.
  unsigned slicesPerHemisphere = 0, slicesPerStop = 0;
  unsigned banksPerSlice = 0, wordsPerBank = 0;
  unsigned memoryFirstStop = 0;
  unsigned readLatency = 0, writeLatency = 0, gatherLatency = 0, scatterLatency = 0;

  // VXM.
  unsigned alus = 0;
  unsigned vxmEntryLatency = 0, simpleLatency = 0, transcendentalLatency = 0;

  // SXM.
  unsigned sxmStop = 0;
  unsigned distributors = 0, transposers = 0, permutors = 0;
  unsigned distributeLatency = 0, transposeLatency = 0, permuteLatency = 0;

  // MXM.
  unsigned mxmStop = 0;
  unsigned planesPerHemisphere = 0, columns = 0, installStreams = 0;
  unsigned accumulatorRows = 0, multiplyLatency = 0, f16RowInterval = 0;

  // System.
  unsigned cardsPerNode = 0, localLinks = 0, globalLinks = 0;
  unsigned linkLatency = 0, linkInterval = 0, receiveLatency = 0;
  unsigned maxNodes = 0;
  unsigned hostGigabytesPerSecond = 0, hostTransferMicroseconds = 0;

  /// Lanes of a vector, which is also its size in bytes.
  unsigned lanes() const { return superlanes * lanesPerSuperlane; }
  unsigned wordsPerSlice() const { return banksPerSlice * wordsPerBank; }
  unsigned bankOf(unsigned address) const { return address / wordsPerBank; }
  /// Bytes of SRAM on one card.
  uint64_t memoryBytes() const { return uint64_t(2) * slicesPerHemisphere * wordsPerSlice() * lanes(); }
  /// Distance of slice `slice` from the VXM, in stops.
  unsigned sliceStop(unsigned slice) const { return memoryFirstStop + slice / slicesPerStop; }
  /// Column groups of a plane: `installStreams` columns load in one cycle.
  unsigned columnGroups() const { return columns / installStreams; }

  /// Hemisphere whose SXM holds the port of `link`: links alternate, East first (M).
  Hemisphere linkHemisphere(unsigned link) const { return static_cast<Hemisphere>(link & 1); }
  /// Local link of `card` that leads to `peer` of the same node. A node is fully
  /// connected: link i of a card leads to the card i + 1 further on, modulo the node.
  unsigned localLink(unsigned card, unsigned peer) const {
    return (peer + cardsPerNode - card) % cardsPerNode - 1;
  }
  /// Card that local link `link` of `card` leads to.
  unsigned localPeer(unsigned card, unsigned link) const { return (card + link + 1) % cardsPerNode; }

  /// Position on the chip's west-east axis, in stops from the VXM, east positive.
  static int position(Hemisphere hemisphere, unsigned stop) {
    return hemisphere == Hemisphere::East ? int(stop) : -int(stop);
  }
  /// The diagonal on which a value that is at `position` in cycle `cycle` stands still.
  static int64_t diagonal(Direction direction, int64_t cycle, int position) {
    return direction == Direction::East ? cycle - position : cycle + position;
  }
};

/// Parses a target description. InvalidArgument names the field that is missing,
/// zero or inconsistent.
absl::StatusOr<Target> parseTarget(std::string_view textproto);

/// A description shipped with Sluice ("tsp1", "small", "tiny"). NotFound lists the known ones.
absl::StatusOr<Target> targetByName(std::string_view name);

} // namespace sluice::target

#endif // SLUICE_TARGET_TARGET_H
