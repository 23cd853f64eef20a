//===- MessageMutator.h - Changes within protobuf messages ------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TEST_FUZZ_MESSAGEMUTATOR_H
#define SLUICE_TEST_FUZZ_MESSAGEMUTATOR_H

#include "Random.h"

#include "google/protobuf/message.h"

namespace sluice::fuzz {

/// Changes one field of `message` or of any message within it: sets a number, exchanges a text by another one
/// of the message, adds, copies, moves or removes an element.
void mutateMessage(google::protobuf::Message &message, Random &random);

} // namespace sluice::fuzz

#endif // SLUICE_TEST_FUZZ_MESSAGEMUTATOR_H
