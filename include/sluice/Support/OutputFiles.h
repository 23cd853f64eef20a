//===- OutputFiles.h - Where a run's results are written --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_OUTPUTFILES_H
#define SLUICE_SUPPORT_OUTPUTFILES_H

#include "sluice/Support/HostTensor.h"

#include <map>
#include <string>
#include <string_view>

namespace sluice {

/// File name, without its ending, for the tensor `name`: letters, digits, '.', '-' and '_'
/// stay, everything else and a leading '.' become '_'.
std::string outputFileName(std::string_view name);

/// Writes each tensor to DIRECTORY/<outputFileName>.FORMAT, where `format` is "npy"
/// or "pb"; makes the directory if it is not there. A name that an earlier tensor
/// (in order of names) has taken gets "_2", "_3", ... behind it.
absl::Status writeOutputs(const std::map<std::string, HostTensor> &tensors, const std::string &directory,
                          std::string_view format);

} // namespace sluice

#endif // SLUICE_SUPPORT_OUTPUTFILES_H
