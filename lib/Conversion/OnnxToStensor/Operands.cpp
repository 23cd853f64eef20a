//===- Operands.cpp - Which operands an operator takes --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operands.h"

#include "llvm/ADT/StringExtras.h"
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

/// A shape such as "N,C,..", or '~'.
bool OperandList::parseShape(llvm::StringRef text, Operand &operand) {
  if (text == "~") {
    operand.broadcasts = true;
    return true;
  }
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, ',');
  for (auto [index, part] : llvm::enumerate(parts)) {
    if (part == ".." && index == 0)
      operand.anyBefore = true;
    else if (part == ".." && index + 1 == parts.size())
      operand.anyBehind = true;
    else if (!part.empty() && llvm::all_of(part, [](char c) { return llvm::isAlnum(c) || c == '_'; }))
      operand.sizes.push_back(part.str());
    else
      return false;
  }
  operand.leastRank = operand.sizes.size();
  if (!operand.anyBefore && !operand.anyBehind)
    operand.mostRank = operand.leastRank;
  return !operand.sizes.empty() && !(operand.anyBefore && operand.anyBehind);
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
  bool fits = ranks.empty() ||
              (ranks.consume_back("]") &&
               (parseRanks(ranks, operand.leastRank, operand.mostRank) || parseShape(ranks, operand)));
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
      return place(index) + " is missing";
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
    return "has rank " + std::to_string(tensor.rank()) + ", need " + need + ": its shape is " +
           shapeText(tensor.shape);
  }
  if (operand.isOne && tensor.count() != 1)
    return "has " + std::to_string(tensor.count()) + " elements, need one: its shape is " +
           shapeText(tensor.shape);
  return {};
}

/// Whether the shape, of a rank that fits, has the sizes that are known; those that names stand for are then.
bool OperandList::agree(const Operand &operand, llvm::ArrayRef<int64_t> shape, Sizes &known) {
  llvm::ArrayRef<int64_t> listed =
      operand.anyBefore ? shape.take_back(operand.sizes.size()) : shape.take_front(operand.sizes.size());
  for (auto [name, size] : llvm::zip_equal(operand.sizes, listed)) {
    int64_t number = 0;
    if (name == "_")
      continue;
    if (llvm::StringRef(name).getAsInteger(10, number))
      number = known.try_emplace(name, size).first->second;
    if (size != number)
      return false;
  }
  return true;
}

/// "4xCx?": the shape as far as it is known, else the names.
std::string OperandList::expected(const Operand &operand, const Sizes &known) {
  llvm::SmallVector<std::string> parts;
  if (operand.anyBefore)
    parts.push_back("...");
  for (const std::string &name : operand.sizes) {
    auto found = known.find(name);
    parts.push_back(found != known.end() ? std::to_string(found->second) : name == "_" ? "?" : name);
  }
  if (operand.anyBehind)
    parts.push_back("...");
  return llvm::join(parts, "x");
}

std::string OperandList::whyNotBroadcast(llvm::ArrayRef<Tensor> operands) const {
  Tensor together;
  llvm::SmallVector<std::string> shapes;
  for (auto [index, tensor] : llvm::enumerate(operands)) {
    if (!isListed(operands, index) || !at(index).broadcasts)
      continue;
    shapes.push_back(shapeText(tensor.shape));
    std::optional<Shape> common = Emitter::broadcastShape({together, tensor});
    if (!common)
      return place(index) + " has shape " + shapes.back() + ": the shapes " + llvm::join(shapes, ", ") +
             " do not broadcast";
    together.shape = *common;
  }
  return {};
}

std::string OperandList::place(size_t index) const {
  bool isNamed = index < all.size() || isVariadic;
  return "input " + std::to_string(index) + (isNamed ? " (" + at(index).name + ")" : std::string());
}

/// Operands whose shapes one message lists.
static constexpr size_t mostListed = 8;

std::string OperandList::shapes(llvm::ArrayRef<Tensor> operands) const {
  llvm::SmallVector<std::string> parts;
  for (auto [index, tensor] : llvm::enumerate(operands)) {
    if (!tensor)
      continue;
    if (parts.size() == mostListed)
      return llvm::join(parts, ", ") + ", ...";
    parts.push_back(place(index) + " has shape " + shapeText(tensor.shape));
  }
  return llvm::join(parts, ", ");
}

std::string OperandList::misfit(llvm::ArrayRef<Tensor> operands) const {
  for (auto [index, tensor] : llvm::enumerate(operands)) {
    bool isAbsent = !tensor && !tensor.sequence && !tensor.isEmptyOptional;
    if (isAbsent || (index >= all.size() && !isVariadic))
      continue;
    if (std::string reason = misfit(at(index), tensor); !reason.empty())
      return place(index) + " " + reason;
  }
  Sizes known;
  for (auto [index, tensor] : llvm::enumerate(operands))
    if (isListed(operands, index) && !agree(at(index), tensor.shape, known))
      return place(index) + " has shape " + shapeText(tensor.shape) + ", need " + expected(at(index), known);
  return whyNotBroadcast(operands);
}

} // namespace sluice::conversion
