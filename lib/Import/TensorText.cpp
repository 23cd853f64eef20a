//===- TensorText.cpp - Tensors written as numbers ------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorText.h"

#include "dialects/ElementTypes.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/APInt.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sluice::import {
namespace {

//===----------------------------------------------------------------------===//
// Form
//===----------------------------------------------------------------------===//

/// Lists within lists, of which each level has one length.
class ListParser {
public:
  explicit ListParser(StringRef text) : rest(text.trim()) {}

  llvm::Expected<TensorText> parse();

private:
  char peek() {
    rest = rest.ltrim();
    return rest.empty() ? '\0' : rest.front();
  }
  llvm::Error takeWord();
  llvm::Error open();
  llvm::Error close();

  StringRef rest;
  TensorText result;
  /// Whether there are brackets at all.
  bool isList = false;
  /// Items of the open lists so far, and of the closed ones at each level; -1 while none is closed.
  SmallVector<int64_t> items, lengths;
  /// The level at which numbers stand.
  std::optional<size_t> leaf;
};

llvm::Error ListParser::takeWord() {
  StringRef word = rest.take_until([](char c) { return StringRef(",[]").contains(c); });
  rest = rest.drop_front(word.size());
  word = word.trim();
  if (word.empty())
    return llvm::createStringError("a number is missing");
  if (leaf.value_or(items.size()) != items.size())
    return llvm::createStringError("numbers and lists stand side by side");
  leaf = items.size();
  result.numbers.push_back(word);
  return llvm::Error::success();
}

llvm::Error ListParser::open() {
  rest = rest.drop_front();
  if (leaf && items.size() >= *leaf)
    return llvm::createStringError("numbers and lists stand side by side");
  items.push_back(0);
  if (lengths.size() < items.size())
    lengths.push_back(-1);
  return llvm::Error::success();
}

llvm::Error ListParser::close() {
  rest = rest.drop_front();
  if (items.size() == (isList ? 0 : 1))
    return llvm::createStringError("a ']' closes nothing");
  int64_t &length = lengths[items.size() - 1];
  if (length >= 0 && length != items.back())
    return llvm::createStringError("lists side by side have " + llvm::Twine(length) + " and " +
                                   llvm::Twine(items.back()) + " items");
  length = items.back();
  items.pop_back();
  return llvm::Error::success();
}

llvm::Expected<TensorText> ListParser::parse() {
  isList = peek() == '[';
  if (!isList)
    items.push_back(0); // as if in brackets
  bool wantsItem = true;
  do {
    const char next = peek();
    if (next == ',' && !wantsItem) {
      rest = rest.drop_front();
      wantsItem = true;
      continue;
    }
    // Only an empty list closes where an item could stand.
    const bool closes = next == ']' && (!wantsItem || (!items.empty() && items.back() == 0));
    if (!closes && !wantsItem)
      return llvm::createStringError("a comma is missing");
    if (!closes && !items.empty())
      ++items.back();
    if (llvm::Error error = closes ? close() : next == '[' ? open() : takeWord())
      return std::move(error);
    wantsItem = next == '[';
  } while (!(rest = rest.ltrim()).empty() && (!isList || !items.empty()));
  if (!rest.empty() || wantsItem || items.size() != (isList ? 0 : 1))
    return llvm::createStringError(wantsItem      ? "a number is missing"
                                   : rest.empty() ? "a ']' is missing"
                                                  : "something follows the list");
  if (!isList)
    return std::move(result);
  result.shape.emplace(lengths.begin(), lengths.end());
  // An empty list beside a number.
  if (leaf && *leaf != lengths.size())
    return llvm::createStringError("numbers and lists stand side by side");
  return std::move(result);
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

llvm::Error noNumber(StringRef word, Type element) {
  return llvm::createStringError("'" + word + "' is no " +
                                 StringRef(elementName(toElementType(element).value())));
}

llvm::Error beyond(StringRef word, Type element) {
  return llvm::createStringError(word + " is beyond " +
                                 StringRef(elementName(toElementType(element).value())));
}

llvm::Expected<llvm::APInt> parseTruth(StringRef word, Type element) {
  if (word.equals_insensitive("true") || word == "1")
    return llvm::APInt(8, 1);
  if (word.equals_insensitive("false") || word == "0")
    return llvm::APInt(8, 0);
  return noNumber(word, element);
}

/// A byte or more, as memory has it: sign or zero extended.
llvm::Expected<llvm::APInt> parseInteger(StringRef word, IntegerType element) {
  StringRef digits = word;
  const bool isNegative = digits.consume_front("-");
  if (!isNegative)
    digits.consume_front("+");
  if (digits.empty() || !llvm::all_of(digits, llvm::isDigit))
    return noNumber(word, element);
  constexpr size_t mostDigits = 20; // of 64 bits
  digits = digits.drop_while([](char c) { return c == '0'; });
  if (digits.size() > mostDigits)
    return beyond(word, element);
  llvm::APInt value(128, digits.empty() ? "0" : digits, 10);
  if (isNegative)
    value.negate();
  const unsigned width = element.getWidth();
  const bool fits =
      element.isUnsigned() ? !value.isNegative() && value.isIntN(width) : value.isSignedIntN(width);
  if (!fits)
    return beyond(word, element);
  return value.trunc(std::max(width, 8u));
}

llvm::Expected<llvm::APInt> parseReal(StringRef word, FloatType element) {
  const llvm::fltSemantics &semantics = element.getFloatSemantics();
  StringRef name = word;
  const bool isNegative = name.consume_front("-");
  const bool isInfinity = name.equals_insensitive("inf") || name.equals_insensitive("infinity");
  const bool isNaN = name.equals_insensitive("nan");
  llvm::APFloat value(semantics);
  if (isInfinity || isNaN) {
    if (isInfinity ? !llvm::APFloat::semanticsHasInf(semantics) : !llvm::APFloat::semanticsHasNaN(semantics))
      return noNumber(word, element);
    value = isInfinity ? llvm::APFloat::getInf(semantics, isNegative)
                       : llvm::APFloat::getNaN(semantics, isNegative);
  } else {
    auto status = value.convertFromString(word, llvm::APFloat::rmNearestTiesToEven);
    if (!status) {
      llvm::consumeError(status.takeError());
      return noNumber(word, element);
    }
    if (*status & (llvm::APFloat::opOverflow | llvm::APFloat::opInvalidOp))
      return beyond(word, element);
  }
  llvm::APInt bits = value.bitcastToAPInt();
  return bits.zext(llvm::alignTo(bits.getBitWidth(), 8));
}

llvm::Expected<llvm::APInt> parseNumber(StringRef word, Type element) {
  if (element.isInteger(1) && element.isSignlessInteger())
    return parseTruth(word, element);
  if (auto integer = dyn_cast<IntegerType>(element))
    return parseInteger(word, integer);
  return parseReal(word, cast<FloatType>(element));
}

} // namespace

llvm::Expected<TensorText> parseTensorText(StringRef text) { return ListParser(text).parse(); }

llvm::Expected<HostTensor> makeTensor(const TensorText &text, std::vector<int64_t> shape, Type element) {
  std::optional<ElementType> type = toElementType(element);
  if (!type)
    return llvm::createStringError("its element type cannot be given as text");
  HostTensor tensor;
  tensor.type = *type;
  tensor.shape = std::move(shape);
  for (StringRef word : text.numbers) {
    llvm::Expected<llvm::APInt> number = parseNumber(word, element);
    if (!number)
      return number.takeError();
    for (unsigned bit = 0; bit < number->getBitWidth(); bit += 8)
      tensor.data.push_back(static_cast<char>(number->extractBitsAsZExtValue(8, bit)));
  }
  return tensor;
}

} // namespace sluice::import
