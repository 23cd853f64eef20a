//===- MutationTest.cpp - Damaged programs are refused or run -------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Verifier/Samples.h"

#include "sluice/Executor/Executor.h"
#include "sluice/Verifier/Verifier.h"

#include <gtest/gtest.h>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;

/// A number near 0, near `near`, or anything.
static int64_t anyNumber(Numbers &numbers, int64_t near) {
  switch (numbers.next(3)) {
  case 0:
    return near + numbers.next(2);
  case 1:
    return numbers.next(40);
  case 2:
    return int64_t(numbers.next(1 << 30)) * 4;
  default:
    return near * 2;
  }
}

static void mutateInstruction(Instruction &instruction, Numbers &numbers) {
  const auto fields = fieldsOf(opcodeInfo(instruction.opcode).format);
  switch (numbers.next(4)) {
  case 0:
    instruction.cycle = uint64_t(anyNumber(numbers, int64_t(instruction.cycle)));
    return;
  case 1:
    instruction.count = uint32_t(anyNumber(numbers, instruction.count));
    return;
  case 2:
    instruction.interval = uint32_t(anyNumber(numbers, instruction.interval));
    return;
  case 3:
    instruction.opcode = Opcode(numbers.next(127) & 0xff);
    return;
  default:
    break;
  }
  if (fields.empty())
    return;
  const Field &field = fields[size_t(numbers.next(1000) + 1000) % fields.size()];
  field.set(instruction, anyNumber(numbers, field.get(instruction)));
}

/// Sets one scalar field of a message, or of one within it, to any number.
static void mutateMessage(google::protobuf::Message &message, Numbers &numbers) {
  using google::protobuf::FieldDescriptor;
  const auto *descriptor = message.GetDescriptor();
  const auto *reflection = message.GetReflection();
  const auto *field = descriptor->field((numbers.next(1000) + 1000) % descriptor->field_count());
  if (field->is_repeated()) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && reflection->FieldSize(message, field) > 0)
      mutateMessage(*reflection->MutableRepeatedMessage(&message, field, 0), numbers);
    else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64)
      reflection->AddInt64(&message, field, anyNumber(numbers, 3));
    else if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32)
      reflection->AddUInt32(&message, field, uint32_t(anyNumber(numbers, 3)));
    return;
  }
  switch (field->cpp_type()) {
  case FieldDescriptor::CPPTYPE_MESSAGE:
    return mutateMessage(*reflection->MutableMessage(&message, field), numbers);
  case FieldDescriptor::CPPTYPE_INT32:
    return reflection->SetInt32(&message, field,
                                int32_t(anyNumber(numbers, reflection->GetInt32(message, field))));
  case FieldDescriptor::CPPTYPE_UINT32:
    return reflection->SetUInt32(&message, field,
                                 uint32_t(anyNumber(numbers, reflection->GetUInt32(message, field))));
  case FieldDescriptor::CPPTYPE_UINT64:
    return reflection->SetUInt64(
        &message, field, uint64_t(anyNumber(numbers, int64_t(reflection->GetUInt64(message, field)))));
  default:
    return;
  }
}

template <typename T>
static T &anyOf(std::vector<T> &items, Numbers &numbers) {
  return items[size_t(numbers.next(100000) + 100000) % items.size()];
}

static void mutate(Program &program, Numbers &numbers) {
  Card &card = anyOf(program.cards, numbers);
  switch (numbers.next(3)) {
  case 0:
    return mutateMessage(anyOf(card.flow, numbers), numbers);
  case 1:
    if (!card.memory.empty())
      mutateMessage(anyOf(card.memory, numbers), numbers);
    return;
  case 2:
    return mutateMessage(*program.metadata.mutable_outputs(0), numbers);
  default:
    mutateInstruction(anyOf(anyOf(card.queues, numbers).instructions, numbers), numbers);
    return;
  }
}

// Whatever one number of a program is changed to, it is refused or it runs to the
// result of the unchanged one or another: never a crash, hang or silent overrun (the
// sanitizer build looks for those). Most changes must be noticed.
TEST(Mutations, AreRefusedOrRun) {
  Numbers numbers;
  unsigned refused = 0, total = 0;
  for (const Program &original :
       {matmulSample("tiny", true, 3, 20).builder.build(), matmulSample("tiny", false, 3, 20).builder.build(),
        chainSample("tiny").builder.build(), linkSample("tiny").builder.build()})
    for (unsigned round = 0; round != 400; ++round, ++total) {
      Program program = original;
      mutate(program, numbers);
      auto runner = executor::Executor::create(std::move(program));
      if (runner.ok())
        (*runner)->run({}).IgnoreError();
      else
        ++refused;
    }
  EXPECT_GT(refused, total / 2);
}
