//===- InstructionText.h - Queues and instructions as text ------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_SCHED_INSTRUCTIONTEXT_H
#define SLUICE_DIALECTS_SCHED_INSTRUCTIONTEXT_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/OpImplementation.h"

namespace sluice::sched {

/// `mem.read east 12`; a list of numbers where there is no such unit.
mlir::ParseResult parseQueue(mlir::OpAsmParser &parser, mlir::DenseI64ArrayAttr &queue);
void printQueue(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::DenseI64ArrayAttr queue);

/// `read {address = 7, stream = 4}`; numbers where there is no such instruction or it has other fields.
mlir::ParseResult parseInstruction(mlir::OpAsmParser &parser, mlir::IntegerAttr &opcode,
                                   mlir::DenseI64ArrayAttr &fields);
void printInstruction(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::IntegerAttr opcode,
                      mlir::DenseI64ArrayAttr fields);

} // namespace sluice::sched

#endif // SLUICE_DIALECTS_SCHED_INSTRUCTIONTEXT_H
