//===- Printer.h - Binaries as text -----------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_BINARY_PRINTER_H
#define SLUICE_BINARY_PRINTER_H

#include "sluice/Binary/Program.h"
#include "sluice/Target/Target.h"

#include <optional>
#include <ostream>
#include <string>

namespace sluice::binary {

/// One instruction in assembly, without its cycle: mnemonic, operands, then
/// "xCOUNT/INTERVAL" for a burst. docs/isa.md describes the syntax.
///   "read        @0x0042 step 1 -> s4.e  x640/2"
std::string printInstruction(const Instruction &instruction, const target::Target &target);

/// "int8 [2, 320]"; the machine's type in brackets where it is another one.
std::string printType(const proto::TensorType &type);

/// Which part of a program to print; everything by default.
struct Selection {
  std::optional<uint32_t> card;
  std::optional<std::string> queue; ///< a queueName
};

/// Target, cycles, bindings and a table of what each card holds.
void printSummary(const Program &program, const target::Target &target, const Selection &selection,
                  std::ostream &stream);
/// Instructions by card and queue, each with its cycle and its ONNX node.
void printText(const Program &program, const target::Target &target, const Selection &selection,
               std::ostream &stream);
/// Initial memory and bindings by card, slice and address, then bytes by bank.
void printMemory(const Program &program, const target::Target &target, const Selection &selection,
                 std::ostream &stream);
/// Inputs and outputs with their types, layouts and placements.
void printBindings(const Program &program, const Selection &selection, std::ostream &stream);

} // namespace sluice::binary

#endif // SLUICE_BINARY_PRINTER_H
