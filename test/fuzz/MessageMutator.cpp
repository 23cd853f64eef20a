//===- MessageMutator.cpp - Changes within protobuf messages --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MessageMutator.h"

#include <limits>
#include <vector>

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace sluice::fuzz {

namespace {

/// A field of a message within the whole.
struct Site {
  Message *message;
  const FieldDescriptor *field;
};

/// What there is to change in a message, and to take from.
struct Inventory {
  std::vector<Site> sites;
  std::vector<std::string> texts;

  explicit Inventory(Message &message) { add(message); }
  void add(Message &message);
};

void Inventory::add(Message &message) {
  const Reflection &reflection = *message.GetReflection();
  for (int i = 0; i != message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor *field = message.GetDescriptor()->field(i);
    const int count =
        field->is_repeated() ? reflection.FieldSize(message, field) : reflection.HasField(message, field);
    sites.push_back({&message, field});
    // What is there counts more than what could be.
    if (count != 0)
      sites.insert(sites.end(), 4, {&message, field});
    for (int index = 0; index != count; ++index)
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
        add(field->is_repeated() ? *reflection.MutableRepeatedMessage(&message, field, index)
                                 : *reflection.MutableMessage(&message, field));
      else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
        texts.push_back(field->is_repeated() ? reflection.GetRepeatedString(message, field, index)
                                             : reflection.GetString(message, field));
  }
}

/// One change of one field.
class Change {
public:
  Change(Site site, const std::vector<std::string> &texts, Random &random)
      : message(*site.message), field(site.field), reflection(*message.GetReflection()), texts(texts),
        random(random) {}

  void run() {
    if (!field->is_repeated())
      return random.oneIn(8) ? reflection.ClearField(&message, field) : setSingle();
    const int count = reflection.FieldSize(message, field);
    if (count == 0 || random.oneIn(6))
      return addElement(count);
    const int index = static_cast<int>(random.below(static_cast<size_t>(count)));
    if (random.oneIn(4))
      return reflection.SwapElements(&message, field, index, count - 1);
    if (random.oneIn(3))
      return reflection.RemoveLast(&message, field);
    setElement(index);
  }

private:
  std::string text(const std::string &old) {
    switch (random.below(3)) {
    case 0:
      return "";
    case 1:
      return texts.empty() ? old : random.anyOf(texts);
    default:
      return mutateBytes(old);
    }
  }
  double real(double old) {
    const double reals[] = {0,
                            -0.0,
                            1,
                            old * 2,
                            -old,
                            1e300,
                            std::numeric_limits<double>::infinity(),
                            std::numeric_limits<double>::quiet_NaN()};
    return random.anyOf(reals);
  }

  void setSingle() {
    switch (field->cpp_type()) {
#define SLUICE_NUMBER(Kind, Name)                                                                            \
  case FieldDescriptor::CPPTYPE_##Kind:                                                                      \
    return reflection.Set##Name(&message, field, random.number(reflection.Get##Name(message, field)));
      SLUICE_NUMBER(INT32, Int32)
      SLUICE_NUMBER(UINT32, UInt32)
      SLUICE_NUMBER(INT64, Int64)
      SLUICE_NUMBER(UINT64, UInt64)
      SLUICE_NUMBER(ENUM, EnumValue)
#undef SLUICE_NUMBER
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(&message, field, !reflection.GetBool(message, field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.SetFloat(&message, field,
                                 static_cast<float>(real(reflection.GetFloat(message, field))));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.SetDouble(&message, field, real(reflection.GetDouble(message, field)));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(&message, field, text(reflection.GetString(message, field)));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      reflection.MutableMessage(&message, field);
      return;
    }
  }

  void setElement(int index) {
    switch (field->cpp_type()) {
#define SLUICE_NUMBER(Kind, Name)                                                                            \
  case FieldDescriptor::CPPTYPE_##Kind:                                                                      \
    return reflection.SetRepeated##Name(&message, field, index,                                              \
                                        random.number(reflection.GetRepeated##Name(message, field, index)));
      SLUICE_NUMBER(INT32, Int32)
      SLUICE_NUMBER(UINT32, UInt32)
      SLUICE_NUMBER(INT64, Int64)
      SLUICE_NUMBER(UINT64, UInt64)
      SLUICE_NUMBER(ENUM, EnumValue)
#undef SLUICE_NUMBER
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetRepeatedBool(&message, field, index,
                                        !reflection.GetRepeatedBool(message, field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.SetRepeatedFloat(
          &message, field, index,
          static_cast<float>(real(reflection.GetRepeatedFloat(message, field, index))));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.SetRepeatedDouble(&message, field, index,
                                          real(reflection.GetRepeatedDouble(message, field, index)));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetRepeatedString(&message, field, index,
                                          text(reflection.GetRepeatedString(message, field, index)));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return mutateMessage(*reflection.MutableRepeatedMessage(&message, field, index), random);
    }
  }

  /// Appends an element; a message is a copy of one that is there.
  void addElement(int count) {
    switch (field->cpp_type()) {
#define SLUICE_NUMBER(Kind, Name)                                                                            \
  case FieldDescriptor::CPPTYPE_##Kind:                                                                      \
    return reflection.Add##Name(&message, field, random.number(0));
      SLUICE_NUMBER(INT32, Int32)
      SLUICE_NUMBER(UINT32, UInt32)
      SLUICE_NUMBER(INT64, Int64)
      SLUICE_NUMBER(UINT64, UInt64)
      SLUICE_NUMBER(ENUM, EnumValue)
#undef SLUICE_NUMBER
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.AddBool(&message, field, random.oneIn(2));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.AddFloat(&message, field, static_cast<float>(real(1)));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.AddDouble(&message, field, real(1));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.AddString(&message, field, text("x"));
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message &added = *reflection.AddMessage(&message, field);
      if (count == 0)
        return;
      const int source = static_cast<int>(random.below(static_cast<size_t>(count)));
      added.CopyFrom(reflection.GetRepeatedMessage(message, field, source));
      return mutateMessage(added, random);
    }
    }
  }

  Message &message;
  const FieldDescriptor *field;
  const Reflection &reflection;
  const std::vector<std::string> &texts;
  Random &random;
};

} // namespace

void mutateMessage(Message &message, Random &random) {
  Inventory inventory(message);
  if (!inventory.sites.empty())
    Change(random.anyOf(inventory.sites), inventory.texts, random).run();
}

} // namespace sluice::fuzz
