//===- TextMutator.cpp - IR becomes other IR ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Most changes of single bytes end in the lexer. These change what parses: numbers, and which word stands
// where.
//
//===----------------------------------------------------------------------===//

#include "Random.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <string_view>
#include <vector>

using namespace sluice::fuzz;

/// The words and numbers of a text.
static std::vector<std::string_view> wordsOf(std::string_view text) {
  auto isWord = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::strchr("_.%#!@-", c);
  };
  std::vector<std::string_view> words;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin;
    while (end < text.size() && text[end] && isWord(text[end]))
      ++end;
    if (end > begin)
      words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

static std::vector<std::string_view> linesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

/// The text with `part`, which lies in it, exchanged.
static std::string replace(std::string_view text, std::string_view part, std::string_view by) {
  std::string result(text.substr(0, static_cast<size_t>(part.data() - text.data())));
  result += by;
  return result += text.substr(result.size() - by.size() + part.size());
}

static std::string mutateText(std::string_view text, Random &random) {
  const std::vector<std::string_view> words = wordsOf(text), lines = linesOf(text);
  if (words.empty())
    return std::string(text);
  const std::string_view word = random.anyOf(words), line = random.anyOf(lines);
  switch (random.below(8)) {
  case 0:
    return replace(text, line, "");
  case 1:
    return replace(text, line, std::string(line) + std::string(random.anyOf(lines)));
  case 2:
    return replace(text, word, random.anyOf(words));
  default:
    break;
  }
  // Numbers, those of shapes ("4x8xf32") included.
  std::vector<std::string_view> numbers;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])))
      ++end;
    if (end > begin)
      numbers.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (numbers.empty())
    return std::string(text);
  const std::string_view number = random.anyOf(numbers);
  if (random.oneIn(3))
    return replace(text, number, random.anyOf(numbers));
  const int64_t old = number.size() < 18 ? std::stoll(std::string(number)) : 0;
  return replace(text, number, std::to_string(random.number(old)));
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  Random random(seed);
  if (random.oneIn(16))
    return LLVMFuzzerMutate(data, size, maxSize);
  std::string text(reinterpret_cast<const char *>(data), size);
  for (size_t changes = 1 + random.below(3); changes != 0; --changes)
    text = mutateText(text, random);
  if (text.size() > maxSize)
    return LLVMFuzzerMutate(data, size, maxSize);
  std::memcpy(data, text.data(), text.size());
  return text.size();
}
