//===- Serialize.h - Messages as bytes --------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_BINARY_SERIALIZE_H
#define SLUICE_LIB_BINARY_SERIALIZE_H

#include "google/protobuf/message_lite.h"

#include <string>

namespace sluice::binary {

/// The same bytes for equal messages.
std::string serialize(const google::protobuf::MessageLite &message);

} // namespace sluice::binary

#endif // SLUICE_LIB_BINARY_SERIALIZE_H
