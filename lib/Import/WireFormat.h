//===- WireFormat.h - Protobuf bytes without tensor data --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_WIREFORMAT_H
#define SLUICE_LIB_IMPORT_WIREFORMAT_H

#include "Proto.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace sluice::import {

/// A range of the file that stands for a tensor's raw data.
struct DataReference {
  uint64_t offset = 0;
  uint64_t size = 0;
};

/// Nesting of messages in a model that is read: enough for as many graphs within each other as are imported
/// (a node, its attribute and the graph there are three messages each), and bounded for the stack's sake.
inline constexpr int kMaxMessageDepth = 256;

/// A copy of the serialised ModelProto in `file` in which every TensorProto::raw_data is replaced by an
/// encoded DataReference into `file`. Parsing the copy costs memory for the graph, not for its weights, and
/// the 2 GiB limit of protobuf holds for the graph alone. The error says whether the bytes are no well-formed
/// protobuf or nested too deeply.
llvm::Expected<std::string> stripRawData(llvm::StringRef file);

/// Parses what stripRawData() wrote, or a message that was within it; false if the bytes are no message of
/// that type.
bool parseStripped(llvm::StringRef bytes, google::protobuf::Message &message);

/// Reads the reference that stripRawData() wrote.
DataReference decodeReference(const std::string &rawData);

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_WIREFORMAT_H
