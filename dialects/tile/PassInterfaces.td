//===- PassInterfaces.td - What all passes and buffers tell *- tablegen -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_PASSINTERFACES_TD
#define SLUICE_DIALECTS_TILE_PASSINTERFACES_TD

include "mlir/IR/OpBase.td"

def BufferOpInterface : OpInterface<"BufferOpInterface"> {
  let cppNamespace = "::sluice::tile";
  let description = "An operation that makes a buffer, placed or not.";
  let methods = [
    InterfaceMethod<"How the buffer's vectors lie in parts.", "::sluice::tile::Striping", "getStriping">,
    InterfaceMethod<"Whether the host writes it before the program starts.", "bool", "isInitial">
  ];
}

def PassOpInterface : OpInterface<"PassOpInterface"> {
  let cppNamespace = "::sluice::tile";
  let description = "A pass, placed or not: vectors of buffers stream through a unit into buffers. What it writes are its last operands.";
  let methods = [
    InterfaceMethod<"What the vectors stream through.", "::sluice::tile::PassUnit", "getUnit">,
    InterfaceMethod<"Vectors that follow one another.", "uint64_t", "getCount">,
    InterfaceMethod<"How many times so many vectors follow one another.", "int64_t", "getBursts", (ins), [{}], [{ return 1; }]>,
    InterfaceMethod<"The buffers that it writes.", "::mlir::OperandRange", "getWritten", (ins), [{}], [{
      return $_op->getOperands().take_back(1);
    }]>,
    InterfaceMethod<"The vectors of an operand that stream one after the other; none where it is taken otherwise.",
      "::std::optional<::sluice::tile::VectorRange>", "getStreamed", (ins "unsigned":$operand)>
  ];
}

#endif // SLUICE_DIALECTS_TILE_PASSINTERFACES_TD
