//===- Verifier.h - Proof that a binary does what it intends ----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_VERIFIER_VERIFIER_H
#define SLUICE_VERIFIER_VERIFIER_H

#include "sluice/Binary/Program.h"
#include "sluice/Target/Target.h"

#include <string>
#include <vector>

namespace sluice::verifier {

/// One hazard class; see docs/verification.md for what each proves absent.
enum class Hazard : uint8_t {
  Malformed,          ///< operand out of range for its queue, unit or target
  QueueOverlap,       ///< two instructions of one queue in one cycle
  StreamConflict,     ///< two producers on one stream in one place and cycle
  StreamEmpty,        ///< an operand taken where no value is
  BankConflict,       ///< two accesses to one bank, or two reads or writes of a slice, in one cycle
  UnwrittenRead,      ///< a word read that nothing wrote
  ChainMissing,       ///< a chained ALU operand with no result in that cycle
  WeightsMissing,     ///< a multiply without installed weights, or an install into a slot still needed
  AccumulatorMissing, ///< an accumulation onto a row that holds nothing, or too early
  PlaneConflict,      ///< a tandem's second plane is busy
  LinkConflict,       ///< link port used faster than it transmits
  LinkMismatch,       ///< a Receive without its Send in the right cycle, or the reverse
  Capacity,           ///< memory image, bindings or text outside the card
  FlowMismatch,       ///< the derived flow differs from the carried one
  FalseFigure,        ///< what the file says of its program is not so: cycles, words, statistics
  TooIntricate,       ///< bursts meet in more ways than the proof follows
};

/// Name of a hazard class as printed: "stream conflict".
std::string_view hazardName(Hazard hazard);

struct Finding {
  Hazard hazard;
  uint32_t card;
  uint64_t cycle;
  std::string message; ///< names queue, instruction, both parties and their ONNX nodes
};

/// All findings' earliest of each class and card, in order of card, cycle, class.
/// Empty: the program is free of hazards and its flow is the carried one.
/// What indirect accesses leave to trust is in docs/verification.md.
/// A proof that is cancelled (see Support/Cancellation.h) has a finding that says so.
std::vector<Finding> verify(const binary::Program &program, const target::Target &target);

} // namespace sluice::verifier

#endif // SLUICE_VERIFIER_VERIFIER_H
