//===- StatsTable.cpp - The statistics of a binary as a table -------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StatsTable.h"

#include "sluice/Support/Escape.h"

#include "llvm/Support/Format.h"

#include <algorithm>
#include <string>

using namespace llvm;

namespace sluice {
namespace {

constexpr int nameWidth = 28, valueWidth = 16;

/// "mxm_utilisation" as people write it.
std::string title(StringRef key) {
  std::string text = key.str();
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

void printRow(const Twine &name, const json::Value &value, unsigned depth, raw_ostream &os);

void printNested(const json::Value &value, unsigned depth, raw_ostream &os) {
  if (const json::Object *object = value.getAsObject()) {
    for (const json::Object::value_type *entry : sortedElements(*object))
      printRow(title(entry->first), entry->second, depth, os);
    return;
  }
  size_t index = 0;
  for (const json::Value &element : *value.getAsArray())
    printRow(Twine(index++), element, depth, os);
}

void printRow(const Twine &name, const json::Value &value, unsigned depth, raw_ostream &os) {
  std::string label = std::string(depth * 2, ' ') + escapeLine(name.str());
  if (value.getAsObject() || value.getAsArray()) {
    os << label << "\n";
    printNested(value, depth + 1, os);
    return;
  }
  os << left_justify(label, nameWidth);
  if (std::optional<int64_t> integer = value.getAsInteger())
    os << right_justify(std::to_string(*integer), valueWidth);
  else if (std::optional<double> number = value.getAsNumber())
    os << format("%*.3f", valueWidth, *number);
  else if (std::optional<StringRef> text = value.getAsString())
    os << right_justify(escapeLine(*text), valueWidth);
  os << "\n";
}

} // namespace

void printStatsTable(const json::Object &stats, raw_ostream &os) { printNested(json::Object(stats), 0, os); }

} // namespace sluice
