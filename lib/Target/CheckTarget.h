//===- CheckTarget.h - Whether a description is of a machine ----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_TARGET_CHECKTARGET_H
#define SLUICE_LIB_TARGET_CHECKTARGET_H

#include <string>
#include <vector>

namespace sluice::target {

namespace description {
class Target;
}

/// All that is wrong with a description, each with the field, its value and the limit: fields that are
/// missing, not positive or more than instructions can name, and fields that contradict each other. What
/// depends on a field that is wrong by itself is not looked at.
std::vector<std::string> findProblems(const description::Target &target);

} // namespace sluice::target

#endif // SLUICE_LIB_TARGET_CHECKTARGET_H
