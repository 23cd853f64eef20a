//===- Logic.cpp - Comparisons, logic, bits and selection -----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"

#include <limits>

using namespace mlir;

namespace sluice::conversion {

using Comparison = Value (*)(Scalars &, Value, Value);

static void addComparison(OperatorTable &table, llvm::StringRef opType, int64_t sinceVersion,
                          Comparison comparison) {
  table.add(opType, sinceVersion, "A[~] B[~]", [comparison](Node &node) -> Results {
    Type element = node.input(0).element;
    return {
        {node.map(node.operands(), node.getBuilder().getI1Type(), [&](Scalars &s, llvm::ArrayRef<Value> x) {
          return comparison(s, s.orderKey(x[0], element), s.orderKey(x[1], element));
        })}};
  });
}

static void addLogical(OperatorTable &table, llvm::StringRef opType, int64_t sinceVersion,
                       Comparison operation) {
  llvm::StringRef operands =
      opType.starts_with("Bitwise") ? "A:integer[~] B:integer[~]" : "A:bool[~] B:bool[~]";
  table.add(opType, sinceVersion, operands, [operation](Node &node) -> Results {
    return {{node.map(node.operands(), node.input(0).element,
                      [&](Scalars &s, llvm::ArrayRef<Value> x) { return operation(s, x[0], x[1]); })}};
  });
}

static Value equal(Scalars &s, Value a, Value b) {
  if (a.getType().isInteger(1))
    return s.logicalNot(s.bitXor(a, b));
  return s.equal(a, b);
}

static Results convertNot(Node &node) {
  return {{node.map(node.input(0), node.input(0).element,
                    [](Scalars &s, llvm::ArrayRef<Value> x) { return s.logicalNot(x[0]); })}};
}

static Results convertBitwiseNot(Node &node) {
  return {{node.map(node.input(0), node.input(0).element,
                    [](Scalars &s, llvm::ArrayRef<Value> x) { return s.bitXor(x[0], s.integer(-1)); })}};
}

static Results convertBitShift(Node &node) {
  llvm::StringRef direction = node.stringAttr("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    return node.refuse("direction = '" + direction + "' is neither LEFT nor RIGHT");
  return {{node.map(node.operands(), node.input(0).element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return direction == "LEFT" ? s.shiftLeft(x[0], x[1]) : s.shiftRightUnsigned(x[0], x[1]);
  })}};
}

static Results convertWhere(Node &node) {
  return {{node.map(node.operands(), node.input(1).element,
                    [](Scalars &s, llvm::ArrayRef<Value> x) { return s.select(x[0], x[1], x[2]); })}};
}

static Results convertIsNaN(Node &node) {
  return {{node.map(node.input(0), node.getBuilder().getI1Type(),
                    [](Scalars &s, llvm::ArrayRef<Value> x) { return s.logicalNot(s.equal(x[0], x[0])); })}};
}

static Results convertIsInf(Node &node) {
  bool negative = node.integerAttr("detect_negative", 1), positive = node.integerAttr("detect_positive", 1);
  return {{node.map(node.input(0), node.getBuilder().getI1Type(),
                    [&](Scalars &s, llvm::ArrayRef<Value> x) -> Value {
                      Value infinity = s.real(std::numeric_limits<double>::infinity());
                      if (negative && positive)
                        return s.equal(s.absolute(x[0]), infinity);
                      if (positive)
                        return s.equal(x[0], infinity);
                      return negative ? s.equal(s.negate(x[0]), infinity) : s.truth(false);
                    })}};
}

void addLogic(OperatorTable &table) {
  addComparison(table, "Equal", 7, equal);
  addComparison(table, "Less", 7, [](Scalars &s, Value a, Value b) { return s.less(a, b); });
  addComparison(table, "LessOrEqual", 12, [](Scalars &s, Value a, Value b) { return s.lessOrEqual(a, b); });
  addComparison(table, "Greater", 7, [](Scalars &s, Value a, Value b) { return s.greater(a, b); });
  addComparison(table, "GreaterOrEqual", 12,
                [](Scalars &s, Value a, Value b) { return s.greaterOrEqual(a, b); });
  addLogical(table, "And", 7, [](Scalars &s, Value a, Value b) { return s.bitAnd(a, b); });
  addLogical(table, "Or", 7, [](Scalars &s, Value a, Value b) { return s.bitOr(a, b); });
  addLogical(table, "Xor", 7, [](Scalars &s, Value a, Value b) { return s.bitXor(a, b); });
  addLogical(table, "BitwiseAnd", 18, [](Scalars &s, Value a, Value b) { return s.bitAnd(a, b); });
  addLogical(table, "BitwiseOr", 18, [](Scalars &s, Value a, Value b) { return s.bitOr(a, b); });
  addLogical(table, "BitwiseXor", 18, [](Scalars &s, Value a, Value b) { return s.bitXor(a, b); });
  table.add("BitwiseNot", 18, "X:integer", convertBitwiseNot);
  table.add("BitShift", 11, "X:integer[~] Y:integer[~]", convertBitShift);
  table.add("Not", 1, "X:bool", convertNot);
  table.add("Where", 9, "condition:bool[~] X[~] Y[~]", convertWhere);
  table.add("IsNaN", 9, "X:real", convertIsNaN);
  table.add("IsInf", 10, "X:real", convertIsInf);
}

} // namespace sluice::conversion
