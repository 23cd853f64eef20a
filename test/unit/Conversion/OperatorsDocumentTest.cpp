//===- OperatorsDocumentTest.cpp - docs/operators.md lists the table ------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The list of operators in docs/operators.md is the table of the conversion. Run with
// SLUICE_UPDATE_DOCS=1 to write it anew.
//
//===----------------------------------------------------------------------===//

#include "sluice/Conversion/OnnxToStensor.h"
#include "sluice/Conversion/OptionalOperators.h"
#include "sluice/Support/Files.h"

#include "gtest/gtest.h"

#include <cstdlib>

using namespace sluice;

namespace {

/// One row an operator and list of operands, with the versions from which on a conversion of it holds.
std::string operatorTable() {
  std::string text = "| operator | since version | operands |\n| --- | --- | --- |\n";
  std::string name, versions, operands;
  auto finishRow = [&] {
    if (!name.empty())
      text += "| " + name + " | " + versions + " | " + operands + " |\n";
  };
  registerOptionalOperators();
  for (const SupportedOperator &row : supportedOperators()) {
    std::string rowName = row.opType.str(),
                rowOperands = row.operands.empty() ? "" : "`" + row.operands.str() + "`";
    if (row.domain != "ai.onnx")
      rowName = row.domain.str() + "." + rowName;
    if (rowName == name && rowOperands == operands) {
      versions += ", " + std::to_string(row.sinceVersion);
      continue;
    }
    finishRow();
    name = rowName;
    versions = std::to_string(row.sinceVersion);
    operands = rowOperands;
  }
  finishRow();
  return text;
}

TEST(OperatorsDocument, ListsTheTable) {
  const std::string begin = "<!-- begin operators -->\n", end = "<!-- end operators -->";
  absl::StatusOr<std::string> page = readFile(SLUICE_OPERATORS_DOCUMENT);
  ASSERT_TRUE(page.ok()) << page.status();
  size_t first = page->find(begin), last = page->find(end);
  ASSERT_TRUE(first != std::string::npos && last != std::string::npos && first < last);
  first += begin.size();
  if (std::getenv("SLUICE_UPDATE_DOCS")) {
    page->replace(first, last - first, operatorTable());
    ASSERT_TRUE(writeFile(SLUICE_OPERATORS_DOCUMENT, *page).ok());
    return;
  }
  EXPECT_EQ(page->substr(first, last - first), operatorTable());
}

} // namespace
