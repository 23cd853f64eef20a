//===- Hash.h - SHA-256 of pieces -------------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_BINARY_HASH_H
#define SLUICE_LIB_BINARY_HASH_H

#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace sluice::binary {

inline constexpr size_t kHashBytes = 32;

/// SHA-256 over all pieces added, one after the other.
class Sha256 {
public:
  Sha256();
  void add(std::string_view bytes);
  /// The 32 bytes; ends the use of this object.
  std::string digest();

private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context;
};

/// Two lower-case digits a byte.
std::string toHex(std::string_view bytes);

} // namespace sluice::binary

#endif // SLUICE_LIB_BINARY_HASH_H
