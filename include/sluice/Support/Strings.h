//===- Strings.h - Text for messages ----------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_STRINGS_H
#define SLUICE_SUPPORT_STRINGS_H

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include <string>
#include <string_view>
#include <type_traits>

namespace sluice {

namespace detail {
/// abseil may be built with a string_view of its own; this passes ours on.
inline absl::string_view printable(std::string_view text) { return {text.data(), text.size()}; }
template <typename T>
  requires(!std::is_convertible_v<const T &, std::string_view>)
const T &printable(const T &value) {
  return value;
}
} // namespace detail

/// The parts, strings and numbers, one after another.
template <typename... Parts>
std::string concat(const Parts &...parts) {
  return absl::StrCat(detail::printable(parts)...);
}

/// Errors whose message is the parts, one after another.
template <typename... Parts>
absl::Status invalidArgument(const Parts &...parts) {
  return absl::InvalidArgumentError(concat(parts...));
}
template <typename... Parts>
absl::Status dataLoss(const Parts &...parts) {
  return absl::DataLossError(concat(parts...));
}

/// `status` with "context: " before its message.
inline absl::Status withContext(const absl::Status &status, std::string_view context) {
  return absl::Status(status.code(), concat(context, ": ", std::string(status.message())));
}

} // namespace sluice

#endif // SLUICE_SUPPORT_STRINGS_H
