//===- Dimensions.cpp - Sizes of dynamic axes -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Dimensions.h"
#include "Types.h"

#include "dialects/onnx/OnnxDialect.h"
#include "sluice/Support/Shell.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace sluice::import {

/// The name that an axis goes by, "" for one of fixed size.
static std::string axisName(const pb::ValueInfoProto &input, int axis) {
  const auto &dimension = input.type().tensor_type().shape().dim(axis);
  if (dimension.has_dim_value())
    return {};
  return dimension.dim_param().empty() ? input.name() + "." + std::to_string(axis) : dimension.dim_param();
}

Dimensions::Dimensions(const std::map<std::string, int64_t> &sizes)
    : given(sizes), sizes(sizes.begin(), sizes.end()) {}

std::optional<int64_t> Dimensions::known(StringRef name) const {
  auto found = sizes.find(std::string_view(name));
  return found == sizes.end() || found->second < 0 ? std::nullopt : std::optional(found->second);
}

std::optional<Fraction> Dimensions::evaluate(const DimensionExpression &expression) const {
  return expression.evaluate([&](StringRef name) { return known(name); });
}

int64_t Dimensions::sizeOf(StringRef name) const {
  if (std::optional<int64_t> size = known(name))
    return *size;
  // Formulas of values within the graph are no axes of inputs.
  if (std::optional<DimensionExpression> expression = DimensionExpression::parse(name))
    if (std::optional<Fraction> value = evaluate(*expression); value && value->isSize())
      return value->numerator;
  return ShapedType::kDynamic;
}

void Dimensions::declare(const pb::ValueInfoProto &input) {
  for (int axis = 0; axis < input.type().tensor_type().shape().dim_size(); ++axis) {
    std::string name = axisName(input, axis);
    if (name.empty())
      continue;
    if (std::optional<DimensionExpression> expression = DimensionExpression::parse(name))
      expressions.try_emplace(name, *expression);
    places[name].push_back("axis " + std::to_string(axis) + " of input '" + input.name() + "'");
  }
}

llvm::Error Dimensions::bind(const pb::ValueInfoProto &input, ArrayRef<int64_t> shape) {
  const auto &declared = input.type().tensor_type().shape();
  if (static_cast<size_t>(declared.dim_size()) != shape.size())
    return llvm::createStringError("it has " + llvm::Twine(shape.size()) + " axes, the model declares " +
                                   llvm::Twine(declared.dim_size()));
  for (auto [axis, size] : llvm::enumerate(shape)) {
    const std::string name = axisName(input, static_cast<int>(axis));
    const int64_t other =
        name.empty() ? declared.dim(static_cast<int>(axis)).dim_value() : known(name).value_or(size);
    if (other != size)
      return llvm::createStringError("axis " + llvm::Twine(axis) + " is " + llvm::Twine(size) +
                                     (name.empty() ? ", the model declares "
                                      : boundBy.count(name)
                                          ? ", of input '" + boundBy[name] + "' '" + name + "' is "
                                          : ", '" + name + "' is given as ") +
                                     llvm::Twine(other));
    if (!name.empty() && sizes.try_emplace(name, size).second)
      boundBy[name] = input.name();
  }
  return llvm::Error::success();
}

/// Evaluates each formula whose parts are known, and solves each of known size for the one part that is not.
bool Dimensions::inferOnce() {
  bool found = false;
  for (const auto &[name, expression] : expressions) {
    SmallVector<StringRef> unknown;
    llvm::copy_if(expression.names(), std::back_inserter(unknown),
                  [&](StringRef part) { return !known(part); });
    const std::optional<int64_t> size = known(name);
    if (unknown.empty() && !size) {
      std::optional<Fraction> value = evaluate(expression);
      found |= value && value->isSize() && sizes.try_emplace(name, value->numerator).second;
    } else if (unknown.size() == 1 && size) {
      std::optional<int64_t> part =
          expression.solve(unknown.front(), *size, [&](StringRef other) { return known(other); });
      found |= part && sizes.try_emplace(unknown.front().str(), *part).second;
    }
  }
  return found;
}

void Dimensions::infer() {
  // Each round finds at least one size; models have few, hostile ones are left to verify().
  constexpr unsigned mostRounds = 64;
  for (unsigned round = 0; round < mostRounds && inferOnce(); ++round)
    ;
}

llvm::Expected<Type> Dimensions::inputType(const pb::ValueInfoProto &input, MLIRContext &context) const {
  llvm::Expected<Type> declared =
      valueType(input.type(), context, [](const std::string &) { return ShapedType::kDynamic; });
  if (!declared)
    return declared.takeError();
  if (isa<onnx::OtherType>(*declared))
    return declared;
  auto tensor = dyn_cast<RankedTensorType>(*declared);
  if (!tensor)
    return llvm::createStringError(llvm::Twine("the model does not declare its element type and rank"));
  SmallVector<int64_t> shape(tensor.getShape());
  for (auto [axis, size] : llvm::enumerate(shape))
    if (ShapedType::isDynamic(size))
      size = known(axisName(input, static_cast<int>(axis))).value_or(ShapedType::kDynamic);
  return tensor.clone(shape);
}

bool Dimensions::isPart(StringRef name) const {
  return llvm::any_of(expressions,
                      [&](const auto &entry) { return llvm::is_contained(entry.second.names(), name); });
}

/// Checks the sizes that were given.
LogicalResult Dimensions::verifyGiven(Location loc, StringRef path) const {
  bool valid = true;
  for (const auto &[name, size] : given) {
    if (!places.contains(name) && !isPart(name)) {
      InFlightDiagnostic error = emitError(loc) << path << ": no input has a dynamic axis '" << name << "'";
      valid = false;
      if (places.empty()) {
        error << "; all axes have fixed sizes";
        continue;
      }
      error << "; the dynamic axes are ";
      llvm::interleaveComma(places, error, [&](const auto &known) { error << "'" << known.first << "'"; });
    } else if (size < 0) {
      emitError(loc) << path << ": the size " << size << " of dynamic axis '" << name << "' is negative";
      valid = false;
    }
  }
  return success(valid);
}

/// Checks that sizes agree with the formulas.
LogicalResult Dimensions::verifyExpressions(Location loc, StringRef path) const {
  bool valid = true;
  for (const auto &[name, expression] : expressions) {
    std::optional<Fraction> value = evaluate(expression);
    const std::optional<int64_t> size = known(name);
    if (!value || (value->isSize() && size == value->numerator))
      continue;
    valid = false;
    InFlightDiagnostic error = emitError(loc) << path << ": dynamic axis '" << name << "' is ";
    if (size)
      error << *size << ", but ";
    else
      error << "no size: ";
    llvm::interleave(
        expression.names(), [&](StringRef part) { error << part << " = " << *known(part); },
        [&] { error << " and "; });
    error << (expression.names().size() == 1 ? " makes it " : " make it ") << value->text();
  }
  return success(valid);
}

/// How to give a name its size, with sizes of 1 that agree with each other.
std::string Dimensions::advice(const std::string &name, ArrayRef<std::string> uses) const {
  const std::string place = name + " (" + llvm::join(uses, ", ") + "): ";
  auto expression = expressions.find(name);
  if (expression == expressions.end())
    return place + shellOption("dim", name + "=1");
  std::optional<Fraction> example =
      expression->second.evaluate([&](StringRef part) { return known(part).value_or(1); });
  const std::string size = example && example->isSize() ? example->text() : "1";
  SmallVector<std::string> unknown;
  for (const std::string &part : expression->second.names())
    if (!known(part))
      unknown.push_back("'" + part + "'");
  return place + shellOption("dim", name + "=" + size) +
         (unknown.empty() ? "" : ", or the sizes of " + llvm::join(unknown, " and "));
}

LogicalResult Dimensions::verify(Location loc, StringRef path) const {
  const bool given = succeeded(verifyGiven(loc, path)), agree = succeeded(verifyExpressions(loc, path));
  SmallVector<std::string> unbound;
  for (const auto &[name, uses] : places) {
    auto expression = expressions.find(name);
    // A formula of known parts that is no size was reported.
    const bool isReported = expression != expressions.end() && evaluate(expression->second);
    if (!sizes.contains(name) && !isReported)
      unbound.push_back(advice(name, uses));
  }
  if (unbound.empty())
    return success(given && agree);
  InFlightDiagnostic error = emitError(loc);
  error << path << ": " << unbound.size()
        << (unbound.size() == 1 ? " dynamic axis has" : " dynamic axes have")
        << " no size; give one to each, for example:";
  for (const std::string &line : unbound)
    error.attachNote(loc) << line;
  return error;
}

} // namespace sluice::import
