//===- Einsum.cpp - Sums of products by index labels ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"

#include "llvm/ADT/StringExtras.h"

#include <string>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {
namespace {

/// A tensor and a label for each of its dimensions. Those of an ellipsis are the digits '0' ... '9', the last
/// dimension '9'.
struct Labelled {
  Tensor tensor;
  std::string labels;
};

/// What an equation says of operands and result.
struct Equation {
  llvm::SmallVector<std::string> operands;
  std::string result;
};

} // namespace

/// One term with its ellipsis written out for `count` dimensions; none if it is malformed.
static std::optional<std::string> expandTerm(llvm::StringRef term, int64_t count) {
  std::string labels;
  while (!term.empty()) {
    if (term.consume_front("...")) {
      for (int64_t i = count; i > 0; --i)
        labels += static_cast<char>('9' + 1 - i);
      continue;
    }
    if (!llvm::isAlpha(term.front()))
      return std::nullopt;
    labels += term.front();
    term = term.drop_front();
  }
  return labels;
}

/// Reads "ab,bc->ac"; without an arrow the result has the ellipsis, then the labels that occur once, sorted.
static std::optional<Equation> parseEquation(Node &node, llvm::StringRef text) {
  std::string spaceless;
  llvm::copy_if(text, std::back_inserter(spaceless), [](char c) { return c != ' '; });
  auto [left, right] = llvm::StringRef(spaceless).split("->");
  llvm::SmallVector<llvm::StringRef> terms;
  left.split(terms, ',');
  Equation equation;
  int64_t ellipsis = 0;
  bool wellFormed = terms.size() == node.numInputs();
  for (size_t i = 0; wellFormed && i < terms.size(); ++i) {
    int64_t rank = node.input(i).rank(), named = llvm::count_if(terms[i], llvm::isAlpha);
    bool hasEllipsis = terms[i].contains("...");
    std::optional<std::string> labels = expandTerm(terms[i], rank - named);
    wellFormed = labels && (hasEllipsis ? rank >= named && rank - named < 10 : rank == named);
    if (hasEllipsis)
      ellipsis = std::max(ellipsis, rank - named);
    equation.operands.push_back(labels.value_or(""));
  }
  std::optional<std::string> result;
  if (llvm::StringRef(spaceless).contains("->")) {
    result = expandTerm(right, ellipsis);
  } else {
    result = expandTerm("...", ellipsis);
    for (char label = 'A'; label <= 'z'; ++label)
      if (llvm::isAlpha(label) && left.count(label) == 1)
        *result += label;
  }
  if (!wellFormed || !result) {
    (void)node.refuseShapes("equation '" + text.str() + "'");
    return std::nullopt;
  }
  equation.result = *result;
  return equation;
}

static bool has(llvm::StringRef labels, char label) { return labels.contains(label); }

/// Dimensions of one label within an operand reduced to their diagonal.
static Labelled takeDiagonals(Node &node, Labelled operand) {
  for (size_t first = 0; first < operand.labels.size(); ++first) {
    size_t second = operand.labels.find(operand.labels[first], first + 1);
    if (second == std::string::npos)
      continue;
    // Both dimensions to the front and flat: the diagonal is every (n + 1)th element.
    Shape order = {static_cast<int64_t>(first), static_cast<int64_t>(second)};
    std::string rest;
    for (size_t dim = 0; dim < operand.labels.size(); ++dim)
      if (dim != first && dim != second) {
        order.push_back(dim);
        rest += operand.labels[dim];
      }
    Tensor front = node.transpose(operand.tensor, order);
    int64_t size = front.shape[0];
    Shape flat(front.shape.begin() + 1, front.shape.end());
    flat[0] = size * size;
    operand.tensor = node.slice(node.reshape(front, flat), 0, 0, size, size + 1);
    operand.labels = operand.labels[first] + rest;
    first = static_cast<size_t>(-1);
  }
  return operand;
}

/// The labels that `kept` does not name summed away.
static Labelled sumAway(Node &node, const Labelled &operand, llvm::StringRef kept) {
  Labelled result;
  Shape dims, shape;
  for (auto [dim, label] : llvm::enumerate(operand.labels)) {
    if (!has(kept, label)) {
      dims.push_back(dim);
      continue;
    }
    shape.push_back(operand.tensor.shape[dim]);
    result.labels += label;
  }
  result.tensor = node.reshape(node.reduce(ReduceKind::add, operand.tensor, dims), shape);
  return result;
}

/// The operand with its dimensions in the order of `labels`, those that it lacks with size 1.
static Tensor orderBy(Node &node, const Labelled &operand, llvm::StringRef labels) {
  Shape order, shape;
  for (char label : labels) {
    size_t dim = operand.labels.find(label);
    if (dim != std::string::npos)
      order.push_back(dim);
    shape.push_back(dim == std::string::npos ? 1 : operand.tensor.shape[dim]);
  }
  return node.reshape(node.transpose(operand.tensor, order), shape);
}

/// The product of two operands, summed over the labels that `kept` does not name.
static Labelled multiply(Node &node, const Labelled &lhs, const Labelled &rhs, llvm::StringRef kept) {
  std::string batch, rows, columns, summed;
  for (char label : lhs.labels)
    (!has(rhs.labels, label) ? rows : has(kept, label) ? batch : summed) += label;
  for (char label : rhs.labels)
    if (!has(lhs.labels, label))
      columns += label;
  Shape batchShape, shape, depth;
  auto sizeOf = [](const Labelled &operand, char label) {
    return operand.tensor.shape[operand.labels.find(label)];
  };
  for (char label : batch)
    batchShape.push_back(std::max(sizeOf(lhs, label), sizeOf(rhs, label)));
  for (char label : summed)
    depth.push_back(std::max(sizeOf(lhs, label), sizeOf(rhs, label)));
  auto arrange = [&](const Labelled &operand, const std::string &vectors) {
    Shape full = batchShape;
    int64_t count = 1;
    for (char label : vectors) {
      full.push_back(sizeOf(operand, label));
      count *= full.back();
    }
    full.append(depth);
    Tensor spread = node.broadcast(orderBy(node, operand, batch + vectors + summed), full);
    return node.reshape(spread, {countElements(batchShape), count, 1, countElements(depth)});
  };
  Labelled result;
  result.labels = batch + rows + columns;
  shape = batchShape;
  for (char label : rows)
    shape.push_back(sizeOf(lhs, label));
  for (char label : columns)
    shape.push_back(sizeOf(rhs, label));
  result.tensor = node.reshape(contractElements(node, arrange(lhs, rows), arrange(rhs, columns)), shape);
  return result;
}

/// Whether a label has one size wherever it occurs (or 1, in an ellipsis).
static bool sizesAgree(llvm::ArrayRef<Labelled> operands) {
  for (const Labelled &a : operands)
    for (const Labelled &b : operands)
      for (auto [dim, label] : llvm::enumerate(a.labels)) {
        size_t other = b.labels.find(label);
        if (other == std::string::npos)
          continue;
        int64_t size = a.tensor.shape[dim], otherSize = b.tensor.shape[other];
        if (size != otherSize && (llvm::isAlpha(label) || (size != 1 && otherSize != 1)))
          return false;
      }
  return true;
}

static Results convertEinsum(Node &node) {
  llvm::StringRef text = node.stringAttr("equation", "");
  std::optional<Equation> equation = parseEquation(node, text);
  if (!equation)
    return failure();
  Type element = node.input(0).element;
  // Of 64 bits if all operands are known.
  bool allKnown = llvm::all_of(node.operands(), [](const Tensor &operand) { return bool(operand.constant); });
  Type whole = node.getBuilder().getI32Type(), real = node.getBuilder().getF32Type();
  Type computed = allKnown ? node.numberType(node.input(0)) : node.input(0).isReal() ? real : whole;
  llvm::SmallVector<Labelled> operands;
  for (auto [index, labels] : llvm::enumerate(equation->operands))
    operands.push_back(takeDiagonals(node, {node.cast(node.input(index), computed), labels}));
  if (!sizesAgree(operands))
    return node.refuseShapes("equation '" + text.str() + "'");

  // From the left; a label stays while the result or a later operand names it.
  auto needed = [&](size_t from) {
    std::string labels = equation->result;
    for (size_t index = from; index < operands.size(); ++index)
      labels += operands[index].labels;
    return labels;
  };
  Labelled product = sumAway(node, operands[0], needed(1));
  for (size_t index = 1; index < operands.size(); ++index) {
    std::string later = needed(index + 1);
    Labelled next = sumAway(node, operands[index], later + product.labels);
    product = multiply(node, product, next, later);
  }
  if (llvm::any_of(equation->result, [&](char label) { return !has(product.labels, label); }))
    return node.refuse("equation '" + text + "' names a result that no operand has");
  return {{node.cast(orderBy(node, product, equation->result), element)}};
}

void addEinsum(OperatorTable &table) { table.add("Einsum", 12, "Inputs+:number", convertEinsum); }

} // namespace sluice::conversion
