//===- Shell.h - Text to paste into a shell ---------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_SHELL_H
#define SLUICE_SUPPORT_SHELL_H

#include <string>
#include <string_view>

namespace sluice {

/// `text` as one word of a shell's command line, in quotes only where it needs them (as Python's
/// shlex.quote).
inline std::string shellWord(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos)
    return std::string(text);
  std::string word = "'";
  for (char c : text)
    word += c == '\'' ? std::string("'\"'\"'") : std::string(1, c);
  return word + "'";
}

/// "--name=value" with the value as one word: what messages offer users to copy.
inline std::string shellOption(std::string_view name, std::string_view value) {
  return "--" + std::string(name) + "=" + shellWord(value);
}

} // namespace sluice

#endif // SLUICE_SUPPORT_SHELL_H
