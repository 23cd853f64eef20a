//===- Target.cpp - Reading target descriptions ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Target/Target.h"
#include "CheckTarget.h"
#include "EmbeddedTargets.h"
#include "target.pb.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

#include <vector>

namespace pb = google::protobuf;

namespace sluice::target {
namespace {

/// Collects every syntax error of a description as "line:column: message".
class SyntaxErrors : public pb::io::ErrorCollector {
public:
  void AddError(int line, int column, const std::string &message) override {
    messages.push_back(absl::StrCat(line + 1, ":", column + 1, ": ", message));
  }
  std::vector<std::string> messages;
};

void readMemory(const description::Memory &memory, Target &target) {
  target.slicesPerHemisphere = unsigned(memory.slices_per_hemisphere());
  target.slicesPerStop = unsigned(memory.slices_per_stop());
  target.banksPerSlice = unsigned(memory.banks_per_slice());
  target.wordsPerBank = unsigned(memory.words_per_bank());
  target.memoryFirstStop = unsigned(memory.first_stop());
  target.readLatency = unsigned(memory.read_latency());
  target.writeLatency = unsigned(memory.write_latency());
  target.gatherLatency = unsigned(memory.gather_latency());
  target.scatterLatency = unsigned(memory.scatter_latency());
}

void readVxm(const description::Vxm &vxm, Target &target) {
  target.alus = unsigned(vxm.alus());
  target.vxmEntryLatency = unsigned(vxm.entry_latency());
  target.simpleLatency = unsigned(vxm.simple_latency());
  target.transcendentalLatency = unsigned(vxm.transcendental_latency());
}

void readSxm(const description::Sxm &sxm, Target &target) {
  target.sxmStop = unsigned(sxm.stop());
  target.distributors = unsigned(sxm.distributors());
  target.transposers = unsigned(sxm.transposers());
  target.permutors = unsigned(sxm.permutors());
  target.distributeLatency = unsigned(sxm.distribute_latency());
  target.transposeLatency = unsigned(sxm.transpose_latency());
  target.permuteLatency = unsigned(sxm.permute_latency());
}

void readMxm(const description::Mxm &mxm, Target &target) {
  target.mxmStop = unsigned(mxm.stop());
  target.planesPerHemisphere = unsigned(mxm.planes_per_hemisphere());
  target.columns = unsigned(mxm.columns());
  target.installStreams = unsigned(mxm.install_streams());
  target.accumulatorRows = unsigned(mxm.accumulator_rows());
  target.multiplyLatency = unsigned(mxm.multiply_latency());
  target.f16RowInterval = unsigned(mxm.f16_row_interval());
}

void readChip(const description::Chip &chip, Target &target) {
  target.superlanes = unsigned(chip.superlanes());
  target.lanesPerSuperlane = unsigned(chip.lanes_per_superlane());
  target.streamsPerDirection = unsigned(chip.streams_per_direction());
  target.clockMhz = unsigned(chip.clock_mhz());
  target.startBarrierCycles = unsigned(chip.start_barrier_cycles());
  target.queues = unsigned(chip.queues());
  target.instructionBytes = unsigned(chip.instruction_bytes());
  readMemory(chip.memory(), target);
  readVxm(chip.vxm(), target);
  readSxm(chip.sxm(), target);
  readMxm(chip.mxm(), target);
}

void readSystem(const description::System &system, Target &target) {
  target.cardsPerNode = unsigned(system.cards_per_node());
  target.localLinks = unsigned(system.local_links());
  target.globalLinks = unsigned(system.global_links());
  target.linkLatency = unsigned(system.link_latency());
  target.linkInterval = unsigned(system.link_interval());
  target.receiveLatency = unsigned(system.receive_latency());
  target.maxNodes = unsigned(system.max_nodes());
  target.hostGigabytesPerSecond = unsigned(system.host_gigabytes_per_second());
  target.hostTransferMicroseconds = unsigned(system.host_transfer_microseconds());
}

} // namespace

absl::StatusOr<Target> parseTarget(std::string_view textproto) {
  description::Target parsed;
  SyntaxErrors errors;
  pb::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  if (!parser.ParseFromString(std::string(textproto), &parsed))
    return absl::InvalidArgumentError(
        absl::StrCat("target description: ", absl::StrJoin(errors.messages, "; ")));

  const std::vector<std::string> problems = findProblems(parsed);
  if (!problems.empty())
    return absl::InvalidArgumentError(absl::StrCat("target '",
                                                   parsed.name().empty() ? "(unnamed)" : parsed.name(),
                                                   "': ", absl::StrJoin(problems, "; ")));

  Target target;
  target.name = parsed.name();
  target.version = unsigned(parsed.version());
  readChip(parsed.chip(), target);
  readSystem(parsed.system(), target);
  return target;
}

absl::StatusOr<Target> targetByName(std::string_view name) {
  std::vector<std::string> known;
  for (const EmbeddedTarget &target : embeddedTargets()) {
    if (target.name == name)
      return parseTarget(target.textproto);
    known.emplace_back(target.name);
  }
  return absl::NotFoundError(absl::StrCat("no target '", absl::CEscape(std::string(name)),
                                          "'; known targets: ", absl::StrJoin(known, ", ")));
}

} // namespace sluice::target
