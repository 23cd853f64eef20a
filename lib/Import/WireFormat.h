//===- WireFormat.h - Protobuf bytes without tensor data --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_WIREFORMAT_H
#define SLUICE_LIB_IMPORT_WIREFORMAT_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::import {

/// A range of the file that stands for a tensor's raw data.
struct DataReference {
  uint64_t offset = 0;
  uint64_t size = 0;
};

/// A copy of the serialised ModelProto in `file` in which every TensorProto::raw_data is replaced by an
/// encoded DataReference into `file`; nothing if the bytes are not well-formed protobuf. Parsing
/// the copy costs memory for the graph, not for its weights, and the 2 GiB limit of protobuf
/// holds for the graph alone.
std::optional<std::string> stripRawData(llvm::StringRef file);

/// Reads the reference that stripRawData() wrote.
DataReference decodeReference(const std::string &rawData);

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_WIREFORMAT_H
