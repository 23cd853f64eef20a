//===- WireFormat.cpp - Protobuf bytes without tensor data ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WireFormat.h"

#include "CallCounter.h"

#include "google/protobuf/io/coded_stream.h"

#include <cassert>
#include <cstring>
#include <limits>

namespace sluice::import {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

enum WireType : unsigned { Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5 };

void appendVarint(std::string &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

/// The type of the message in a field, or null if the field holds none. Fields that are younger than the
/// schema count where they can hold tensors.
const Descriptor *messageType(const Descriptor *parent, uint64_t number) {
  if (number > FieldDescriptor::kMaxNumber)
    return nullptr;
  if (const FieldDescriptor *field = parent->FindFieldByNumber(static_cast<int>(number)))
    return field->message_type();
  constexpr uint64_t kFunctionAttributeProto = 11;
  if (parent == pb::FunctionProto::descriptor() && number == kFunctionAttributeProto)
    return pb::AttributeProto::descriptor();
  return nullptr;
}

/// Walks over the fields of messages and writes them anew.
class Stripper {
public:
  explicit Stripper(llvm::StringRef file) : file(file) {}

  bool strip(llvm::StringRef message, const Descriptor *type, int depth, std::string &out);

  /// Whether that is why strip() failed.
  bool isTooDeep = false;

private:
  bool stripDelimited(llvm::StringRef content, uint64_t tag, const Descriptor *type, int depth,
                      std::string &out);

  llvm::StringRef file;
};

bool takeVarint(llvm::StringRef &bytes, uint64_t &value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes = bytes.drop_front();
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (!(byte & 0x80))
      return true;
  }
  return false;
}

bool Stripper::stripDelimited(llvm::StringRef content, uint64_t tag, const Descriptor *type, int depth,
                              std::string &out) {
  const uint64_t number = tag >> 3;
  if (type == pb::TensorProto::descriptor() && number == pb::TensorProto::kRawDataFieldNumber) {
    const DataReference reference = {static_cast<uint64_t>(content.data() - file.data()), content.size()};
    appendVarint(out, tag);
    appendVarint(out, sizeof(reference));
    out.append(reinterpret_cast<const char *>(&reference), sizeof(reference));
    return true;
  }
  const Descriptor *child = messageType(type, number);
  std::string rewritten;
  if (child) {
    if (!strip(content, child, depth + 1, rewritten))
      return false;
    content = rewritten;
  }
  appendVarint(out, tag);
  appendVarint(out, content.size());
  out.append(content.data(), content.size());
  return true;
}

bool Stripper::strip(llvm::StringRef message, const Descriptor *type, int depth, std::string &out) {
  if (depth >= kMaxMessageDepth) {
    isTooDeep = true;
    return false;
  }
  while (!message.empty()) {
    const llvm::StringRef field = message;
    uint64_t tag = 0;
    uint64_t value = 0;
    if (!takeVarint(message, tag) || tag >> 3 == 0)
      return false;
    switch (tag & 7) {
    case Varint:
      if (!takeVarint(message, value))
        return false;
      break;
    case Fixed64:
    case Fixed32: {
      const size_t size = (tag & 7) == Fixed64 ? 8 : 4;
      if (message.size() < size)
        return false;
      message = message.drop_front(size);
      break;
    }
    case Delimited:
      if (!takeVarint(message, value) || value > message.size() ||
          !stripDelimited(message.take_front(value), tag, type, depth, out))
        return false;
      message = message.drop_front(value);
      continue;
    default:
      return false;
    }
    out.append(field.data(), field.size() - message.size());
  }
  return true;
}

} // namespace

llvm::Expected<std::string> stripRawData(llvm::StringRef file) {
  std::string out;
  Stripper stripper(file);
  if (stripper.strip(file, pb::ModelProto::descriptor(), 0, out))
    return out;
  if (stripper.isTooDeep)
    return llvm::createStringError("its messages are nested deeper than " + llvm::Twine(kMaxMessageDepth) +
                                   " levels; graphs within nodes can be nested " + llvm::Twine(kMaxDepth) +
                                   " deep");
  return llvm::createStringError("not an ONNX model: the protobuf data is truncated or corrupted");
}

bool parseStripped(llvm::StringRef bytes, google::protobuf::Message &message) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t *>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(kMaxMessageDepth);
  return bytes.size() <= size_t(std::numeric_limits<int>::max()) && message.ParseFromCodedStream(&stream) &&
         stream.ConsumedEntireMessage();
}

DataReference decodeReference(const std::string &rawData) {
  DataReference reference;
  assert(rawData.size() == sizeof(reference) && "every raw data of a stripped model is a reference");
  std::memcpy(&reference, rawData.data(), sizeof(reference));
  return reference;
}

} // namespace sluice::import
