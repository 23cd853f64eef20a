//===- CheckTarget.cpp - Whether a description is of a machine ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CheckTarget.h"
#include "target.pb.h"

#include "sluice/Binary/EncodingLimits.h"
#include "sluice/Target/Target.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include <limits>
#include <map>

namespace pb = google::protobuf;

namespace sluice::target {
namespace {

/// The most that a field may say, and why.
struct Limit {
  int64_t most;
  const char *why;
};

/// Limits of single fields; those of latencies, and of all others, are in limitOf.
const std::map<std::string, Limit> &fieldLimits() {
  static const std::map<std::string, Limit> limits = [] {
    const Limit queues{int64_t(binary::kMostQueues), "the most of a kind that have a queue"};
    const Limit interval{int64_t(binary::kMaxInterval), "the longest interval of a burst"};
    const Limit stop{kMostStops, "the furthest stop"};
    auto named = [](uint64_t most) { return Limit{int64_t(most), "the most that instructions can name"}; };
    return std::map<std::string, Limit>{
        {"chip.streams_per_direction", named(binary::kMostStreams)},
        {"chip.memory.slices_per_hemisphere", queues},
        {"chip.memory.first_stop", stop},
        {"chip.vxm.alus", named(binary::kMostAlus)},
        {"chip.sxm.stop", stop},
        {"chip.sxm.distributors", queues},
        {"chip.sxm.transposers", queues},
        {"chip.sxm.permutors", queues},
        {"chip.mxm.stop", stop},
        {"chip.mxm.planes_per_hemisphere", queues},
        {"chip.mxm.install_streams", named(binary::kMostInstallStreams)},
        {"chip.mxm.accumulator_rows", named(binary::kMostAccumulatorRows)},
        {"chip.mxm.f16_row_interval", interval},
        {"system.link_interval", interval},
    };
  }();
  return limits;
}

Limit limitOf(const std::string &path) {
  if (const auto found = fieldLimits().find(path); found != fieldLimits().end())
    return found->second;
  if (absl::EndsWith(path, "_latency"))
    return {int64_t(binary::kMaxDelta), "the most cycles between two instructions"};
  return {std::numeric_limits<int32_t>::max(), "the most that counts"};
}

class TargetChecker {
public:
  explicit TargetChecker(const description::Target &target) : target(target) {}

  std::vector<std::string> run() {
    checkFields(target, "");
    if (!missing.empty())
      problems.insert(problems.begin(), absl::StrCat("missing or zero: ", absl::StrJoin(missing, ", ")));
    checkChip();
    checkMemory();
    checkMatrix();
    checkLinks();
    return std::move(problems);
  }

private:
  /// Judges each field of `message` by itself and keeps those that are sound.
  void checkFields(const pb::Message &message, const std::string &prefix) {
    const pb::Descriptor &descriptor = *message.GetDescriptor();
    const pb::Reflection &reflection = *message.GetReflection();
    for (int i = 0; i < descriptor.field_count(); ++i) {
      const pb::FieldDescriptor *field = descriptor.field(i);
      const std::string path = absl::StrCat(prefix, field->name());
      if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
        checkFields(reflection.GetMessage(message, field), path + ".");
      } else if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING) {
        if (reflection.GetString(message, field).empty())
          missing.push_back(path);
      } else {
        checkNumber(path, reflection.GetInt64(message, field));
      }
    }
  }

  void checkNumber(const std::string &path, int64_t value) {
    const Limit limit = limitOf(path);
    if (value == 0)
      missing.push_back(path);
    else if (value < 0)
      problems.push_back(absl::StrCat(path, " (", value, ") is negative"));
    else if (value > limit.most)
      problems.push_back(absl::StrCat(path, " (", value, ") exceeds ", limit.most, ", ", limit.why));
    else
      sound[path] = value;
  }

  /// Calls check(values...) if all fields of these paths are sound.
  template <typename Check, typename... Paths>
  void relate(Check check, const Paths &...paths) {
    if ((sound.count(paths) && ...))
      check(sound[paths]...);
  }
  template <typename... Parts>
  void require(bool holds, const Parts &...parts) {
    if (!holds)
      problems.push_back(absl::StrCat(parts...));
  }

  /// So many of one field of so many of another are at most `most` things that instructions name.
  void limitProduct(const std::string &path, const std::string &each, const std::string &things,
                    int64_t most) {
    relate(
        [&](int64_t count, int64_t ofEach) {
          require(count * ofEach <= most, path, " (", count, ") of ", each, " (", ofEach, ") are ",
                  count * ofEach, " ", things, ", more than ", most, ", the most that instructions can name");
        },
        path, each);
  }

  void checkChip() {
    limitProduct("chip.superlanes", "chip.lanes_per_superlane", "lanes", binary::kMostLanes);
    relate(
        [&](int64_t lanes) {
          require(lanes >= kOffsetBytes, "chip.lanes_per_superlane (", lanes, ") is below ", kOffsetBytes,
                  ", the bytes of an offset");
        },
        "chip.lanes_per_superlane");
    relate(
        [&](int64_t lanes, int64_t streams) {
          require(lanes <= streams, "chip.lanes_per_superlane (", lanes,
                  ") exceeds chip.streams_per_direction (", streams, "): a transposer takes a stream a lane");
        },
        "chip.lanes_per_superlane", "chip.streams_per_direction");
    relate(
        [&](int64_t streams) {
          const unsigned word = binary::kWordStreams;
          require(streams >= word, "chip.streams_per_direction (", streams, ") is below ", word,
                  ", the streams of a word");
        },
        "chip.streams_per_direction");
    relate(
        [&](int64_t bytes) {
          require(bytes == int64_t(binary::kWordBytes), "chip.instruction_bytes (", bytes, ") is not ",
                  binary::kWordBytes, ", the bytes of an instruction word");
        },
        "chip.instruction_bytes");
  }

  void checkMemory() {
    limitProduct("chip.memory.banks_per_slice", "chip.memory.words_per_bank", "words a slice",
                 binary::kMostWords);
    relate(
        [&](int64_t slices, int64_t perStop) {
          require(slices % perStop == 0, "chip.memory.slices_per_hemisphere (", slices,
                  ") is not a multiple of slices_per_stop (", perStop, ")");
        },
        "chip.memory.slices_per_hemisphere", "chip.memory.slices_per_stop");
    relate(
        [&](int64_t slices, int64_t perStop, int64_t first, int64_t sxm) {
          const int64_t last = first + (slices - 1) / perStop;
          require(sxm > last, "chip.sxm.stop (", sxm, ") is not beyond the last slice's stop (", last, ")");
        },
        "chip.memory.slices_per_hemisphere", "chip.memory.slices_per_stop", "chip.memory.first_stop",
        "chip.sxm.stop");
    relate(
        [&](int64_t mxm, int64_t sxm) {
          require(mxm > sxm, "chip.mxm.stop (", mxm, ") is not beyond chip.sxm.stop (", sxm, ")");
        },
        "chip.mxm.stop", "chip.sxm.stop");
  }

  void checkMatrix() {
    relate(
        [&](int64_t columns, int64_t superlanes, int64_t lanes) {
          require(columns <= superlanes * lanes, "chip.mxm.columns (", columns, ") exceeds the lanes (",
                  superlanes * lanes, ") that a result row leaves on");
        },
        "chip.mxm.columns", "chip.superlanes", "chip.lanes_per_superlane");
    relate(
        [&](int64_t columns, int64_t streams) {
          require(columns % streams == 0, "chip.mxm.columns (", columns,
                  ") is not a multiple of install_streams (", streams, ")");
          const int64_t groups = columns / streams;
          require(groups <= int64_t(binary::kMostColumnGroups), "chip.mxm.columns (", columns,
                  ") by install_streams (", streams, ") are ", groups, " groups, more than ",
                  binary::kMostColumnGroups, ", the most that instructions can name");
        },
        "chip.mxm.columns", "chip.mxm.install_streams");
    relate(
        [&](int64_t install, int64_t streams) {
          require(install <= streams, "chip.mxm.install_streams (", install,
                  ") exceeds chip.streams_per_direction (", streams, ")");
        },
        "chip.mxm.install_streams", "chip.streams_per_direction");
    relate(
        [&](int64_t planes) {
          require(planes % 2 == 0, "chip.mxm.planes_per_hemisphere (", planes,
                  ") is odd: fp16 takes planes in pairs");
        },
        "chip.mxm.planes_per_hemisphere");
  }

  void checkLinks() {
    relate(
        [&](int64_t local, int64_t cards) {
          require(local + 1 == cards, "system.local_links (", local,
                  ") is not cards_per_node - 1: a node is fully connected (", cards, " cards)");
        },
        "system.local_links", "system.cards_per_node");
    relate(
        [&](int64_t local, int64_t global) {
          require(local + global <= int64_t(binary::kMostLinks), "system.local_links (", local,
                  ") and system.global_links (", global, ") are ", local + global, " links, more than ",
                  binary::kMostLinks, ", the most that instructions can name");
        },
        "system.local_links", "system.global_links");
  }

  const description::Target &target;
  std::vector<std::string> problems, missing;
  /// The numbers that are right by themselves.
  std::map<std::string, int64_t> sound;
};

} // namespace

std::vector<std::string> findProblems(const description::Target &target) {
  return TargetChecker(target).run();
}

} // namespace sluice::target
