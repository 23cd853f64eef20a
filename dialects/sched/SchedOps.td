//===- SchedOps.td - What the binary holds, one to one ----------*- tablegen -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_SCHED_SCHEDOPS_TD
#define SLUICE_DIALECTS_SCHED_SCHEDOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/BuiltinAttributes.td"

def Sched_Dialect : Dialect {
  let name = "sched";
  let cppNamespace = "::sluice::sched";
  let summary = "Burst instructions in their cycles";
  let description = [{
    A program is one `sched.program` whose body lists bindings, memory contents and instructions. Instructions are those of
    every card; where a field differs between cards it is listed card by card.
  }];
}

class Sched_Op<string mnemonic, list<Trait> traits = []> : Op<Sched_Dialect, mnemonic, traits> {
  let hasVerifier = 1;
}

def Sched_ProgramOp : Sched_Op<"program", [SingleBlock, NoTerminator]> {
  let summary = "the schedule of a group of cards";
  let arguments = (ins I64Attr:$cards, I64Attr:$cycles, DictionaryAttr:$stats);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`cards` $cards `cycles` $cycles `stats` $stats attr-dict-with-keyword $body";
}

def Sched_MemoryOp : Sched_Op<"memory", [HasParent<"ProgramOp">]> {
  let summary = "initial contents of words";
  let description = [{
    `data` is int8 of shape [cards or 1, vectors, bytes, lanes], there or a `#tile.image`: vectors v with v mod stripes = stripe, byte plane `byte`, at
    consecutive words from `address` of a slice.
  }];
  let arguments = (ins ElementsAttr:$data, I64Attr:$stripes, I64Attr:$stripe, I64Attr:$byte, I64Attr:$hemisphere, I64Attr:$slice, I64Attr:$address);
  let assemblyFormat = "$data attr-dict";
}

def Sched_BindingOp : Sched_Op<"binding", [HasParent<"ProgramOp">]> {
  let summary = "where an input or output of the program lies";
  let description = [{
    `count` vectors from `first` on, at words address, address + step, ...; byte plane k in slices[k]; card -1: every card. `flow` says what an
    output's words hold in the end, in edges as those of an issue: the slot is the byte plane, the elements are vectors. The layout is
    that of `tile.input`; an output has no loops.
  }];
  let arguments = (ins StrAttr:$name, BoolAttr:$output, TypeAttr:$machine_type, TypeAttr:$user_type, DenseI64ArrayAttr:$permutation, I64Attr:$lane_dims,
                       OptionalAttr<DenseI64ArrayAttr>:$row_loops, OptionalAttr<DenseI64ArrayAttr>:$lane_loops, OptionalAttr<DenseI64ArrayAttr>:$offsets,
                       I64Attr:$card, I64Attr:$hemisphere, DenseI64ArrayAttr:$slices, I64Attr:$address, I64Attr:$step, I64Attr:$first, I64Attr:$count, OptionalAttr<DenseI64ArrayAttr>:$flow);
  let assemblyFormat = "$name attr-dict";
}

def Sched_IssueOp : Sched_Op<"issue", [HasParent<"ProgramOp">]> {
  let summary = "one burst instruction of one queue";
  let description = [{
    `queue` is (unit, hemisphere, index) as numbers of binary::Queue, written as `mem.read east 12`; `opcode` is the number of the
    instruction and `fields` are the fields of its format in the order of Instructions.def, written as `read {address = 7, stream = 4}`
    without those that are 0. What has no such name is written as numbers. Issues are numbered from 0 in the order of the program.
    `on` lists the cards that have the instruction (absent: all); `addresses` gives its address card by card where they
    differ. `flow` lists the intended sources of the operands, eight numbers an edge: card (-1: every card), slot, first element,
    count, producing issue, its slot, its first element, its element step (see docs/container.md). What lies in memory at the start has
    -1 for the issue, the number of a `sched.memory` in the order of the program for the slot, and words of it for elements; what the host
    wrote has -2 - n for input n, a byte plane for the slot and vectors for elements.
  }];
  let arguments = (ins DenseI64ArrayAttr:$queue, I64Attr:$cycle, I64Attr:$opcode, I64Attr:$count, I64Attr:$interval, DenseI64ArrayAttr:$fields,
                       OptionalAttr<DenseI64ArrayAttr>:$cards, OptionalAttr<DenseI64ArrayAttr>:$card_addresses, DenseI64ArrayAttr:$flow);
  let assemblyFormat = [{
    custom<Queue>($queue) `at` $cycle custom<Instruction>($opcode, $fields) `count` $count `every` $interval (`on` $cards^)? (`addresses` $card_addresses^)?
    `flow` $flow attr-dict
  }];
}

#endif // SLUICE_DIALECTS_SCHED_SCHEDOPS_TD
