//===- InputFiles.cpp - The tensors that a run is given -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/InputFiles.h"

#include "sluice/Support/Escape.h"
#include "sluice/Support/Strings.h"

#include <algorithm>
#include <optional>

using namespace sluice;

/// The declared name that `option` begins with, the longest if several do.
static std::optional<std::string> declaredName(const std::string &option,
                                               const std::vector<std::string> &declared) {
  std::optional<std::string> found;
  for (const std::string &name : declared)
    if (option.starts_with(name + "=") && (!found || name.size() > found->size()))
      found = name;
  return found;
}

absl::StatusOr<InputFiles> sluice::readInputs(const std::vector<std::string> &options,
                                              const std::vector<std::string> &declared) {
  InputFiles inputs;
  std::string faults;
  auto add = [&](const std::string &fault) { faults += concat(faults.empty() ? "" : "\n", fault); };
  for (const std::string &option : options) {
    const std::optional<std::string> known = declaredName(option, declared);
    const std::string name = known.value_or(option.substr(0, option.find('=')));
    if (name.size() + 1 >= option.size() || name.empty()) {
      add(concat("--input=", escapeLine(option), " is not NAME=FILE"));
      continue;
    }
    HostTensor tensor;
    if (known) {
      const std::string path = option.substr(name.size() + 1);
      absl::StatusOr<HostTensor> read = readTensor(path);
      if (!read.ok()) {
        add(concat("input '", escapeLine(name), "': ", std::string(read.status().message())));
        continue;
      }
      tensor = *std::move(read);
      inputs.files.push_back({concat("input '", escapeLine(name), "'"), path});
    }
    if (!inputs.tensors.emplace(name, std::move(tensor)).second)
      add(concat("input '", escapeLine(name), "' is given twice"));
  }
  if (!faults.empty())
    return absl::InvalidArgumentError(faults);
  return inputs;
}

std::string sluice::unknownInput(const std::vector<std::string> &declared) {
  constexpr size_t kMostNames = 16;
  std::string text = "the program has no such input; ";
  if (declared.empty())
    return text + "it has none";
  text += declared.size() == 1 ? "it has " : "it has these: ";
  for (size_t index = 0; index != std::min(declared.size(), kMostNames); ++index)
    text += concat(index == 0 ? "'" : ", '", escapeLine(declared[index]), "'");
  return declared.size() > kMostNames ? text + ", ..." : text;
}
