//===- Escape.cpp - Text from files, fit to be printed --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/Escape.h"

#include "absl/strings/str_format.h"

#include <algorithm>
#include <cstdint>
#include <optional>

using namespace sluice;

namespace {

/// One character of a text: its bytes, and its code point unless they are no UTF-8 (then it is one byte).
struct Character {
  std::string_view bytes;
  std::optional<uint32_t> code;
};

/// Code points from `first` to `last`.
struct Range {
  uint32_t first, last;
};

} // namespace

/// Unicode's control, format and separator characters: none shows, some move what is around them.
static constexpr Range kInvisible[] = {
    {0x00, 0x1f},      {0x7f, 0x9f},     {0xad, 0xad},     {0x600, 0x605},   {0x61c, 0x61c},
    {0x6dd, 0x6dd},    {0x70f, 0x70f},   {0x890, 0x891},   {0x8e2, 0x8e2},   {0x115f, 0x1160},
    {0x180b, 0x180f},  {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
    {0xfe00, 0xfe0f},  {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff}};

static bool isInvisible(uint32_t code) {
  return std::any_of(std::begin(kInvisible), std::end(kInvisible),
                     [&](const Range &range) { return range.first <= code && code <= range.last; });
}

/// Takes the first character off `text`, which is not empty.
static Character takeCharacter(std::string_view &text) {
  const auto byte = [&](size_t index) { return static_cast<uint8_t>(text[index]); };
  const uint8_t lead = byte(0);
  const size_t length = lead < 0x80   ? 1
                        : lead < 0xc0 ? 0
                        : lead < 0xe0 ? 2
                        : lead < 0xf0 ? 3
                        : lead < 0xf8 ? 4
                                      : 0;
  uint32_t code = length == 1 ? lead : lead & (0x7f >> length);
  bool valid = length != 0 && length <= text.size();
  for (size_t index = 1; valid && index != length; ++index) {
    valid = (byte(index) & 0xc0) == 0x80;
    code = code << 6 | (byte(index) & 0x3f);
  }
  // Longer than need be, half of a surrogate pair, or beyond the last code point.
  constexpr uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  valid = valid && code >= smallest[length] && (code < 0xd800 || code > 0xdfff) && code <= 0x10ffff;
  Character character{text.substr(0, valid ? length : 1), {}};
  if (valid)
    character.code = code;
  text.remove_prefix(character.bytes.size());
  return character;
}

static std::string escapeCharacter(const Character &character) {
  if (!character.code)
    return absl::StrFormat("\\x%02x", static_cast<uint8_t>(character.bytes[0]));
  switch (*character.code) {
  case '\n':
    return "\\n";
  case '\t':
    return "\\t";
  case '\r':
    return "\\r";
  default:
    break;
  }
  if (*character.code < 0x80)
    return absl::StrFormat("\\x%02x", *character.code);
  return *character.code < 0x10000 ? absl::StrFormat("\\u%04x", *character.code)
                                   : absl::StrFormat("\\U%08x", *character.code);
}

static std::string escape(std::string_view text, bool keepsLineEnds) {
  std::string escaped;
  while (!text.empty()) {
    const Character character = takeCharacter(text);
    if ((keepsLineEnds && character.code == '\n') || (character.code && !isInvisible(*character.code)))
      escaped.append(character.bytes);
    else
      escaped += escapeCharacter(character);
  }
  return escaped;
}

std::string sluice::escapeLine(std::string_view text) { return escape(text, /*keepsLineEnds=*/false); }
std::string sluice::escapeLines(std::string_view text) { return escape(text, /*keepsLineEnds=*/true); }

std::string sluice::jsonString(std::string_view text) {
  std::string json = "\"";
  while (!text.empty()) {
    const uint32_t code = takeCharacter(text).code.value_or(0xfffd);
    if (code == '"' || code == '\\')
      json += {'\\', static_cast<char>(code)};
    else if (code >= 0x20 && code < 0x7f)
      json += static_cast<char>(code);
    else if (code < 0x10000)
      json += absl::StrFormat("\\u%04x", code);
    else
      json += absl::StrFormat("\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
  }
  return json + "\"";
}
