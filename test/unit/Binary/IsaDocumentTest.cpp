//===- IsaDocumentTest.cpp - The manual states the table ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/isa.md holds tables between "<!-- begin NAME -->" and "<!-- end NAME -->".
// They are generated here from the table of instructions and compared; run with
// SLUICE_UPDATE_DOCS=1 to write them anew.
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Encoding.h"
#include "sluice/Support/Files.h"
#include "sluice/Support/Strings.h"

#include "gtest/gtest.h"

#include <cstdlib>

using namespace sluice;
using namespace sluice::binary;

namespace {

std::string bitRange(unsigned first, unsigned bits) {
  return bits == 1 ? concat(first) : concat(first, "–", first + bits - 1);
}

/// The bits behind the header, format by format.
std::string formatTable() {
  std::string text = "| format | bits | field | values |\n| --- | --- | --- | --- |\n";
  const unsigned header = kOpcodeBits + kDeltaBits + kCountBits + kIntervalBits;
  for (unsigned number = unsigned(Format::MEM); number <= unsigned(Format::LINK); ++number) {
    unsigned position = header;
    for (const Field &field : fieldsOf(Format(number))) {
      text += concat("| ", position == header ? formatName(field.format) : std::string_view(), " | ",
                     bitRange(position, field.bits), " | `", field.name, "` | ", field.minimum(), " … ",
                     field.maximum(), " |\n");
      position += field.bits;
    }
  }
  return text;
}

std::string latencyText(const OpcodeInfo &info) {
  switch (info.latency) {
  case LatencyClass::Simple:
    return "simple";
  case LatencyClass::Transcendental:
    return "transcendental";
  case LatencyClass::OfOpcode:
    break;
  }
  return "its own";
}

std::string opcodeText(Opcode opcode) { return concat("0x", absl::Hex(uint8_t(opcode), absl::kZeroPad2)); }

/// Instructions that are no ALU operations.
std::string instructionTable() {
  std::string text = "| opcode | mnemonic | format | does |\n| --- | --- | --- | --- |\n";
  for (const OpcodeInfo &info : opcodeTable())
    if (info.format != Format::ALU)
      text += concat("| ", opcodeText(info.opcode), " | `", info.mnemonic, "` | ", formatName(info.format),
                     " | ", info.description, " |\n");
  return text;
}

std::string aluTable() {
  std::string text = "| opcode | mnemonic | operands | latency | result |\n| --- | --- | --- | --- | --- |\n";
  for (const OpcodeInfo &info : opcodeTable())
    if (info.format == Format::ALU)
      text += concat("| ", opcodeText(info.opcode), " | `", info.mnemonic, "` | ", info.operands, " | ",
                     latencyText(info), " | ", info.description, " |\n");
  return text;
}

/// Replaces a "|" inside a cell's text, which would end the cell.
std::string escapeBars(std::string text) {
  for (size_t at = text.find("|a|"); at != std::string::npos; at = text.find("|a|", at))
    text.replace(at, 3, "\\|a\\|");
  return text;
}

/// `document` with the table between the markers of `name` replaced.
std::string withTable(const std::string &document, std::string_view name, const std::string &table) {
  const std::string begin = concat("<!-- begin ", name, " -->\n"), end = concat("<!-- end ", name, " -->");
  const size_t from = document.find(begin), to = document.find(end);
  if (from == std::string::npos || to == std::string::npos) {
    ADD_FAILURE() << "docs/isa.md lacks the markers of " << name;
    return document;
  }
  return document.substr(0, from + begin.size()) + table + document.substr(to);
}

} // namespace

TEST(IsaDocument, StatesTheTableOfInstructions) {
  const std::string path = SLUICE_ISA_DOCUMENT;
  absl::StatusOr<std::string> document = readFile(path);
  ASSERT_TRUE(document.ok());
  std::string expected = withTable(*document, "formats", formatTable());
  expected = withTable(expected, "instructions", instructionTable());
  expected = withTable(expected, "operations", escapeBars(aluTable()));
  if (std::getenv("SLUICE_UPDATE_DOCS"))
    ASSERT_TRUE(writeFile(path, expected).ok());
  else
    EXPECT_TRUE(*document == expected)
        << "run BinaryTests with SLUICE_UPDATE_DOCS=1 and look at the difference";
}
