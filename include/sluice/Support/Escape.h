//===- Escape.h - Text from files, fit to be printed ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Names come from models and binaries and may hold any bytes: line ends that forge a line of output, escape
// sequences of terminals, marks that turn the direction of writing. Whatever prints a name escapes it, and
// whatever prints a whole message escapes the message once more, which changes nothing that is escaped.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_ESCAPE_H
#define SLUICE_SUPPORT_ESCAPE_H

#include <string>
#include <string_view>

namespace sluice {

/// `text` as visible characters on one line. Control characters become "\n", "\t", "\r" or "\x1b", invisible
/// characters and those that turn or break lines "\u202e", bytes that are no UTF-8 "\xff". All else stays,
/// backslashes too, so that escaping twice is escaping once.
std::string escapeLine(std::string_view text);

/// The same for a message of several lines: line ends stay.
std::string escapeLines(std::string_view text);

/// `text` as a string of JSON, quotes included, all in ASCII; what is no UTF-8 becomes U+FFFD.
std::string jsonString(std::string_view text);

} // namespace sluice

#endif // SLUICE_SUPPORT_ESCAPE_H
