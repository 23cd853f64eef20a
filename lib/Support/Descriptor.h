//===- Descriptor.h - A file descriptor that closes itself ------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_SUPPORT_DESCRIPTOR_H
#define SLUICE_LIB_SUPPORT_DESCRIPTOR_H

#include "absl/status/status.h"

#include <string>
#include <string_view>

#include <unistd.h>

namespace sluice {

/// A file descriptor that closes itself.
class Descriptor {
public:
  explicit Descriptor(int number) : number(number) {}
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  ~Descriptor() {
    if (number >= 0)
      ::close(number);
  }
  int get() const { return number; }
  /// Closes early, to learn of errors that were put off.
  bool close() {
    int closing = number;
    number = -1;
    return ::close(closing) == 0;
  }

private:
  int number;
};

/// "cannot ACTION PATH: " and the system's word for `error`.
absl::Status systemError(std::string_view action, const std::string &path, int error);

} // namespace sluice

#endif // SLUICE_LIB_SUPPORT_DESCRIPTOR_H
