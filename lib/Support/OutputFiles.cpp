//===- OutputFiles.cpp - Where a run's results are written ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/OutputFiles.h"

#include "sluice/Support/Strings.h"

#include <filesystem>
#include <set>

using namespace sluice;

std::string sluice::outputFileName(std::string_view name) {
  std::string stem(name.empty() ? "_" : name);
  for (char &c : stem) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
    if (!plain)
      c = '_';
  }
  if (stem[0] == '.')
    stem[0] = '_';
  return stem;
}

absl::Status sluice::writeOutputs(const std::map<std::string, HostTensor> &tensors,
                                  const std::string &directory, std::string_view format) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    return invalidArgument("cannot make the directory ", directory, ": ", error.message());
  std::set<std::string> taken;
  for (const auto &[name, tensor] : tensors) {
    const std::string stem = outputFileName(name);
    std::string unique = stem;
    for (unsigned number = 2; !taken.insert(unique).second; ++number)
      unique = concat(stem, "_", number);
    const std::string path = (std::filesystem::path(directory) / concat(unique, ".", format)).string();
    if (absl::Status status = writeTensor(tensor, name, path); !status.ok())
      return status;
  }
  return absl::OkStatus();
}
