//===- ProgramPrinter.cpp - Binaries as text ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/Layout.h"
#include "sluice/Binary/Printer.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/HostTensor.h"
#include "sluice/Support/Strings.h"

#include "absl/strings/str_format.h"

#include <algorithm>
#include <map>
#include <tuple>

using namespace sluice;
using namespace sluice::binary;
using target::Target;

static bool isSelected(const Selection &selection, size_t card) {
  return !selection.card || *selection.card == card;
}

static bool isSelected(const Selection &selection, const Queue &queue) {
  return !selection.queue || *selection.queue == queueName(queue);
}

std::string binary::printType(const proto::TensorType &type) {
  std::string text(elementName(ElementType(type.element_type())));
  if (type.machine_type() != type.element_type())
    text += concat(" (as ", elementName(ElementType(type.machine_type())), ")");
  text += " [";
  for (int axis = 0; axis != type.shape_size(); ++axis)
    text += concat(axis == 0 ? "" : ", ", type.shape(axis));
  return text + "]";
}

static std::string sliceName(uint32_t hemisphere, uint32_t slice) {
  return concat("mem.", hemisphere == 0 ? "e" : "w", slice);
}

//===----------------------------------------------------------------------===//
// Summary
//===----------------------------------------------------------------------===//

static void printBindingTypes(const char *title,
                              const google::protobuf::RepeatedPtrField<proto::Binding> &bindings,
                              std::ostream &stream) {
  for (const proto::Binding &binding : bindings)
    stream << absl::StrFormat("%-8s %s: %s\n", title, escapeLine(binding.name()), printType(binding.type()));
}

static void printCardSummary(size_t index, const Card &card, std::ostream &stream) {
  size_t instructions = 0;
  uint64_t initialWords = 0;
  for (const QueueProgram &queue : card.queues)
    instructions += queue.instructions.size();
  for (const proto::MemoryRun &run : card.memory)
    initialWords += run.words();
  stream << absl::StrFormat("%4d %7d %13d %11d %14d %12d %11d\n", index, card.queues.size(), instructions,
                            textWords(card) * kWordBytes, initialWords, card.memoryWordsUsed,
                            card.flow.size());
}

/// Elements and instructions by opcode, over the selected cards, in table order.
static void printOpcodes(const Program &program, const Selection &selection, std::ostream &stream) {
  struct Use {
    uint64_t instructions = 0, elements = 0;
  };
  std::map<Opcode, Use> uses;
  for (size_t index = 0; index != program.cards.size(); ++index)
    if (isSelected(selection, index))
      for (const QueueProgram &queue : program.cards[index].queues)
        for (const Instruction &instruction : queue.instructions) {
          ++uses[instruction.opcode].instructions;
          uses[instruction.opcode].elements += instruction.count;
        }
  stream << absl::StrFormat("\n%-12s %12s %12s\n", "opcode", "instructions", "elements");
  for (const auto &[opcode, use] : uses)
    stream << absl::StrFormat("%-12s %12d %12d\n", std::string(mnemonic(opcode)), use.instructions,
                              use.elements);
}

void binary::printSummary(const Program &program, const Target &target, const Selection &selection,
                          std::ostream &stream) {
  const proto::Metadata &metadata = program.metadata;
  stream << absl::StrFormat("%-8s %d, by %s\n", "format", metadata.format_version(),
                            escapeLine(metadata.producer()));
  stream << absl::StrFormat("%-8s %s version %d\n", "target", escapeLine(metadata.target()),
                            metadata.target_version());
  stream << absl::StrFormat("%-8s %d, %.2f us at %d MHz (modelled)\n", "cycles", metadata.cycles(),
                            double(metadata.cycles()) / target.clockMhz, target.clockMhz);
  stream << absl::StrFormat("%-8s %d\n", "cards", program.cards.size());
  printBindingTypes("input", metadata.inputs(), stream);
  printBindingTypes("output", metadata.outputs(), stream);
  stream << absl::StrFormat("\n%4s %7s %13s %11s %14s %12s %11s\n", "card", "queues", "instructions",
                            "text bytes", "initial words", "words used", "flow edges");
  for (size_t index = 0; index != program.cards.size(); ++index)
    if (isSelected(selection, index))
      printCardSummary(index, program.cards[index], stream);
  printOpcodes(program, selection, stream);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

void binary::printText(const Program &program, const Target &target, const Selection &selection,
                       std::ostream &stream) {
  constexpr size_t nodeColumn = 72;
  bool isFirst = true;
  for (size_t index = 0; index != program.cards.size(); ++index) {
    if (!isSelected(selection, index))
      continue;
    for (const QueueProgram &queue : program.cards[index].queues) {
      if (!isSelected(selection, queue.queue))
        continue;
      stream << (isFirst ? "" : "\n") << "card " << index << " " << queueName(queue.queue) << ":\n";
      isFirst = false;
      for (size_t i = 0; i != queue.instructions.size(); ++i) {
        const Instruction &instruction = queue.instructions[i];
        std::string line =
            absl::StrFormat("%8d  %s", instruction.cycle, printInstruction(instruction, target));
        const std::string &node = program.metadata.locations(static_cast<int>(queue.locations[i]));
        if (!node.empty()) {
          line.resize(std::max(line.size(), nodeColumn), ' ');
          line += concat(" ; ", escapeLine(node));
        }
        stream << line << "\n";
      }
    }
  }
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

namespace {

/// Words of one slice that hold something from the start or for the user.
struct Region {
  uint32_t hemisphere = 0, slice = 0;
  uint32_t address = 0, words = 0;
  int64_t step = 1;
  std::string content;
  bool isInitial = false;

  auto key() const { return std::tie(hemisphere, slice, address, content); }
};

} // namespace

static void addBindingRegions(const char *title, const proto::Binding &binding, size_t card,
                              std::vector<Region> &regions) {
  for (const proto::Placement &placement : binding.placements())
    for (int byte = 0; placement.card() == card && byte != placement.slices_size(); ++byte)
      regions.push_back({placement.hemisphere(), placement.slices(byte), placement.address(),
                         static_cast<uint32_t>(placement.count()), placement.step(),
                         concat(title, " ", escapeLine(binding.name()), ", byte ", byte, ", from vector ",
                                placement.first()),
                         false});
}

static std::vector<Region> regionsOf(const Program &program, size_t card) {
  std::vector<Region> regions;
  for (const proto::MemoryRun &run : program.cards[card].memory) {
    std::string content = "initial";
    if (run.location() != 0)
      content += " " + escapeLine(program.metadata.locations(static_cast<int>(run.location())));
    regions.push_back({run.hemisphere(), run.slice(), run.address(), run.words(), 1, content, true});
  }
  for (const proto::Binding &binding : program.metadata.inputs())
    addBindingRegions("input", binding, card, regions);
  for (const proto::Binding &binding : program.metadata.outputs())
    addBindingRegions("output", binding, card, regions);
  std::sort(regions.begin(), regions.end(),
            [](const Region &a, const Region &b) { return a.key() < b.key(); });
  return regions;
}

void binary::printMemory(const Program &program, const Target &target, const Selection &selection,
                         std::ostream &stream) {
  for (size_t index = 0; index != program.cards.size(); ++index) {
    if (!isSelected(selection, index))
      continue;
    // Words by (hemisphere, slice, bank): of the initial image, of bindings.
    std::map<std::tuple<uint32_t, uint32_t, uint32_t>, std::pair<uint64_t, uint64_t>> banks;
    stream << "card " << index << " memory:\n";
    for (const Region &region : regionsOf(program, index)) {
      stream << absl::StrFormat("  %-8s 0x%04x step %d x%d  %s\n", sliceName(region.hemisphere, region.slice),
                                region.address, region.step, region.words, region.content);
      for (uint32_t word = 0; word != region.words; ++word) {
        const int64_t address = region.address + word * region.step;
        auto &[initial, bound] =
            banks[{region.hemisphere, region.slice, target.bankOf(static_cast<unsigned>(address))}];
        ++(region.isInitial ? initial : bound);
      }
    }
    stream << absl::StrFormat("  %-8s %4s %14s %14s\n", "slice", "bank", "initial bytes", "bound bytes");
    for (const auto &[bank, words] : banks)
      stream << absl::StrFormat("  %-8s %4d %14d %14d\n", sliceName(std::get<0>(bank), std::get<1>(bank)),
                                std::get<2>(bank), words.first * target.lanes(),
                                words.second * target.lanes());
  }
}

//===----------------------------------------------------------------------===//
// Bindings
//===----------------------------------------------------------------------===//

static void printLoops(const char *title, const google::protobuf::RepeatedPtrField<proto::Loop> &loops,
                       std::ostream &stream) {
  stream << " " << title;
  for (const proto::Loop &loop : loops)
    stream << absl::StrFormat(" %d:x%d/%d", loop.dim(), loop.count(), loop.step());
  stream << ",";
}

static void printLayout(const proto::Layout &layout, std::ostream &stream) {
  stream << "  layout";
  if (hasLoops(layout)) {
    printLoops("rows", layout.rows(), stream);
    printLoops("lanes", layout.lanes(), stream);
    stream << " offsets";
    for (int64_t offset : layout.offsets())
      stream << " " << offset;
    stream << "\n";
    return;
  }
  for (int32_t dimension : layout.permutation())
    stream << " " << dimension;
  stream << ", last " << layout.lane_dims() << " on lanes\n";
}

static void printBinding(const char *title, const proto::Binding &binding, const Selection &selection,
                         std::ostream &stream) {
  stream << title << " " << escapeLine(binding.name()) << ": " << printType(binding.type()) << "\n";
  printLayout(binding.layout(), stream);
  for (const proto::Placement &placement : binding.placements()) {
    if (!isSelected(selection, placement.card()))
      continue;
    stream << absl::StrFormat("  card %d vectors %d x%d at 0x%04x step %d in", placement.card(),
                              placement.first(), placement.count(), placement.address(), placement.step());
    for (uint32_t slice : placement.slices())
      stream << " " << sliceName(placement.hemisphere(), slice);
    stream << "\n";
  }
}

void binary::printBindings(const Program &program, const Selection &selection, std::ostream &stream) {
  for (const proto::Binding &binding : program.metadata.inputs())
    printBinding("input", binding, selection, stream);
  for (const proto::Binding &binding : program.metadata.outputs())
    printBinding("output", binding, selection, stream);
}
