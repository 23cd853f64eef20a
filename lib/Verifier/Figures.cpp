//===- Figures.cpp - What a file says of its program ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Figures.h"

#include "sluice/Support/Escape.h"
#include "sluice/Support/Strings.h"

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

#include <algorithm>
#include <cmath>
#include <map>

using namespace sluice;
using namespace sluice::verifier;
using namespace sluice::binary;
using target::Target;
using Object = google::protobuf::Struct;

uint64_t verifier::lengthOf(const Program &program, const Target &target) {
  uint64_t length = 0;
  for (const Card &card : program.cards)
    for (const QueueProgram &queue : card.queues)
      for (const Instruction &what : queue.instructions) {
        const uint64_t last = what.cycle + uint64_t(what.count - 1) * what.interval;
        length = std::max(length, last + std::max(1u, latencyOf(what.opcode, target)));
      }
  return length;
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

namespace {

/// What the statistics say, derived from the program.
struct Derived {
  Derived(const Program &program, const Target &target);

  std::map<std::string, double, std::less<>> figures;
  /// Elements that the units of a kind dispatch, on the card with the most.
  std::map<std::string, double, std::less<>> busy;
};

} // namespace

Derived::Derived(const Program &program, const Target &target) {
  uint64_t text = 0, sent = 0, instructions = 0, planes = 0, rows = 0, lanes = 0;
  for (const Card &card : program.cards) {
    uint64_t ofCard = 0, planesOfCard = 0;
    std::map<std::string_view, uint64_t> busyOfCard;
    for (const QueueProgram &queue : card.queues) {
      ofCard += queue.instructions.size();
      for (const Instruction &what : queue.instructions) {
        busyOfCard[unitGroup(queue.queue.unit)] += what.count;
        if (what.opcode == Opcode::Send)
          sent += what.count;
        if (what.opcode == Opcode::MultiplyI8 || what.opcode == Opcode::MultiplyF16) {
          rows += what.count;
          lanes += uint64_t(what.count) * what.lanes;
        }
        if (what.opcode == Opcode::MultiplyI8)
          planesOfCard += what.count;
        if (what.opcode == Opcode::MultiplyF16)
          planesOfCard += uint64_t(what.count) * target.f16RowInterval * target.planesPerHemisphere;
      }
    }
    text += textWords(card);
    instructions = std::max(instructions, ofCard);
    planes = std::max(planes, planesOfCard);
    for (const auto &[unit, count] : busyOfCard)
      busy[std::string(unit)] = std::max(busy[std::string(unit)], double(count));
  }
  const double cycles = double(lengthOf(program, target));
  const auto ofAlus = busy.find(unitName(Unit::Alu));
  const double alus = ofAlus == busy.end() ? 0 : ofAlus->second;
  figures = {{"cards", double(program.cards.size())},
             {"cycles", cycles},
             {"instructions", double(instructions)},
             {"link_vectors", double(sent)},
             {"microseconds", cycles / target.clockMhz},
             {"mxm_lanes_used", rows ? double(lanes) / (double(rows) * target.lanes()) : 0},
             {"vxm_utilisation", cycles > 0 ? alus / (target.alus * cycles) : 0},
             {"mxm_utilisation", cycles > 0 ? planes / (2.0 * target.planesPerHemisphere * cycles) : 0},
             {"text_bytes", double(text * target.instructionBytes)}};
}

/// Whether two numbers are equal but for how a text rounds them.
static bool isEqual(double stated, double derived) {
  return std::abs(stated - derived) <= 1e-12 * std::abs(derived);
}

/// What is wrong with the figures of `object` that `derived` names, and with others if it must name all.
static std::string faultOf(const Object &object, const std::map<std::string, double, std::less<>> &derived,
                           std::string_view prefix) {
  for (const auto &[name, value] : derived) {
    const auto stated = object.fields().find(name);
    if (stated == object.fields().end())
      continue;
    if (stated->second.kind_case() != google::protobuf::Value::kNumberValue)
      return concat(prefix, name, " is no number");
    if (!isEqual(stated->second.number_value(), value))
      return concat(prefix, name, " is said to be ", stated->second.number_value(), " and is ", value);
  }
  return "";
}

/// The bounds themselves come from levels above the program's: they are bounds, and give the ratios.
static std::string boundsFault(const Object &object, double cycles) {
  std::map<std::string_view, double> bounds;
  double largest = 0;
  for (const char *name : {"path_bound", "resource_bound", "tensor_bound"})
    if (const auto bound = object.fields().find(name); bound != object.fields().end()) {
      const double value = bounds[name] = bound->second.number_value();
      largest = std::max(largest, value);
      if (!(value <= cycles))
        return concat(name, " is said to be ", value, " of ", cycles, " cycles");
    }
  const double tensor = bounds["tensor_bound"];
  return faultOf(object,
                 {{"lane_waste", tensor > 0 ? bounds["resource_bound"] / tensor : 0},
                  {"ratio", largest > 0 ? cycles / largest : 0}},
                 "");
}

std::string verifier::statisticsFault(const Program &program, const Target &target, uint64_t cycles) {
  if (program.metadata.stats_json().empty())
    return "";
  Object object;
  if (!google::protobuf::util::JsonStringToMessage(program.metadata.stats_json(), &object).ok())
    return "they are not a JSON object";
  const Derived derived(program, target);
  if (std::string fault = faultOf(object, derived.figures, ""); !fault.empty())
    return fault;
  if (const auto busy = object.fields().find("busy_cycles"); busy != object.fields().end()) {
    const Object &stated = busy->second.struct_value();
    for (const auto &[name, value] : stated.fields())
      if (!derived.busy.contains(name))
        return concat("busy_cycles.", escapeLine(name), ": the program does not use that");
    for (const auto &[name, value] : derived.busy)
      if (!stated.fields().contains(name))
        return concat("busy_cycles.", name, " is missing");
    if (std::string fault = faultOf(stated, derived.busy, "busy_cycles."); !fault.empty())
      return fault;
  }
  return boundsFault(object, double(cycles));
}

//===----------------------------------------------------------------------===//
// All figures
//===----------------------------------------------------------------------===//

void verifier::checkFigures(const Program &program, const Target &target,
                            const std::vector<uint64_t> &usedWords, std::vector<Findings> &findings) {
  const uint64_t length = lengthOf(program, target);
  const auto report = [&](size_t card, uint32_t order, const std::string &why) {
    findings[card].report(Hazard::FalseFigure, When{length, When::Finishing, 0, order}, [&] { return why; });
  };
  if (program.metadata.cycles() != length)
    report(0, 0,
           concat("the program is said to take ", program.metadata.cycles(), " cycles and takes ", length));
  for (size_t card = 0; card != program.cards.size(); ++card)
    if (program.cards[card].memoryWordsUsed != usedWords[card])
      report(card, 1,
             concat("card ", card, " is said to use ", program.cards[card].memoryWordsUsed,
                    " words of memory and uses ", usedWords[card]));
  if (std::string fault = statisticsFault(program, target, length); !fault.empty())
    report(0, 2, concat("statistics: ", fault));
}
