//===- Hash.cpp - SHA-256 of pieces ---------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Hash.h"

#include "absl/strings/escaping.h"

using namespace sluice::binary;

Sha256::Sha256() : context(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
}

void Sha256::add(std::string_view bytes) { EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()); }

std::string Sha256::digest() {
  std::string digest(kHashBytes, '\0');
  EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char *>(digest.data()), nullptr);
  return digest;
}

std::string sluice::binary::toHex(std::string_view bytes) {
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}
