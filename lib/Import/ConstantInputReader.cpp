//===- ConstantInputReader.cpp - Inputs given when compiling --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantInputReader.h"
#include "Types.h"

#include "dialects/ElementTypes.h"
#include "sluice/Support/Shell.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sluice::import {

ConstantInputReader::ConstantInputReader(const ModelFile &file, MLIRContext &context,
                                         llvm::function_ref<void(const llvm::Twine &)> report)
    : file(file), graph(file.model().graph()), context(context), report(report) {
  for (const pb::ValueInfoProto &input : graph.input())
    if (!input.name().empty())
      inputs[input.name()] = &input;
}

//===----------------------------------------------------------------------===//
// Which inputs
//===----------------------------------------------------------------------===//

/// The inputs that have no value of their own, for messages.
std::string ConstantInputReader::inputList() const {
  llvm::StringSet<> initialised;
  for (const pb::TensorProto &tensor : graph.initializer())
    initialised.insert(tensor.name());
  SmallVector<std::string> names;
  for (const pb::ValueInfoProto &input : graph.input())
    if (!initialised.contains(input.name()))
      names.push_back("'" + input.name() + "'");
  return names.empty() ? "the model has no inputs" : "the inputs are " + llvm::join(names, ", ");
}

/// The element type that the model declares for an input; null if there is none that text can be of.
Type ConstantInputReader::declaredElement(const pb::ValueInfoProto &input) const {
  Type element = elementType(input.type().tensor_type().elem_type(), context);
  return element && toElementType(element) ? element : Type();
}

void ConstantInputReader::add(const pb::ValueInfoProto *input, std::string label,
                              const ConstantInputs::Value *value, StringRef text) {
  if (llvm::any_of(all, [&](const Given &other) { return other.input == input; }))
    return report(label + ": the input is given twice");
  Given given;
  given.input = input;
  given.label = std::move(label);
  given.value = value;
  given.text = text.str();
  all.push_back(std::move(given));
}

/// The numbers of a text as a tensor that has no shape yet; the error says why they are none.
static llvm::Expected<HostTensor> readNumbers(StringRef text, Type element, TensorText &numbers) {
  if (!element)
    return llvm::createStringError("the model declares no element type that can be written as numbers");
  llvm::Expected<TensorText> parsed = parseTensorText(text);
  if (!parsed)
    return parsed.takeError();
  numbers = std::move(*parsed);
  return makeTensor(numbers, {}, element);
}

/// Whether the text could be meant for an input: it names a file or is numbers of the input's type.
static bool hasMeaning(StringRef text, Type element) {
  TensorText numbers;
  llvm::Expected<HostTensor> tensor = readNumbers(text, element, numbers);
  if (tensor)
    return true;
  llvm::consumeError(tensor.takeError());
  return llvm::sys::fs::exists(text);
}

void ConstantInputReader::resolveAssignment(const std::string &assignment) {
  SmallVector<const pb::ValueInfoProto *> fitting;
  for (size_t at = assignment.find('='); at != std::string::npos; at = assignment.find('=', at + 1))
    if (const pb::ValueInfoProto *input = inputs.lookup(StringRef(assignment).take_front(at)))
      fitting.push_back(input);
  if (fitting.empty()) {
    auto [name, text] = StringRef(assignment).split('=');
    return report(shellOption("constant-input", assignment) +
                  (name.size() == assignment.size() ? ": expected NAME=VALUE or NAME=FILE; "
                                                    : ": there is no such input; ") +
                  inputList());
  }
  auto textFor = [&](const pb::ValueInfoProto *input) {
    return StringRef(assignment).drop_front(input->name().size() + 1);
  };
  const pb::ValueInfoProto *longest = fitting.pop_back_val();
  const bool isMeant = !fitting.empty() && hasMeaning(textFor(longest), declaredElement(*longest));
  for (const pb::ValueInfoProto *other : fitting)
    if (isMeant && hasMeaning(textFor(other), declaredElement(*other)))
      return report(shellOption("constant-input", assignment) + ": it can be for input '" + longest->name() +
                    "' or for input '" + other->name() + "'");
  add(longest, shellOption("constant-input", longest->name()), nullptr, textFor(longest));
}

llvm::StringSet<> ConstantInputReader::resolve(const ConstantInputs &given) {
  for (const auto &[name, value] : given.values) {
    std::string label = "constant input '" + name + "'";
    if (const pb::ValueInfoProto *input = inputs.lookup(name))
      add(input, std::move(label), &value, "");
    else
      report(label + ": there is no such input; " + inputList());
  }
  for (const std::string &assignment : given.assignments)
    resolveAssignment(assignment);
  llvm::StringSet<> names;
  for (const Given &entry : all)
    names.insert(entry.input->name());
  return names;
}

//===----------------------------------------------------------------------===//
// Their tensors
//===----------------------------------------------------------------------===//

static llvm::Expected<HostTensor> readFile(const std::string &path) {
  absl::StatusOr<HostTensor> tensor = readTensor(path);
  if (!tensor.ok())
    return llvm::createStringError(std::string(tensor.status().message()));
  return *std::move(tensor);
}

/// Reads the file or the numbers.
llvm::Error ConstantInputReader::load(Given &given) {
  if (given.input->has_type() && !given.input->type().has_tensor_type())
    return llvm::createStringError("the input is no tensor");
  if (const auto *tensor = given.value ? std::get_if<HostTensor>(given.value) : nullptr) {
    given.tensor = *tensor;
    return checkType(given);
  }
  const std::string &text = given.value ? std::get<std::string>(*given.value) : given.text;
  if (!StringRef(text).ends_with(".npy") && !StringRef(text).ends_with(".pb")) {
    TensorText numbers;
    llvm::Expected<HostTensor> tensor = readNumbers(text, declaredElement(*given.input), numbers);
    if (tensor) {
      given.numbers = std::move(numbers);
      given.tensor = std::move(*tensor);
      return llvm::Error::success();
    }
    std::string reason = llvm::toString(tensor.takeError());
    if (!llvm::sys::fs::exists(text))
      return llvm::createStringError("'" + text + "' is no file, nor is it numbers for the input: " + reason);
  }
  llvm::Expected<HostTensor> read = readFile(text);
  if (!read)
    return read.takeError();
  if (llvm::Error error = file.admit({given.label, text}))
    return error;
  given.tensor = std::move(*read);
  return checkType(given);
}

llvm::Error ConstantInputReader::checkType(const Given &given) const {
  const int32_t declared = given.input->type().tensor_type().elem_type();
  if (declared == pb::TensorProto::UNDEFINED)
    return llvm::Error::success();
  Type element = declaredElement(*given.input);
  if (!element)
    return llvm::createStringError("the model declares an element type of which no tensor can be given");
  const ElementType need = toElementType(element).value();
  if (given.tensor.type != need && given.tensor.type != arrayType(need))
    return llvm::createStringError("needs type " + typeText(need) + ", has " +
                                   StringRef(elementName(given.tensor.type)));
  std::string fault = need == arrayType(need) ? "" : rangeFault(need, given.tensor.data);
  return fault.empty() ? llvm::Error::success() : llvm::createStringError(fault);
}

/// Gives numbers without brackets the shape that is declared.
llvm::Error ConstantInputReader::shapeFlat(Given &given, const Dimensions &dimensions) {
  const auto count = static_cast<int64_t>(given.numbers->numbers.size());
  if (!given.input->type().tensor_type().has_shape()) {
    given.tensor.shape.assign(count == 1 ? 0 : 1, count);
    return llvm::Error::success();
  }
  llvm::Expected<Type> type = dimensions.inputType(*given.input, context);
  if (!type)
    return type.takeError();
  auto tensor = cast<RankedTensorType>(*type);
  SmallVector<int64_t> shape(tensor.getShape());
  if (shape.size() == 1 && ShapedType::isDynamic(shape.front()))
    shape.front() = count;
  if (ShapedType::isDynamicShape(shape))
    return llvm::createStringError("not all sizes of its axes are known; write nested lists, or a file");
  uint64_t elements = 1;
  for (int64_t size : shape)
    elements = llvm::SaturatingMultiply<uint64_t>(elements, size);
  if (elements != static_cast<uint64_t>(count))
    return llvm::createStringError(
        llvm::Twine(count) + (count == 1 ? " number is" : " numbers are") + " given, its shape [" +
        llvm::join(llvm::map_range(shape, [](int64_t size) { return llvm::itostr(size); }), ", ") +
        "] takes " + llvm::Twine(elements));
  given.tensor.shape.assign(shape.begin(), shape.end());
  return llvm::Error::success();
}

/// Settles the tensor's type and shape with what the model declares.
llvm::Error ConstantInputReader::place(Given &given, Dimensions &dimensions) {
  if (given.numbers && given.numbers->shape)
    given.tensor.shape = *given.numbers->shape;
  if (Type element = declaredElement(*given.input))
    given.tensor.type = toElementType(element).value();
  // What files and arrays hold of a truth is any byte.
  if (given.tensor.type == ElementType::Bool)
    for (char &byte : given.tensor.data)
      byte = byte != 0;
  if (!given.input->type().tensor_type().has_shape())
    return llvm::Error::success();
  return dimensions.bind(*given.input, given.tensor.shape);
}

llvm::StringMap<HostTensor> ConstantInputReader::read(Dimensions &dimensions) {
  auto check = [&](Given &given, llvm::Error error) {
    if (!error)
      return;
    given.failed = true;
    report(given.label + ": " + llvm::toString(std::move(error)));
  };
  auto isFlat = [](const Given &given) { return given.numbers && !given.numbers->shape; };
  for (Given &given : all) {
    check(given, load(given));
    if (!given.failed && !isFlat(given))
      check(given, place(given, dimensions));
  }
  // Shapes that others say come first.
  dimensions.infer();
  for (Given &given : all) {
    if (given.failed || !isFlat(given))
      continue;
    check(given, shapeFlat(given, dimensions));
    if (!given.failed)
      check(given, place(given, dimensions));
  }
  dimensions.infer();
  llvm::StringMap<HostTensor> tensors;
  for (Given &given : all)
    if (!given.failed)
      tensors[given.input->name()] = std::move(given.tensor);
  return tensors;
}

} // namespace sluice::import
