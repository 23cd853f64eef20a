//===- Features.cpp - Operators that prepare features ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Learning.h"
#include "Scores.h"

#include "sluice/Conversion/BeyondMachine.h"

#include <cmath>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

static Tensor toF32(Node &node, const Tensor &input) {
  return node.cast(input, node.getBuilder().getF32Type());
}

/// Real numbers as a tensor [n], or one number for all.
static Tensor asRow(Node &node, llvm::ArrayRef<double> values) {
  Shape shape = {static_cast<int64_t>(values.size())};
  return node.reals(values.size() == 1 ? Shape() : shape, values, node.getBuilder().getF32Type());
}

/// Elements of the last axis at the given places.
static Results convertArrayFeatureExtractor(Node &node) {
  const Tensor &input = node.input(0), &indices = node.input(1);
  int64_t size = input.shape.back(), rows = input.count() / std::max<int64_t>(size, 1);
  Tensor flat = node.reshape(input, {rows, size}), places = node.reshape(indices, {indices.count()});
  Tensor result =
      places.constant ? Tensor() : node.transpose(node.gather(node.transpose(flat, {1, 0}), places), {1, 0});
  if (places.constant) {
    if (!node.canList(places.shape))
      return failure();
    llvm::SmallVector<int64_t> known = readIntegers(places.constant);
    if (llvm::any_of(known, [&](int64_t index) { return index < 0 || index >= size; }))
      return node.refuseAt("an index is outside the " + llvm::Twine(size) + " elements of the last axis");
    result = takeKnown(node, flat, 1, known);
  }
  Shape shape(input.shape.begin(), input.shape.end() - 1);
  if (shape.empty())
    shape.push_back(1);
  shape.push_back(indices.count());
  return {{node.reshape(result, shape)}};
}

static Results convertBinarizer(Node &node) {
  double threshold = node.realAttr("threshold", 0);
  const Tensor &input = node.input(0);
  Type element = input.element;
  // Of integers, those from the next one on.
  const double least = std::floor(threshold) + 1;
  bool isInt = !input.isReal() && least >= std::numeric_limits<int32_t>::min() &&
               least <= std::numeric_limits<int32_t>::max();
  if (isInt)
    return {{node.map(input, element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
      Value bound = s.orderKey(s.integer(static_cast<int64_t>(least)), element);
      bool isAll = element.isUnsignedInteger() && least <= 0;
      return isAll ? s.integer(1) : s.toNumber(s.lessOrEqual(bound, s.orderKey(x[0], element)));
    })}};
  Tensor result =
      node.map(toF32(node, input), node.getBuilder().getF32Type(), [&](Scalars &s, llvm::ArrayRef<Value> x) {
        return s.select(s.less(s.real(threshold), x[0]), s.real(1), s.real(0));
      });
  return {{node.cast(result, element)}};
}

static Results convertScaler(Node &node) {
  auto numbers = [&](llvm::StringRef name, double otherwise) {
    return asRow(node, node.realsAttr(name).value_or(llvm::SmallVector<double>{otherwise}));
  };
  Tensor offset = numbers("offset", 0), scale = numbers("scale", 1);
  return {{node.map({toF32(node, node.input(0)), offset, scale}, node.getBuilder().getF32Type(),
                    [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(s.sub(x[0], x[1]), x[2]); })}};
}

/// Rows divided by their greatest element or their norm; a row of zeros stays.
static Results convertNormalizer(Node &node) {
  llvm::StringRef norm = node.stringAttr("norm", "MAX");
  if (norm != "MAX" && norm != "L1" && norm != "L2")
    return node.refuse("norm = '" + norm + "' is not supported");
  Tensor x = featureRows(node);
  if (node.refused())
    return failure();
  Tensor weights = node.map(x, x.element, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    return norm == "MAX" ? v[0] : norm == "L1" ? s.absolute(v[0]) : s.mul(v[0], v[0]);
  });
  Tensor sum = node.reduce(norm == "MAX" ? ReduceKind::max : ReduceKind::add, weights, 1);
  Tensor result = node.map({x, sum}, x.element, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    Value divisor = norm == "L2" ? s.sqrt(v[1]) : v[1];
    return s.select(s.equal(divisor, s.real(0)), v[0], s.div(v[0], divisor));
  });
  return {{node.reshape(result, node.input(0).shape)}};
}

/// One value (NaN stands for NaNs) replaced, in each column by a number of its own.
static Results convertImputer(Node &node) {
  std::optional<llvm::SmallVector<double>> reals = node.realsAttr("imputed_value_floats");
  std::optional<Shape> integers = node.numbersAttr("imputed_value_int64s");
  double missing = node.realAttr("replaced_value_float", 0);
  int64_t missingInteger = node.numberAttr("replaced_value_int64", 0);
  const Tensor &input = node.input(0);
  if (input.isReal() ? !reals : !integers)
    return node.refuse("there are no values of the input's type to put in place of missing ones");
  Tensor values = integers && !input.isReal()
                      ? node.integers({static_cast<int64_t>(integers->size())}, *integers, input.element)
                      : asRow(node, reals.value_or(llvm::SmallVector<double>()));
  if (values.count() == 1)
    values = node.reshape(values, Shape());
  return {{node.map({input, values}, input.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    if (!input.isReal())
      return s.select(s.equal(x[0], s.integer(missingInteger)), x[1], x[0]);
    Value isMissing =
        std::isnan(missing) ? s.logicalNot(s.equal(x[0], x[0])) : s.equal(x[0], s.real(missing));
    return s.select(isMissing, x[1], x[0]);
  })}};
}

/// A new last axis with 1 where the element is the category. What is in none gives zeros; that `zeros` = 0
/// asks for a fault instead cannot be told in a static schedule.
static Results convertOneHotEncoder(Node &node) {
  std::optional<Shape> categories = node.numbersAttr("cats_int64s");
  bool zeros = node.integerAttr("zeros", 1);
  if (node.hasAttribute("cats_strings") || !categories)
    return node.refuse(kBeyondMachine + "categories that are strings");
  if (!zeros)
    return node.refuse(kBeyondMachine + "zeros = 0: a fault for elements in no category");
  const Tensor &input = node.input(0);
  Type i32 = node.getBuilder().getI32Type(), f32 = node.getBuilder().getF32Type();
  Shape shape = input.shape;
  shape.push_back(1);
  Tensor names =
      node.integers({static_cast<int64_t>(categories->size())}, *categories, node.getBuilder().getI64Type());
  return {{node.map({node.cast(node.reshape(input, shape), i32), names}, f32,
                    [](Scalars &s, llvm::ArrayRef<Value> x) {
                      return s.select(s.equal(x[0], x[1]), s.real(1), s.real(0));
                    })}};
}

/// Inputs side by side as rows of f32, each cut or padded with zeros to its number of columns.
static Results convertFeatureVectorizer(Node &node) {
  Shape widths = node.integersAttr("inputdimensions").value_or(Shape());
  llvm::SmallVector<Tensor> parts;
  for (auto [index, input] : llvm::enumerate(node.operands())) {
    int64_t rows = input.rank() > 1 ? input.shape[0] : 1,
            columns = input.count() / std::max<int64_t>(rows, 1);
    int64_t width = index < widths.size() ? widths[index] : columns;
    if (width < 0 || (!parts.empty() && parts.front().shape[0] != rows))
      return node.refuseShapes("'inputdimensions'");
    Tensor flat = node.reshape(toF32(node, input), {rows, columns});
    parts.push_back(node.pad(flat, {0, 0}, {0, width - columns}, 0));
  }
  return {{node.concat(parts, 1)}};
}

namespace {
/// A list of numbers, of type i64 or f32, that an attribute holds.
struct NumberList {
  Tensor values; ///< [n]
  bool isReal = false;
};
} // namespace

/// The keys or values of a LabelEncoder: `what` + "_int64s", "_floats" or "_tensor". None for strings,
/// refused.
static std::optional<NumberList> readNumbers(Node &node, llvm::StringRef what) {
  std::optional<Shape> integers = node.numbersAttr((what + "_int64s").str());
  std::optional<llvm::SmallVector<double>> reals = node.realsAttr((what + "_floats").str());
  ElementsAttr tensor = node.tensorAttr((what + "_tensor").str());
  Type f32 = node.getBuilder().getF32Type();
  if (tensor && llvm::isa<FloatType>(tensor.getElementType()))
    reals = readFloats(tensor);
  else if (tensor && llvm::isa<IntegerType>(tensor.getElementType()))
    integers = Shape(readIntegers(tensor));
  if (integers)
    return NumberList{node.integers(*integers), false};
  if (reals)
    return NumberList{node.reals({static_cast<int64_t>(reals->size())}, *reals, f32), true};
  (void)node.refuse(kBeyondMachine + "labels that are strings");
  return std::nullopt;
}

/// The value whose key an element is, or the default.
static Results convertLabelEncoder(Node &node) {
  double defaultReal = node.realAttr("default_float", -0.0);
  int64_t defaultInteger = node.numberAttr("default_int64", -1);
  node.ignoreAttr("default_string");
  ElementsAttr defaultTensor = node.tensorAttr("default_tensor");
  if (node.hasAttribute("keys_strings") || node.hasAttribute("values_strings") ||
      node.hasAttribute("classes_strings"))
    return node.refuse(kBeyondMachine + "labels that are strings");
  std::optional<NumberList> keys = readNumbers(node, "keys"), values = readNumbers(node, "values");
  if (!keys || !values)
    return failure();
  const Tensor &input = node.input(0);
  int64_t count = keys->values.count();
  if (count != values->values.count() || keys->isReal != input.isReal())
    return node.refuse("keys, values and the input do not fit");
  if (defaultTensor && defaultTensor.getNumElements() != 1)
    return node.refuse("'default_tensor' is not one number");
  if (defaultTensor && llvm::isa<FloatType>(defaultTensor.getElementType()))
    defaultReal = readFloats(defaultTensor).front();
  else if (defaultTensor && llvm::isa<IntegerType>(defaultTensor.getElementType()))
    defaultInteger = readIntegers(defaultTensor).front();
  Tensor otherwise =
      values->isReal ? node.reals({1}, {defaultReal}, values->values.element) : node.integers(defaultInteger);
  // The first key that fits, or the place behind the last.
  Type i32 = node.getBuilder().getI32Type();
  Tensor candidates = node.map({node.reshape(input, {input.count(), 1}), keys->values, node.countUp({count})},
                               i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
                                 Value hit = s.equal(x[0], x[1]);
                                 if (keys->isReal) { // a NaN is a key like others
                                   Value bothNaN = s.bitAnd(s.logicalNot(s.equal(x[0], x[0])),
                                                            s.logicalNot(s.equal(x[1], x[1])));
                                   hit = s.bitOr(hit, bothNaN);
                                 }
                                 return s.select(hit, x[2], s.integer(count));
                               });
  Tensor place = node.reshape(node.reduce(ReduceKind::min, candidates, 1), {input.count()});
  Tensor table = node.concat({values->values, otherwise}, 0);
  return {{node.reshape(node.gather(table, place), input.shape)}};
}

void addFeatures(OperatorTable &table) {
  table.add("ArrayFeatureExtractor", 1, "X[1..] Y:integer", convertArrayFeatureExtractor, kMlDomain);
  table.add("Binarizer", 1, "X:number", convertBinarizer, kMlDomain);
  table.add("Scaler", 1, "X:number", convertScaler, kMlDomain);
  table.add("Normalizer", 1, "X:number[1..2]", convertNormalizer, kMlDomain);
  table.add("Imputer", 1, "X:number", convertImputer, kMlDomain);
  table.add("OneHotEncoder", 1, "X:number", convertOneHotEncoder, kMlDomain);
  table.add("FeatureVectorizer", 1, "X+:number", convertFeatureVectorizer, kMlDomain);
  table.add("LabelEncoder", 1, "X:number", convertLabelEncoder, kMlDomain);
}

} // namespace sluice::conversion
