//===- LastWriters.h - Who wrote each of many places last ------*- C++ -*--===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_LASTWRITERS_H
#define SLUICE_LIB_VERIFIER_LASTWRITERS_H

#include "Effort.h"
#include "Progression.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <vector>

namespace sluice::verifier {

/// A burst that reads or writes words, element by element.
struct Access {
  uint32_t burst = 0; ///< or Producer::initialMemory
  Line word, cycle;   ///< by element
  int64_t count = 0;
  // Of initialMemory, as in FlowEdge: the number of the run or of runs and the input, the input's byte plane,
  // and the word or vector that is element 0.
  uint32_t memory = 0, plane = 0;
  int64_t firstNumber = 0;
  int64_t lastCycle() const { return cycle.at(count - 1); }
  bool operator<(const Access &other) const {
    return std::pair(cycle.base, burst) < std::pair(other.cycle.base, other.burst);
  }
};

/// Places and who wrote them: words of a slice, or the elements of a read that find what was written.
struct Written {
  Progression places;
  const Access *writer;
  Line writing; ///< element of the writer, by index into `places`

  Line cycles() const { return writer->cycle.after(writing); }
  /// The same of some places only, by index.
  Written part(const Progression &indices) const {
    return {places.select(indices), writer, writing.after(indices.line())};
  }
};

/// Indices below `count` at which something dispatched in cycle `late` by burst `lateBurst` comes
/// after something dispatched in cycle `early`.
Range whereAfter(const Line &late, uint32_t lateBurst, const Line &early, uint32_t earlyBurst, int64_t count);

/// The numbers 0 ... count - 1 that are in none of `parts`, which have none in common and are sorted here.
std::vector<Progression> complement(int64_t count, std::vector<Progression> &parts, Effort &effort);

/// Who wrote each place last. Pieces are progressions of places, which are not negative; no place is in
/// two of them, so that there are never more than places.
class LastWriters {
public:
  explicit LastWriters(Effort &effort) : effort(effort) {}

  /// Each of the places stays with whoever wrote it later, by cycle and number of the burst.
  void commit(const Written &written);
  /// `written`, in places that nobody has written yet.
  void insert(Written written);
  void clear() { distances.clear(); }

  /// Calls visit(piece) for all pieces.
  template <typename Visit>
  void forEach(Visit &&visit) const {
    for (const auto &[distance, group] : distances)
      for (const auto &[residue, track] : group.tracks)
        for (const auto &[first, piece] : track)
          visit(piece);
  }
  /// Calls visit(piece) for the pieces that have some of `places`. Costs a few steps for each of them, and
  /// for each distance a step for each place, residue or track, whichever are fewest.
  template <typename Visit>
  void forEachAt(const Progression &places, Visit &&visit);

private:
  /// Places further apart than this are kept alone, as pieces of distance 1: else a look at many places might
  /// pass as many tracks, all of which have nothing there.
  static constexpr int64_t farApart = binary::kMaxInterval;
  /// Pieces of equal distance and residue of their places cannot interleave; by first place.
  using Track = std::map<int64_t, Written>;
  struct Group {
    std::map<int64_t, Track> tracks;          ///< by residue
    int64_t lowest = INT64_MAX, highest = -1; ///< of all places since there was none
  };
  using Groups = std::map<int64_t, Group>;

  void erase(const Written &piece);
  void overwrite(const Written &old, const Written &written, std::vector<Progression> &lost);
  template <typename Visit>
  void walk(Track &track, const Progression &places, Visit &&visit);

  Effort &effort;
  Groups distances;
  std::vector<Written *> met; ///< in commit
};

template <typename Visit>
void LastWriters::forEachAt(const Progression &places, Visit &&visit) {
  for (auto &[distance, group] : distances) {
    if (!effort.spend(1))
      return;
    if (group.highest < places.first || places.last() < group.lowest)
      continue;
    // Residues repeat after so many places.
    const int64_t residues = std::min(places.count, distance / std::gcd(distance, places.step));
    if (residues <= int64_t(group.tracks.size())) {
      for (int64_t i = 0; i != residues && effort.spend(1); ++i)
        if (auto track = group.tracks.find(places.at(i) % distance); track != group.tracks.end())
          walk(track->second, places.select({i, residues, (places.count - 1 - i) / residues + 1}), visit);
      continue;
    }
    for (auto &[residue, track] : group.tracks) {
      if (!effort.spend(1))
        return;
      const Progression numbers{residue, distance, floorDivide(places.last() - residue, distance) + 1};
      if (std::optional<Meeting> meeting = meet(places, numbers))
        walk(track, places.select(meeting->a), visit);
    }
  }
}

/// Of `places`, which have the track's residue, and of the pieces, each step passes those in front of the
/// other.
template <typename Visit>
void LastWriters::walk(Track &track, const Progression &places, Visit &&visit) {
  int64_t place = places.first;
  // The first piece that ends at `place` or behind.
  auto seek = [&] {
    auto piece = track.upper_bound(place);
    return piece != track.begin() && std::prev(piece)->second.places.last() >= place ? std::prev(piece)
                                                                                     : piece;
  };
  for (auto piece = seek(); piece != track.end() && effort.spend(1);) {
    int64_t beyond = piece->first; // Where the next place may be.
    if (piece->first <= place) {
      beyond = piece->second.places.last() + 1;
      visit(piece->second);
      ++piece;
    }
    const int64_t index = ceilDivide(beyond - places.first, places.step);
    if (index >= places.count)
      return;
    place = places.at(index);
    if (piece != track.end() && piece->second.places.last() < place)
      piece = seek();
  }
}

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_LASTWRITERS_H
