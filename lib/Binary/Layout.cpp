//===- Layout.cpp - Layouts by loops --------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Layout.h"
#include "sluice/Support/Strings.h"

#include <algorithm>
#include <vector>

using namespace sluice;
using namespace sluice::binary;
using Loops = google::protobuf::RepeatedPtrField<proto::Loop>;

bool binary::hasLoops(const proto::Layout &layout) {
  return !layout.rows().empty() || !layout.lanes().empty() || !layout.offsets().empty();
}

static uint64_t magnitude(int64_t value) { return value < 0 ? -uint64_t(value) : uint64_t(value); }

namespace {

/// Adds up what loops come to, each sum and product within a limit.
class LoopChecker {
public:
  LoopChecker(const proto::Layout &layout, uint64_t limit) : limit(limit) {
    for (int64_t offset : layout.offsets())
      reach.push_back(magnitude(offset));
  }

  /// Multiplies `places` by the loops' counts.
  absl::Status add(const char *title, const Loops &loops, uint64_t &places) {
    for (int index = 0; index != loops.size(); ++index) {
      const proto::Loop &loop = loops[index];
      if (loop.dim() < 0 || size_t(loop.dim()) >= reach.size())
        return invalidArgument(title, " loop ", index, " is of dimension ", loop.dim(), " of ", reach.size());
      if (loop.count() < 1)
        return invalidArgument(title, " loop ", index, " counts to ", loop.count());
      if (uint64_t(loop.count()) > limit / places)
        return invalidArgument(title, " loop ", index, " counts to ", loop.count(),
                               ", beyond the cards' memory");
      places *= uint64_t(loop.count());
      const uint64_t step = magnitude(loop.step()), steps = uint64_t(loop.count()) - 1;
      // What is beyond the limit stays there.
      if (uint64_t &sum = reach[size_t(loop.dim())]; sum <= limit)
        sum += step != 0 && steps > limit / step ? limit + 1 : step * steps;
    }
    return absl::OkStatus();
  }

  absl::Status checkReach() const {
    for (size_t dim = 0; dim != reach.size(); ++dim)
      if (reach[dim] > limit)
        return invalidArgument("indices of dimension ", dim, " go beyond the cards' memory");
    return absl::OkStatus();
  }

private:
  const uint64_t limit;
  std::vector<uint64_t> reach; ///< of each dimension: the largest magnitude of its index
};

} // namespace

absl::Status binary::checkLoops(const proto::Layout &layout, size_t rank, bool isOutput,
                                const target::Target &target) {
  if (isOutput)
    return invalidArgument("an output's layout has loops");
  if (!layout.permutation().empty() || layout.lane_dims() != 0)
    return invalidArgument("the layout has both loops and a permutation or lane dimensions");
  if (size_t(layout.offsets_size()) != rank)
    return invalidArgument("the layout has ", layout.offsets_size(), " offsets for rank ", rank);
  const uint64_t bytes = target.memoryBytes() * std::max(1u, target.cardsPerNode);
  LoopChecker checker(layout, bytes);
  uint64_t rows = 1, laneElements = 1;
  if (absl::Status status = checker.add("row", layout.rows(), rows); !status.ok())
    return status;
  if (absl::Status status = checker.add("lane", layout.lanes(), laneElements); !status.ok())
    return status;
  const uint64_t chunks = (laneElements + target.lanes() - 1) / target.lanes();
  if (rows > bytes / target.lanes() / chunks)
    return invalidArgument("the layout has ", rows, " rows of ", chunks,
                           " vectors, beyond the cards' memory");
  return checker.checkReach();
}
