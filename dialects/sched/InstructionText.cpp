//===- InstructionText.cpp - Queues and instructions as text --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/sched/InstructionText.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/Units.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace sluice::sched {

static constexpr llvm::StringLiteral kHemispheres[] = {"east", "west"};

static llvm::StringRef text(std::string_view name) { return {name.data(), name.size()}; }

static bool isUnit(int64_t unit) { return unit >= 0 && unit < int64_t(binary::Unit::Any); }

/// The row of an instruction's number; null if there is none.
static const binary::OpcodeInfo *instructionOf(int64_t opcode) {
  if (opcode < 0 || opcode > 0xff || !binary::isOpcode(uint8_t(opcode)))
    return nullptr;
  return &binary::opcodeInfo(binary::Opcode(opcode));
}

ParseResult parseQueue(OpAsmParser &parser, DenseI64ArrayAttr &queue) {
  llvm::StringRef name, hemisphere;
  SMLoc at = parser.getCurrentLocation();
  if (failed(parser.parseOptionalKeyword(&name))) {
    queue = llvm::dyn_cast_or_null<DenseI64ArrayAttr>(DenseI64ArrayAttr::parse(parser, {}));
    return success(queue != nullptr);
  }
  int64_t unit = 0, index = 0;
  while (isUnit(unit) && text(binary::unitName(binary::Unit(unit))) != name)
    ++unit;
  if (!isUnit(unit))
    return parser.emitError(at) << "no unit is called " << name;
  at = parser.getCurrentLocation();
  if (failed(parser.parseKeyword(&hemisphere)) || failed(parser.parseInteger(index)))
    return failure();
  const auto *side = llvm::find(kHemispheres, hemisphere);
  if (side == std::end(kHemispheres))
    return parser.emitError(at) << "a hemisphere is east or west, not " << hemisphere;
  queue = parser.getBuilder().getDenseI64ArrayAttr({unit, side - kHemispheres, index});
  return success();
}

void printQueue(OpAsmPrinter &printer, Operation *, DenseI64ArrayAttr queue) {
  llvm::ArrayRef<int64_t> numbers = queue.asArrayRef();
  if (numbers.size() != 3 || !isUnit(numbers[0]) || numbers[1] < 0 || numbers[1] > 1)
    return queue.print(printer);
  printer << text(binary::unitName(binary::Unit(numbers[0]))) << " " << kHemispheres[numbers[1]] << " "
          << numbers[2];
}

/// `{name = number, ...}`; what is not named is 0.
static ParseResult parseFields(OpAsmParser &parser, const binary::OpcodeInfo &instruction,
                               DenseI64ArrayAttr &fields) {
  auto names = binary::fieldsOf(instruction.format);
  llvm::SmallVector<int64_t> numbers(names.size());
  auto parseField = [&]() -> ParseResult {
    llvm::StringRef name;
    SMLoc at = parser.getCurrentLocation();
    if (failed(parser.parseKeyword(&name)) || failed(parser.parseEqual()))
      return failure();
    for (size_t i = 0; i < names.size(); ++i)
      if (text(names[i].name) == name)
        return parser.parseInteger(numbers[i]);
    return parser.emitError(at) << text(instruction.mnemonic) << " has no field " << name;
  };
  if (failed(parser.parseCommaSeparatedList(AsmParser::Delimiter::OptionalBraces, parseField)))
    return failure();
  fields = parser.getBuilder().getDenseI64ArrayAttr(numbers);
  return success();
}

ParseResult parseInstruction(OpAsmParser &parser, IntegerAttr &opcode, DenseI64ArrayAttr &fields) {
  llvm::StringRef name;
  SMLoc at = parser.getCurrentLocation();
  if (succeeded(parser.parseOptionalKeyword(&name))) {
    for (const binary::OpcodeInfo &instruction : binary::opcodeTable())
      if (text(instruction.mnemonic) == name) {
        opcode = parser.getBuilder().getI64IntegerAttr(int64_t(instruction.opcode));
        return parseFields(parser, instruction, fields);
      }
    return parser.emitError(at) << "no instruction is called " << name;
  }
  int64_t number = 0;
  if (failed(parser.parseInteger(number)))
    return failure();
  opcode = parser.getBuilder().getI64IntegerAttr(number);
  fields = llvm::dyn_cast_or_null<DenseI64ArrayAttr>(DenseI64ArrayAttr::parse(parser, {}));
  return success(fields != nullptr);
}

void printInstruction(OpAsmPrinter &printer, Operation *, IntegerAttr opcode, DenseI64ArrayAttr fields) {
  const binary::OpcodeInfo *instruction = instructionOf(opcode.getInt());
  llvm::ArrayRef<int64_t> numbers = fields.asArrayRef();
  if (!instruction || binary::fieldsOf(instruction->format).size() != numbers.size()) {
    printer << opcode.getInt() << " ";
    return fields.print(printer);
  }
  printer << text(instruction->mnemonic);
  if (llvm::all_of(numbers, [](int64_t number) { return number == 0; }))
    return;
  printer << " {";
  llvm::ListSeparator separator;
  for (auto [field, number] : llvm::zip_equal(binary::fieldsOf(instruction->format), numbers))
    if (number != 0)
      printer << llvm::StringRef(separator) << text(field.name) << " = " << number;
  printer << "}";
}

} // namespace sluice::sched
