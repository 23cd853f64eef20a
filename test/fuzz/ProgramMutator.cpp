//===- ProgramMutator.cpp - Binaries become other ones, hashes right ------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MessageMutator.h"

#include "lib/Binary/Elf.h"
#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/container.pb.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

using namespace sluice;
using namespace sluice::fuzz;

/// The hash lies behind the ELF header, the header of a note and its name; docs/container.md draws it.
static constexpr size_t kHashOffset = 64 + 12 + 8, kHashBytes = 32;

/// What writeElf can be asked for; files may claim anything.
static constexpr uint64_t maxAlignment = 4096;

/// libFuzzer's mutation of a whole file, whose hash is then made right.
static size_t mutateFile(uint8_t *data, size_t size, size_t maxSize) {
  size = LLVMFuzzerMutate(data, size, maxSize);
  if (size < kHashOffset + kHashBytes)
    return size;
  std::memset(data + kHashOffset, 0, kHashBytes);
  unsigned char hash[kHashBytes];
  EVP_Digest(data, size, hash, nullptr, EVP_sha256(), nullptr);
  std::memcpy(data + kHashOffset, hash, kHashBytes);
  return size;
}

/// Sets a few bits of one instruction word, or exchanges it by another one.
static std::string mutateText(std::string text, Random &random) {
  const size_t words = text.size() / binary::kWordBytes;
  if (words == 0)
    return text;
  const size_t at = random.below(words) * binary::kWordBytes;
  if (random.oneIn(4)) {
    text.replace(at, binary::kWordBytes, text, random.below(words) * binary::kWordBytes, binary::kWordBytes);
    return text;
  }
  for (size_t changes = 1 + random.below(3); changes != 0; --changes) {
    char &byte = text[at + random.below(binary::kWordBytes)];
    byte = static_cast<char>(random.oneIn(2) ? byte ^ (1 << random.below(8)) : random.number(byte));
  }
  return text;
}

static std::string mutateSection(const binary::Section &section, Random &random) {
  std::string content(section.content);
  if (section.name.starts_with(".sluice.text"))
    return mutateText(std::move(content), random);
  if (section.name != ".sluice.meta")
    return mutateBytes(std::move(content));
  binary::proto::Metadata metadata;
  if (!metadata.ParseFromString(content))
    return mutateBytes(std::move(content));
  for (size_t changes = 1 + random.below(2); changes != 0; --changes)
    mutateMessage(metadata, random);
  return metadata.SerializeAsString();
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  Random random(seed);
  absl::StatusOr<std::vector<binary::Section>> sections =
      binary::readElf({reinterpret_cast<const char *>(data), size});
  auto isOdd = [](const binary::Section &section) { return section.alignment > maxAlignment; };
  if (random.oneIn(16) || !sections.ok() || sections->empty() ||
      std::any_of(sections->begin(), sections->end(), isOdd))
    return mutateFile(data, size, maxSize);
  binary::Section &section = random.anyOf(*sections);
  const std::string content = mutateSection(section, random);
  section.content = content;
  std::string file;
  StringSink sink(file);
  if (!binary::writeElf(*sections, sink).ok() || file.size() > maxSize)
    return mutateFile(data, size, maxSize);
  std::memcpy(data, file.data(), file.size());
  return file.size();
}
