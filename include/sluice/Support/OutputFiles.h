//===- OutputFiles.h - Where a run's results are written --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_OUTPUTFILES_H
#define SLUICE_SUPPORT_OUTPUTFILES_H

#include "sluice/Support/Files.h"
#include "sluice/Support/HostTensor.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

/// Tensors with their names, in the graph's order.
using NamedTensors = std::vector<std::pair<std::string, HostTensor>>;

/// The index of a directory of outputs.
inline constexpr std::string_view kOutputIndex = "outputs.json";

/// File names, without their ending, for the tensors of `names`; no two are equal, not even where case does
/// not count. A name of letters, digits, '.', '-' and '_' that any file system takes is its own file name,
/// unless an earlier one differs in case only. Of all others everything else, and a leading '.' or '-',
/// becomes '_', names of devices ("con", "nul", ...) get a '_' in front, long ones are cut, and what is then
/// taken gets "_2",
/// "_3", ... behind it. The result depends on `names` and their order only.
std::vector<std::string> outputFileNames(const std::vector<std::string> &names);

/// Writes each tensor to DIRECTORY/<its outputFileName>.FORMAT, where `format` is "npy" or "pb", and
/// DIRECTORY/outputs.json, which says in which file each is: {"outputs": [{"name", "file", "type",
/// "shape"}]}, in the order of `tensors`. Makes the directory if it is not there. All files are written, or
/// none. Refused where a file would be one of `inputs`.
absl::Status writeOutputs(const NamedTensors &tensors, const std::string &directory, std::string_view format,
                          const std::vector<FileRole> &inputs = {});

} // namespace sluice

#endif // SLUICE_SUPPORT_OUTPUTFILES_H
