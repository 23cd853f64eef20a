//===- Dimensions.cpp - Sizes of dynamic axes -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Dimensions.h"
#include "Types.h"

#include "dialects/onnx/OnnxDialect.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace sluice::import {

int64_t Dimensions::sizeOf(const std::string &name) const {
  auto found = sizes.find(name);
  return found == sizes.end() || found->second < 0 ? ShapedType::kDynamic : found->second;
}

llvm::Expected<Type> Dimensions::inputType(const pb::ValueInfoProto &input, MLIRContext &context) {
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
  for (auto [axis, size] : llvm::enumerate(shape)) {
    if (!ShapedType::isDynamic(size))
      continue;
    std::string name = input.type().tensor_type().shape().dim(axis).dim_param();
    if (name.empty())
      name = input.name() + "." + std::to_string(axis);
    places[name].push_back("axis " + std::to_string(axis) + " of input '" + input.name() + "'");
    size = sizeOf(name);
  }
  return tensor.clone(shape);
}

/// Checks the sizes that were given.
LogicalResult Dimensions::verifyGiven(Location loc, StringRef path) const {
  bool valid = true;
  for (const auto &[name, size] : sizes) {
    if (!places.contains(name)) {
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

LogicalResult Dimensions::verify(Location loc, StringRef path) const {
  SmallVector<std::string> unbound;
  for (const auto &[name, uses] : places)
    if (!sizes.contains(name))
      unbound.push_back(name + " (" + llvm::join(uses, ", ") + "): --dim " + name + "=1");
  const bool given = succeeded(verifyGiven(loc, path));
  if (unbound.empty())
    return success(given);
  InFlightDiagnostic error = emitError(loc);
  error << path << ": " << unbound.size()
        << (unbound.size() == 1 ? " dynamic axis has" : " dynamic axes have")
        << " no size; give one to each, for example:";
  for (const std::string &line : unbound)
    error.attachNote(loc) << line;
  return error;
}

} // namespace sluice::import
