//===- LastWriters.cpp - Who wrote each of many places last ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LastWriters.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::verifier;

Range verifier::whereAfter(const Line &late, uint32_t lateBurst, const Line &early, uint32_t earlyBurst,
                           int64_t count) {
  return whereAtLeast(late - early, lateBurst > earlyBurst ? 0 : 1, count);
}

std::vector<Progression> verifier::complement(int64_t count, std::vector<Progression> &parts,
                                              Effort &effort) {
  std::sort(parts.begin(), parts.end(),
            [](const Progression &a, const Progression &b) { return a.first < b.first; });
  // What no later part can touch is done with, so that few are looked at for each part.
  std::vector<Progression> done, open{{0, 1, count}};
  for (const Progression &part : parts) {
    std::erase_if(open, [&](const Progression &piece) {
      if (piece.last() >= part.first)
        return false;
      done.push_back(piece);
      return true;
    });
    if (!effort.spend(remove(open, part)))
      break;
  }
  done.insert(done.end(), open.begin(), open.end());
  return done;
}

void LastWriters::insert(Written written) {
  Progression &places = written.places;
  if (places.count > 1 && places.step > farApart) {
    for (int64_t index = 0; index != places.count && effort.spend(1); ++index)
      insert(written.part({index, 1, 1}));
    return;
  }
  if (places.count == 1)
    places.step = 1;
  Group &group = distances[places.step];
  group.lowest = std::min(group.lowest, places.first);
  group.highest = std::max(group.highest, places.last());
  group.tracks[places.first % places.step].emplace(places.first, written);
}

void LastWriters::erase(const Written &piece) {
  const Progression places = piece.places; // `piece` is in the track.
  const auto group = distances.find(places.step);
  const auto track = group->second.tracks.find(places.first % places.step);
  track->second.erase(places.first);
  if (track->second.empty())
    group->second.tracks.erase(track);
  if (group->second.tracks.empty())
    distances.erase(group);
}

/// Of the places that `late` and `early` have in common, by index, those that `late` wrote after `early`.
static Range whereLater(const Written &late, const Written &early, const Meeting &common) {
  return whereAfter(late.cycles().after(common.a.line()), late.writer->burst, early.cycles().after(common.b),
                    early.writer->burst, common.a.count);
}

void LastWriters::commit(const Written &written) {
  met.clear();
  forEachAt(written.places, [&](Written &piece) { met.push_back(&piece); });
  if (met.size() == 1 && met.front()->places == written.places) {
    Written &piece = *met.front();
    const int64_t count = written.places.count;
    const Range later = whereLater(written, piece, {{0, 1, count}, {0, 1}});
    if (later.end - later.begin == count) {
      piece = written;
      return;
    }
  }
  std::vector<Progression> lost; // Indices of places that others wrote later.
  for (const Written *piece : met)
    overwrite(*piece, written, lost);
  for (const Progression &indices : complement(written.places.count, lost, effort))
    insert(written.part(indices));
}

/// Takes the places that `written` writes later out of `old`, and adds those that it does not to `lost`.
void LastWriters::overwrite(const Written &old, const Written &written, std::vector<Progression> &lost) {
  const std::optional<Meeting> common = meet(written.places, old.places);
  if (!common)
    return;
  const Progression &own = common->a;
  const Range later = whereLater(written, old, *common);
  if (later.empty()) {
    lost.push_back(own);
    return;
  }
  if (later.begin > 0)
    lost.push_back(own.part(0, later.begin));
  if (later.end < own.count)
    lost.push_back(own.part(later.end, own.count));
  std::vector<Progression> rest{{0, 1, old.places.count}};
  effort.spend(remove(
      rest, {common->b.at(later.begin), std::max<int64_t>(1, common->b.slope), later.end - later.begin}));
  const Written whole = old;
  erase(old);
  for (const Progression &indices : rest)
    insert(whole.part(indices));
}
