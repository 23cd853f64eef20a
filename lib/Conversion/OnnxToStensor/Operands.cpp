//===- Operands.cpp - Which operands an operator takes --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operands.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/ErrorHandling.h"

using namespace mlir;

namespace sluice::conversion {

/// Ranks "2", "2..3" or "2..".
static bool parseRanks(llvm::StringRef text, int64_t &least, int64_t &most) {
  auto [low, high] = text.split("..");
  if (low.getAsInteger(10, least))
    return false;
  if (!text.contains(".."))
    most = least;
  return high.empty() || !high.getAsInteger(10, most);
}

OperandList::Operand OperandList::parse(llvm::StringRef text, llvm::StringRef &mark) {
  llvm::StringRef rest = text;
  Operand operand;
  operand.name = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; }).str();
  rest = rest.drop_front(operand.name.size());
  mark = rest.take_while([](char c) { return llvm::StringRef("?*+").contains(c); });
  rest = rest.drop_front(mark.size());
  operand.isOptional = mark.ends_with("?");
  operand.isOne = rest.consume_back("!");
  auto [type, ranks] = rest.split('[');
  auto kind = llvm::StringSwitch<std::optional<Kind>>(type)
                  .Case("", Kind::Tensor)
                  .Case(":real", Kind::Real)
                  .Case(":integer", Kind::Integer)
                  .Case(":bool", Kind::Bool)
                  .Case(":number", Kind::Number)
                  .Case(":any", Kind::Any)
                  .Default(std::nullopt);
  bool fits =
      ranks.empty() || (ranks.consume_back("]") && parseRanks(ranks, operand.leastRank, operand.mostRank));
  if (operand.name.empty() || !kind || !fits)
    llvm::report_fatal_error("malformed operand '" + text + "' in the table of operators");
  operand.kind = *kind;
  return operand;
}

OperandList::OperandList(llvm::StringRef text) : text(text) {
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, ' ', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    llvm::StringRef mark;
    all.push_back(parse(part, mark));
    if (isVariadic)
      llvm::report_fatal_error("an operand stands behind a list of them in '" + text + "'");
    isVariadic = mark.contains('*') || mark.contains('+');
    if (!all.back().isOptional && !mark.starts_with("*"))
      least = all.size();
  }
}

/// "input 1 (W) ".
static std::string place(size_t index, llvm::StringRef name) {
  return ("input " + llvm::Twine(index) + " (" + name + ") ").str();
}

std::string OperandList::misfit(size_t count, llvm::function_ref<bool(size_t)> isAbsent) const {
  size_t most = all.size();
  if (!isVariadic)
    for (size_t index = most; index < count; ++index)
      if (!isAbsent(index))
        return "it has " + std::to_string(count) + " inputs, at most " + std::to_string(most) +
               " have a meaning";
  for (size_t index = 0; index < std::max(count, least); ++index)
    if ((index < most || isVariadic) && (index >= count || isAbsent(index)) && !at(index).isOptional &&
        (index < count || index < least))
      return place(index, at(index).name) + "is missing";
  return {};
}

bool OperandList::isOf(Kind kind, const Tensor &tensor) {
  bool isInteger = llvm::isa<IntegerType>(tensor.element) && !tensor.isBool();
  switch (kind) {
  case Kind::Real:
    return tensor.isReal();
  case Kind::Integer:
    return isInteger;
  case Kind::Bool:
    return tensor.isBool();
  case Kind::Number:
    return tensor.isReal() || isInteger;
  case Kind::Tensor:
  case Kind::Any:
    return true;
  }
  return true;
}

std::string OperandList::misfit(const Operand &operand, const Tensor &tensor) {
  static constexpr llvm::StringLiteral kinds[] = {"a tensor", "real", "integer", "bool", "a number", "any"};
  if (!tensor) {
    if (operand.kind == Kind::Any)
      return {};
    return tensor.sequence ? "is a sequence" : "is an optional that holds nothing";
  }
  if (!isOf(operand.kind, tensor))
    return "is of type " + elementName(tensor.element) + ", not " +
           kinds[static_cast<size_t>(operand.kind)].str();
  if (tensor.rank() < operand.leastRank || tensor.rank() > operand.mostRank) {
    std::string need = std::to_string(operand.leastRank);
    if (operand.mostRank == INT64_MAX)
      need += " or more";
    else if (operand.mostRank != operand.leastRank)
      need += " to " + std::to_string(operand.mostRank);
    return "has rank " + std::to_string(tensor.rank()) + ", need " + need;
  }
  if (operand.isOne && tensor.count() != 1)
    return "has " + std::to_string(tensor.count()) + " elements, need one";
  return {};
}

std::string OperandList::misfit(llvm::ArrayRef<Tensor> operands) const {
  for (auto [index, tensor] : llvm::enumerate(operands)) {
    bool isAbsent = !tensor && !tensor.sequence && !tensor.isEmptyOptional;
    if (isAbsent || (index >= all.size() && !isVariadic))
      continue;
    if (std::string reason = misfit(at(index), tensor); !reason.empty())
      return place(index, at(index).name) + reason;
  }
  return {};
}

} // namespace sluice::conversion
