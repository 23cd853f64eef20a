//===- InputFile.h - An input of a fuzz target as a file --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TEST_FUZZ_INPUTFILE_H
#define SLUICE_TEST_FUZZ_INPUTFILE_H

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace sluice::fuzz {

/// The path of a file of that name that holds the bytes, in a folder of the process's own.
inline std::string inputFile(const char *name, const uint8_t *data, size_t size) {
  struct Folder {
    std::filesystem::path path;
    Folder() {
      std::string pattern = (std::filesystem::temp_directory_path() / "sluice-fuzz-XXXXXX").string();
      if (!mkdtemp(pattern.data()))
        std::abort();
      path = pattern;
    }
    ~Folder() { std::filesystem::remove_all(path); }
  };
  static const Folder folder;
  std::string path = (folder.path / name).string();
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char *>(data), static_cast<std::streamsize>(size));
  return path;
}

} // namespace sluice::fuzz

#endif // SLUICE_TEST_FUZZ_INPUTFILE_H
