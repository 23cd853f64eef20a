//===- InputFiles.h - The tensors that a run is given -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_INPUTFILES_H
#define SLUICE_SUPPORT_INPUTFILES_H

#include "sluice/Support/Files.h"
#include "sluice/Support/HostTensor.h"

#include <map>
#include <string>
#include <vector>

namespace sluice {

struct InputFiles {
  /// By name of the input. One that is not declared is here with no data, for those who check names.
  std::map<std::string, HostTensor> tensors;
  /// Every file that was read.
  std::vector<FileRole> files;
};

/// Reads the files of NAME=FILE options (`--input`). Names and files may hold '=': NAME is the longest of
/// `declared` that an option begins with, or, where none does, what stands before the first '='.
/// InvalidArgument names, one a line, all options that are not NAME=FILE, files that cannot be read, and
/// names that are given twice.
absl::StatusOr<InputFiles> readInputs(const std::vector<std::string> &options,
                                      const std::vector<std::string> &declared);

/// What is said of an input that the program does not have.
std::string unknownInput(const std::vector<std::string> &declared);

} // namespace sluice

#endif // SLUICE_SUPPORT_INPUTFILES_H
