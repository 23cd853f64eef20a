//===- Target.cpp - Reading target descriptions ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Target/Target.h"
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

/// Appends the dotted path of every field of `message` that is absent, zero or empty.
void findMissing(const pb::Message &message, const std::string &prefix, std::vector<std::string> &missing) {
  const pb::Descriptor &descriptor = *message.GetDescriptor();
  const pb::Reflection &reflection = *message.GetReflection();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const pb::FieldDescriptor *field = descriptor.field(i);
    std::string path = absl::StrCat(prefix, field->name());
    if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE)
      findMissing(reflection.GetMessage(message, field), path + ".", missing);
    else if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING
                 ? reflection.GetString(message, field).empty()
                 : reflection.GetUInt32(message, field) == 0)
      missing.push_back(path);
  }
}

void readMemory(const description::Memory &memory, Target &target) {
  target.slicesPerHemisphere = memory.slices_per_hemisphere();
  target.slicesPerStop = memory.slices_per_stop();
  target.banksPerSlice = memory.banks_per_slice();
  target.wordsPerBank = memory.words_per_bank();
  target.memoryFirstStop = memory.first_stop();
  target.readLatency = memory.read_latency();
  target.writeLatency = memory.write_latency();
  target.gatherLatency = memory.gather_latency();
  target.scatterLatency = memory.scatter_latency();
}

void readVxm(const description::Vxm &vxm, Target &target) {
  target.alus = vxm.alus();
  target.vxmEntryLatency = vxm.entry_latency();
  target.simpleLatency = vxm.simple_latency();
  target.transcendentalLatency = vxm.transcendental_latency();
}

void readSxm(const description::Sxm &sxm, Target &target) {
  target.sxmStop = sxm.stop();
  target.distributors = sxm.distributors();
  target.transposers = sxm.transposers();
  target.permutors = sxm.permutors();
  target.distributeLatency = sxm.distribute_latency();
  target.transposeLatency = sxm.transpose_latency();
  target.permuteLatency = sxm.permute_latency();
}

void readMxm(const description::Mxm &mxm, Target &target) {
  target.mxmStop = mxm.stop();
  target.planesPerHemisphere = mxm.planes_per_hemisphere();
  target.columns = mxm.columns();
  target.installStreams = mxm.install_streams();
  target.accumulatorRows = mxm.accumulator_rows();
  target.multiplyLatency = mxm.multiply_latency();
  target.f16RowInterval = mxm.f16_row_interval();
}

void readChip(const description::Chip &chip, Target &target) {
  target.superlanes = chip.superlanes();
  target.lanesPerSuperlane = chip.lanes_per_superlane();
  target.streamsPerDirection = chip.streams_per_direction();
  target.clockMhz = chip.clock_mhz();
  target.startBarrierCycles = chip.start_barrier_cycles();
  target.queues = chip.queues();
  target.instructionBytes = chip.instruction_bytes();
  readMemory(chip.memory(), target);
  readVxm(chip.vxm(), target);
  readSxm(chip.sxm(), target);
  readMxm(chip.mxm(), target);
}

void readSystem(const description::System &system, Target &target) {
  target.cardsPerNode = system.cards_per_node();
  target.localLinks = system.local_links();
  target.globalLinks = system.global_links();
  target.linkLatency = system.link_latency();
  target.linkInterval = system.link_interval();
  target.receiveLatency = system.receive_latency();
  target.maxNodes = system.max_nodes();
  target.hostGigabytesPerSecond = system.host_gigabytes_per_second();
  target.hostTransferMicroseconds = system.host_transfer_microseconds();
}

/// Every relation between fields that the rest of Sluice relies on.
std::vector<std::string> findInconsistencies(const Target &target) {
  std::vector<std::string> errors;
  if (target.slicesPerHemisphere % target.slicesPerStop != 0)
    errors.push_back(absl::StrCat("chip.memory.slices_per_hemisphere (", target.slicesPerHemisphere,
                                  ") is not a multiple of slices_per_stop (", target.slicesPerStop, ")"));
  if (target.sxmStop <= target.sliceStop(target.slicesPerHemisphere - 1))
    errors.push_back(absl::StrCat("chip.sxm.stop (", target.sxmStop,
                                  ") is not beyond the last slice's stop (",
                                  target.sliceStop(target.slicesPerHemisphere - 1), ")"));
  if (target.mxmStop <= target.sxmStop)
    errors.push_back(absl::StrCat("chip.mxm.stop (", target.mxmStop, ") is not beyond chip.sxm.stop (",
                                  target.sxmStop, ")"));
  if (target.columns > target.lanes())
    errors.push_back(absl::StrCat("chip.mxm.columns (", target.columns, ") exceeds the lanes (",
                                  target.lanes(), ") that a result row leaves on"));
  if (target.columns % target.installStreams != 0)
    errors.push_back(absl::StrCat("chip.mxm.columns (", target.columns,
                                  ") is not a multiple of install_streams (", target.installStreams, ")"));
  if (target.installStreams > target.streamsPerDirection)
    errors.push_back(absl::StrCat("chip.mxm.install_streams (", target.installStreams,
                                  ") exceeds chip.streams_per_direction (", target.streamsPerDirection, ")"));
  if (target.planesPerHemisphere % 2 != 0)
    errors.push_back(absl::StrCat("chip.mxm.planes_per_hemisphere (", target.planesPerHemisphere,
                                  ") is odd: fp16 takes planes in pairs"));
  if (target.localLinks + 1 != target.cardsPerNode)
    errors.push_back(absl::StrCat("system.local_links (", target.localLinks,
                                  ") is not cards_per_node - 1: a node is fully connected (",
                                  target.cardsPerNode, " cards)"));
  return errors;
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

  std::string name = parsed.name().empty() ? "(unnamed)" : parsed.name();
  std::vector<std::string> missing;
  findMissing(parsed, "", missing);
  if (!missing.empty())
    return absl::InvalidArgumentError(
        absl::StrCat("target '", name, "': missing or zero: ", absl::StrJoin(missing, ", ")));

  Target target;
  target.name = parsed.name();
  target.version = parsed.version();
  readChip(parsed.chip(), target);
  readSystem(parsed.system(), target);
  std::vector<std::string> inconsistencies = findInconsistencies(target);
  if (!inconsistencies.empty())
    return absl::InvalidArgumentError(
        absl::StrCat("target '", name, "': ", absl::StrJoin(inconsistencies, "; ")));
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
