//===- DimensionExpression.cpp - Sizes made of other sizes ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DimensionExpression.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/MathExtras.h"

#include <limits>
#include <numeric>

namespace sluice::import {
namespace {

using Number = std::optional<Fraction>;

/// Parentheses and calls within each other, so that a name cannot exhaust the stack.
constexpr unsigned kMaxNesting = 64;

//===----------------------------------------------------------------------===//
// Fractions; none stays none, and so does what is beyond 64 bits
//===----------------------------------------------------------------------===//

Number makeFraction(std::optional<int64_t> numerator, std::optional<int64_t> denominator) {
  constexpr int64_t least = std::numeric_limits<int64_t>::min();
  if (!numerator || !denominator || *denominator == 0 || *numerator == least || *denominator == least)
    return std::nullopt;
  const int64_t common = std::gcd(*numerator, *denominator) * (*denominator < 0 ? -1 : 1);
  return Fraction{*numerator / common, *denominator / common};
}

Number product(Number a, Number b) {
  if (!a || !b)
    return std::nullopt;
  return makeFraction(llvm::checkedMul(a->numerator, b->numerator),
                      llvm::checkedMul(a->denominator, b->denominator));
}

Number inverse(Number a) { return a ? makeFraction(a->denominator, a->numerator) : std::nullopt; }

Number negation(Number a) { return product(a, Fraction{-1}); }

Number sum(Number a, Number b) {
  if (!a || !b)
    return std::nullopt;
  std::optional<int64_t> left = llvm::checkedMul(a->numerator, b->denominator),
                         right = llvm::checkedMul(b->numerator, a->denominator);
  if (!left || !right)
    return std::nullopt;
  return makeFraction(llvm::checkedAdd(*left, *right), llvm::checkedMul(a->denominator, b->denominator));
}

Number floorOf(Number a) {
  return a ? Number(Fraction{llvm::divideFloorSigned(a->numerator, a->denominator)}) : std::nullopt;
}

Number remainder(Number a, Number b) { return sum(a, negation(product(b, floorOf(product(a, inverse(b)))))); }

bool isLess(const Fraction &a, const Fraction &b) {
  return __int128(a.numerator) * b.denominator < __int128(b.numerator) * a.denominator;
}

Number extremum(Number a, Number b, bool isLargest) {
  if (!a || !b)
    return std::nullopt;
  return isLess(*a, *b) == isLargest ? b : a;
}

/// The value of a function of the formulas' language; `known` is false if there is no such function of so
/// many arguments.
Number apply(llvm::StringRef name, llvm::ArrayRef<Number> arguments, bool &known) {
  const bool isMin = name == "min" || name == "Min", isMax = name == "max" || name == "Max";
  if ((isMin || isMax) && !arguments.empty()) {
    Number result = arguments.front();
    for (const Number &argument : arguments.drop_front())
      result = extremum(result, argument, isMax);
    return result;
  }
  if (arguments.size() == 1 && name == "floor")
    return floorOf(arguments[0]);
  if (arguments.size() == 1 && (name == "ceil" || name == "ceiling"))
    return negation(floorOf(negation(arguments[0])));
  if (arguments.size() == 2 && (name == "Mod" || name == "mod"))
    return remainder(arguments[0], arguments[1]);
  if (arguments.size() == 2 && name == "FloorDiv")
    return floorOf(product(arguments[0], inverse(arguments[1])));
  known = false;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// The parser, which evaluates on the way
//===----------------------------------------------------------------------===//

class Parser {
public:
  Parser(llvm::StringRef text, DimensionExpression::SizeOf sizeOf) : rest(text), sizeOf(sizeOf) {}

  /// The whole text's value; `valid` says whether it is a formula at all.
  Number parse() {
    Number value = parseSum();
    valid &= peek() == '\0';
    return value;
  }

  bool valid = true;
  /// Whether there is an operator or a function besides the names and numbers, and whether all of them are
  /// sums, products and quotients.
  bool isComposed = false, isSmooth = true;
  llvm::SmallVector<std::string> names;

private:
  char peek() {
    rest = rest.ltrim();
    return rest.empty() ? '\0' : rest.front();
  }
  bool take(llvm::StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }

  Number parseSum();
  Number parseProduct();
  Number parseSigned();
  Number parseAtom();
  Number parseName();
  Number parseCall(llvm::StringRef name);

  llvm::StringRef rest;
  DimensionExpression::SizeOf sizeOf;
  unsigned nesting = 0;
};

Number Parser::parseSum() {
  Number value = parseProduct();
  while (valid && (peek() == '+' || peek() == '-')) {
    const bool isDifference = peek() == '-';
    rest = rest.drop_front();
    isComposed = true;
    Number right = parseProduct();
    value = sum(value, isDifference ? negation(right) : right);
  }
  return value;
}

Number Parser::parseProduct() {
  Number value = parseSigned();
  while (valid) {
    const bool isFloor = take("//"), isModulo = !isFloor && take("%");
    const bool isQuotient = !isFloor && !isModulo && take("/");
    if (!isFloor && !isModulo && !isQuotient && !take("*"))
      return value;
    isComposed = true;
    isSmooth &= !isFloor && !isModulo;
    Number right = parseSigned();
    value = isModulo  ? remainder(value, right)
            : isFloor ? floorOf(product(value, inverse(right)))
                      : product(value, isQuotient ? inverse(right) : right);
  }
  return value;
}

Number Parser::parseSigned() {
  bool isNegative = false;
  while (take("-"))
    isNegative = !isNegative;
  Number value = parseAtom();
  return isNegative ? negation(value) : value;
}

Number Parser::parseAtom() {
  const char next = peek();
  if (llvm::isDigit(next)) {
    int64_t number = 0;
    valid &= !rest.consumeInteger(10, number);
    return Fraction{number};
  }
  if (next != '(')
    return parseName();
  valid &= ++nesting <= kMaxNesting;
  rest = rest.drop_front();
  Number value = valid ? parseSum() : std::nullopt;
  valid &= take(")");
  --nesting;
  return value;
}

/// Bytes beyond ASCII are letters.
bool isNameCharacter(char c) {
  return llvm::isAlnum(c) || static_cast<unsigned char>(c) >= 0x80 || llvm::StringRef("_.:$").contains(c);
}

Number Parser::parseName() {
  llvm::StringRef name = rest.take_while(isNameCharacter);
  rest = rest.drop_front(name.size());
  if (name.empty()) {
    valid = false;
    return std::nullopt;
  }
  if (peek() == '(')
    return parseCall(name);
  if (!llvm::is_contained(names, name))
    names.push_back(name.str());
  std::optional<int64_t> size = sizeOf(name);
  return size ? Number(Fraction{*size}) : std::nullopt;
}

Number Parser::parseCall(llvm::StringRef name) {
  rest = rest.drop_front();
  valid &= ++nesting <= kMaxNesting;
  llvm::SmallVector<Number> arguments;
  do {
    if (valid)
      arguments.push_back(parseSum());
  } while (valid && take(","));
  valid &= take(")");
  --nesting;
  isComposed = true;
  isSmooth = false;
  return apply(name, arguments, valid);
}

} // namespace

std::string Fraction::text() const {
  return std::to_string(numerator) + (denominator == 1 ? "" : "/" + std::to_string(denominator));
}

std::optional<DimensionExpression> DimensionExpression::parse(llvm::StringRef text) {
  auto unknown = [](llvm::StringRef) -> std::optional<int64_t> { return std::nullopt; };
  Parser parser(text, unknown);
  (void)parser.parse();
  if (!parser.valid || !parser.isComposed || parser.names.empty())
    return std::nullopt;
  DimensionExpression expression;
  expression.text = text.str();
  expression.parts = std::move(parser.names);
  expression.isSmooth = parser.isSmooth;
  return expression;
}

std::optional<Fraction> DimensionExpression::evaluate(SizeOf sizeOf) const {
  return Parser(text, sizeOf).parse();
}

std::optional<int64_t> DimensionExpression::solve(llvm::StringRef name, int64_t value, SizeOf sizeOf) const {
  if (!isSmooth)
    return std::nullopt;
  auto at = [&](int64_t size) {
    return evaluate([&](llvm::StringRef part) { return part == name ? size : sizeOf(part); });
  };
  Number first = at(0), slope = sum(at(1), negation(first));
  // Three points in a row tell a line from the few other functions that sums and products of one name make.
  if (!slope || slope->numerator == 0 || at(2) != sum(first, sum(slope, slope)))
    return std::nullopt;
  Number size = product(sum(Fraction{value}, negation(first)), inverse(slope));
  if (!size || !size->isSize() || at(size->numerator) != Fraction{value})
    return std::nullopt;
  return size->numerator;
}

} // namespace sluice::import
