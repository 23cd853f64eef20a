//===- Elf.h - The ELF64 file around a program ------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sections and nothing else: no segments, no machine, no symbols. The note with
// the hash comes first, right behind the ELF header; the section headers last.
// docs/container.md draws the layout.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_BINARY_ELF_H
#define SLUICE_LIB_BINARY_ELF_H

#include "sluice/Binary/Program.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::binary {

/// A named range of bytes of the file; `content` belongs to someone else, as does what makes it.
struct Section {
  std::string name;
  std::string_view content;
  uint64_t alignment;                 ///< of the content's offset in the file
  const DataSource *source = nullptr; ///< of the content, if it is not made yet

  uint64_t size() const { return source ? source->size() : content.size(); }
};

/// Writes a file image of the sections in their order, with its hash. Fails when they are
/// too many for the format.
absl::Status writeElf(const std::vector<Section> &sections, ByteSink &sink);

/// The sections that writeElf was given, as views into `bytes`. Verifies the hash
/// over all bytes and each header field. DataLoss on a truncated or altered file,
/// InvalidArgument on one that is no Sluice binary.
absl::StatusOr<std::vector<Section>> readElf(std::string_view bytes);

/// The hash that the file states, as hex, without verifying it.
absl::StatusOr<std::string> statedHash(std::string_view bytes);

} // namespace sluice::binary

#endif // SLUICE_LIB_BINARY_ELF_H
