//===- Capacity.cpp - Memory images and bindings inside their cards -------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MemoryProof.h"

#include "sluice/Support/Escape.h"
#include "sluice/Support/Strings.h"
#include "sluice/Verifier/Layout.h"

using namespace sluice;
using namespace sluice::verifier;
using namespace sluice::binary;
using target::Target;

/// What is wrong with the words of slice `slice` of `hemisphere`; empty if nothing.
static std::string rangeFault(uint32_t hemisphere, uint32_t slice, int64_t first, int64_t last,
                              const Target &target) {
  if (hemisphere > 1)
    return concat("hemisphere ", hemisphere, " is neither 0 nor 1");
  if (slice >= target.slicesPerHemisphere)
    return concat("slice ", slice, " of ", target.slicesPerHemisphere);
  for (int64_t address : {first, last})
    if (address < 0 || address >= int64_t(target.wordsPerSlice()))
      return concat("address ", address, " of ", target.wordsPerSlice());
  return "";
}

static std::string runFault(const proto::MemoryRun &run, const Card &card, const Target &target) {
  if (run.words() == 0)
    return "it has no words";
  const uint64_t bytes = uint64_t(run.words()) * target.lanes();
  const uint64_t held = binary::dataBytes(card);
  if (run.offset() > held || bytes > held - run.offset())
    return concat("bytes ", run.offset(), "...", run.offset() + bytes - 1, " of ", held, " bytes of data");
  return rangeFault(run.hemisphere(), run.slice(), run.address(), int64_t(run.address()) + run.words() - 1,
                    target);
}

static std::string placementFault(const proto::Placement &placement, const TensorLayout &layout, size_t cards,
                                  const Target &target) {
  if (placement.card() >= cards)
    return concat("card ", placement.card(), " of ", cards);
  const size_t bytes = elementBytes(layout.machineType);
  if (size_t(placement.slices_size()) != bytes)
    return concat(placement.slices_size(), " slices for elements of ", bytes, " bytes");
  if (placement.count() == 0 || placement.first() > layout.vectors() ||
      placement.count() > layout.vectors() - placement.first())
    return concat("vectors from ", placement.first(), ", ", placement.count(), " of them, of ",
                  layout.vectors());
  // More vectors than words cannot have distinct addresses; bounds the product.
  if (placement.count() > target.wordsPerSlice())
    return concat(placement.count(), " vectors in slices of ", target.wordsPerSlice(), " words");
  const int64_t last = placement.address() + int64_t(placement.count() - 1) * placement.step();
  for (uint32_t slice : placement.slices())
    if (std::string fault = rangeFault(placement.hemisphere(), slice, placement.address(), last, target);
        !fault.empty())
      return fault;
  return "";
}

/// Reports vectors of a binding that no placement covers and, of an output, those
/// that two do.
static std::string coverFault(const proto::Binding &binding, const TensorLayout &layout, bool isOutput) {
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (const proto::Placement &placement : binding.placements())
    ranges.emplace_back(placement.first(), placement.first() + placement.count());
  std::sort(ranges.begin(), ranges.end());
  uint64_t covered = 0;
  for (const auto &[first, end] : ranges) {
    if (first > covered)
      break;
    if (first < covered && isOutput)
      return concat("vector ", first, " has two placements");
    covered = std::max(covered, end);
  }
  return covered == layout.vectors() ? "" : concat("vector ", covered, " has no placement");
}

void verifier::checkCapacity(const Program &program, const Target &target, std::vector<Findings> &findings) {
  for (size_t card = 0; card != program.cards.size(); ++card)
    for (const proto::MemoryRun &run : program.cards[card].memory)
      if (std::string fault = runFault(run, program.cards[card], target); !fault.empty())
        findings[card].report(Hazard::Capacity, 0, [&] {
          return concat("memory run of slice ", run.hemisphere() == 0 ? "e" : "w", run.slice(), " at word ",
                        run.address(), ": ", fault);
        });

  auto check = [&](const proto::Binding &binding, bool isOutput) {
    auto report = [&](size_t card, std::string_view why) {
      findings[card].report(Hazard::Capacity, 0, [&] {
        return concat(isOutput ? "output '" : "input '", escapeLine(binding.name()), "': ", why);
      });
    };
    absl::StatusOr<TensorLayout> layout = layoutOf(binding, isOutput, target);
    if (!layout.ok())
      return report(0, std::string(layout.status().message()));
    bool sound = true;
    for (int index = 0; index != binding.placements_size(); ++index) {
      const proto::Placement &placement = binding.placements(index);
      const std::string fault = placementFault(placement, *layout, program.cards.size(), target);
      if (fault.empty())
        continue;
      sound = false;
      report(placement.card() < program.cards.size() ? placement.card() : 0,
             concat("placement ", index, ": ", fault));
    }
    if (!sound)
      return;
    if (std::string fault = coverFault(binding, *layout, isOutput); !fault.empty())
      report(0, fault);
  };
  for (const proto::Binding &input : program.metadata.inputs())
    check(input, /*isOutput=*/false);
  for (const proto::Binding &output : program.metadata.outputs())
    check(output, /*isOutput=*/true);
}
