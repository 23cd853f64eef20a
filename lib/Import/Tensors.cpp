//===- Tensors.cpp - ONNX tensors as attributes ---------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tensors.h"
#include "Types.h"

#include "dialects/ElementTypes.h"
#include "dialects/onnx/OnnxDialect.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CheckedArithmetic.h"

#include <bit>
#include <limits>

using namespace mlir;

static_assert(std::endian::native == std::endian::little, "ONNX raw data is little endian");

namespace sluice::import {
namespace {

/// Constants of more bytes become resources: shapes, axes and scalars stay readable in the IR.
constexpr size_t kMaxInlineBytes = 128;

/// Upper bound of a tensor's bytes, so that sums of sizes and offsets cannot overflow.
constexpr int64_t kMaxTensorBytes = int64_t{1} << 48;

/// Bits of an element in the file.
unsigned bitsInFile(Type element) {
  if (auto complex = dyn_cast<ComplexType>(element))
    return 2 * complex.getElementType().getIntOrFloatBitWidth();
  const unsigned bits = element.getIntOrFloatBitWidth();
  return bits == 1 ? 8 : bits;
}

/// The bytes of a tensor of that type, which has `count` elements, in the form that memory has, as an
/// attribute.
ElementsAttr makeAttribute(RankedTensorType type, size_t count, const MappedBytes &data, StringRef name) {
  ArrayRef<char> bytes(data.bytes.data(), data.bytes.size());
  if (bytes.size() > kMaxInlineBytes) {
    // The largest power of two, up to a cache line, that the address is a multiple of.
    const size_t alignment =
        std::min<size_t>(64, size_t{1} << llvm::countr_zero(reinterpret_cast<uintptr_t>(bytes.data())));
    AsmResourceBlob blob(
        bytes, alignment, [keep = data.file](void *, size_t, size_t) {}, /*dataIsMutable=*/false);
    return cast<ElementsAttr>(DenseResourceElementsAttr::get(type, name, std::move(blob)));
  }
  if (count == 0)
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  // Unlike ONNX, dense attributes pack bools.
  if (type.getElementType().isInteger(1))
    return DenseElementsAttr::get(type, ArrayRef<bool>(reinterpret_cast<const bool *>(bytes.data()), count));
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

/// The values of one tensor on their way from the file to an attribute.
class TensorReader {
public:
  TensorReader(const pb::TensorProto &tensor, StringRef name, ModelFile &file, MLIRContext &context)
      : tensor(tensor), name(name), file(file), context(context) {}

  llvm::Expected<ElementsAttr> read();

private:
  llvm::Error readType();
  llvm::Expected<ElementsAttr> readStrings() const;
  llvm::Error readData();
  llvm::Error readExternal();
  llvm::Error checkRawData();
  llvm::Error readTyped();
  template <typename To, typename Field>
  llvm::Error copyTyped(const Field &field, const char *fieldName, size_t perElement = 1);
  llvm::Error readPackedTyped();
  void unpackNarrow();
  void normaliseBools();
  void own(std::string bytes);

  const pb::TensorProto &tensor;
  StringRef name;
  ModelFile &file;
  MLIRContext &context;
  RankedTensorType type;
  size_t count = 0;
  /// The values, and the mapping that they lie in.
  MappedBytes data;
};

llvm::Error TensorReader::readType() {
  Type element = elementType(tensor.data_type(), context);
  if (!element)
    return llvm::createStringError("data type " + llvm::Twine(tensor.data_type()) + " is unknown");
  int64_t elements = 1;
  for (int64_t size : tensor.dims()) {
    if (size < 0)
      return llvm::createStringError("a dimension is " + llvm::Twine(size));
    std::optional<int64_t> product = llvm::checkedMul(elements, size);
    if (!product || *product > kMaxTensorBytes / 16)
      return llvm::createStringError(llvm::Twine("its dimensions are too large"));
    elements = *product;
  }
  count = static_cast<size_t>(elements);
  type = RankedTensorType::get(ArrayRef<int64_t>(tensor.dims().data(), tensor.dims_size()), element);
  return llvm::Error::success();
}

llvm::Expected<ElementsAttr> TensorReader::readStrings() const {
  if (static_cast<size_t>(tensor.string_data_size()) != count)
    return llvm::createStringError("its shape has " + llvm::Twine(count) + " elements, string_data " +
                                   llvm::Twine(tensor.string_data_size()));
  SmallVector<StringRef> strings(tensor.string_data().begin(), tensor.string_data().end());
  return cast<ElementsAttr>(DenseStringElementsAttr::get(type, strings));
}

llvm::Error TensorReader::readExternal() {
  StringRef location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
  for (const pb::StringStringEntryProto &entry : tensor.external_data()) {
    uint64_t number = 0;
    const bool isNumber = !StringRef(entry.value()).getAsInteger(10, number);
    if (entry.key() == "location")
      location = entry.value();
    else if ((entry.key() == "offset" || entry.key() == "length") && !isNumber)
      return llvm::createStringError("external data: " + llvm::Twine(entry.key()) + " '" + entry.value() +
                                     "' is no byte count");
    else if (entry.key() == "offset")
      offset = number;
    else if (entry.key() == "length")
      length = number;
  }
  const uint64_t expected = llvm::divideCeil(count * bitsInFile(type.getElementType()), 8);
  llvm::Expected<MappedBytes> bytes = file.externalData(location, offset, length.value_or(expected));
  if (!bytes)
    return bytes.takeError();
  data = std::move(*bytes);
  return checkRawData();
}

/// Checks the size of packed bytes and brings them into the form that memory has.
llvm::Error TensorReader::checkRawData() {
  const uint64_t expected = llvm::divideCeil(count * bitsInFile(type.getElementType()), 8);
  if (data.bytes.size() != expected)
    return llvm::createStringError("its shape takes " + llvm::Twine(expected) + " bytes, its data has " +
                                   llvm::Twine(data.bytes.size()));
  unpackNarrow();
  normaliseBools();
  return llvm::Error::success();
}

/// Gives each element of less than a byte a byte of its own, sign-extended.
void TensorReader::unpackNarrow() {
  const unsigned bits = bitsInFile(type.getElementType());
  if (bits >= 8)
    return;
  const bool isSigned = type.getElementType().isSignlessInteger();
  std::string unpacked(count, '\0');
  for (size_t i = 0; i < count; ++i) {
    const size_t bit = i * bits;
    const uint8_t value = static_cast<uint8_t>(data.bytes[bit / 8]) >> (bit % 8) & ((1u << bits) - 1);
    const unsigned unused = 8 - bits;
    unpacked[i] = isSigned ? static_cast<char>(static_cast<int8_t>(value << unused) >> unused)
                           : static_cast<char>(value);
  }
  own(std::move(unpacked));
}

/// Makes every bool 0 or 1; a copy only if one is neither.
void TensorReader::normaliseBools() {
  if (!type.getElementType().isInteger(1) ||
      llvm::all_of(data.bytes, [](char byte) { return byte == 0 || byte == 1; }))
    return;
  std::string bools = data.bytes.str();
  for (char &byte : bools)
    byte = byte != 0;
  own(std::move(bools));
}

void TensorReader::own(std::string bytes) {
  data.file = llvm::MemoryBuffer::getMemBufferCopy(bytes);
  data.bytes = data.file->getBuffer();
}

template <typename To, typename Field>
llvm::Error TensorReader::copyTyped(const Field &field, const char *fieldName, size_t perElement) {
  if (static_cast<size_t>(field.size()) != count * perElement)
    return llvm::createStringError("its shape has " + llvm::Twine(count) + " elements, " + fieldName + " " +
                                   llvm::Twine(static_cast<size_t>(field.size()) / perElement));
  std::string bytes;
  bytes.reserve(field.size() * sizeof(To));
  for (auto value : field) {
    const To narrow = static_cast<To>(value);
    if constexpr (std::is_integral_v<To>)
      if (static_cast<decltype(value)>(narrow) != value)
        return llvm::createStringError(fieldName + (" holds " + llvm::Twine(value)) +
                                       ", outside the range of its data type");
    bytes.append(reinterpret_cast<const char *>(&narrow), sizeof(narrow));
  }
  own(std::move(bytes));
  return llvm::Error::success();
}

/// Elements of less than a byte in int32_data: a byte of them in each number.
llvm::Error TensorReader::readPackedTyped() {
  const size_t bytes = llvm::divideCeil(count * bitsInFile(type.getElementType()), 8);
  if (static_cast<size_t>(tensor.int32_data_size()) != bytes)
    return llvm::createStringError("its shape takes " + llvm::Twine(bytes) + " bytes, int32_data has " +
                                   llvm::Twine(tensor.int32_data_size()));
  std::string packed;
  for (int32_t value : tensor.int32_data())
    packed.push_back(static_cast<char>(value));
  own(std::move(packed));
  unpackNarrow();
  return llvm::Error::success();
}

/// The typed field that ONNX prescribes for the data type.
llvm::Error TensorReader::readTyped() {
  Type element = type.getElementType();
  if (auto complex = dyn_cast<ComplexType>(element))
    return complex.getElementType().isF32() ? copyTyped<float>(tensor.float_data(), "float_data", 2)
                                            : copyTyped<double>(tensor.double_data(), "double_data", 2);
  if (element.isF32())
    return copyTyped<float>(tensor.float_data(), "float_data");
  if (element.isF64())
    return copyTyped<double>(tensor.double_data(), "double_data");
  if (element.isInteger(64) && element.isSignlessInteger())
    return copyTyped<int64_t>(tensor.int64_data(), "int64_data");
  if (element.isInteger(64))
    return copyTyped<uint64_t>(tensor.uint64_data(), "uint64_data");
  if (element.isUnsignedInteger(32))
    return copyTyped<uint32_t>(tensor.uint64_data(), "uint64_data");
  const unsigned bits = bitsInFile(element);
  if (bits < 8)
    return readPackedTyped();
  const bool isSigned = element.isSignlessInteger() && !element.isInteger(1);
  llvm::Error error = bits == 32   ? copyTyped<int32_t>(tensor.int32_data(), "int32_data")
                      : bits == 16 ? isSigned ? copyTyped<int16_t>(tensor.int32_data(), "int32_data")
                                              : copyTyped<uint16_t>(tensor.int32_data(), "int32_data")
                      : isSigned   ? copyTyped<int8_t>(tensor.int32_data(), "int32_data")
                                   : copyTyped<uint8_t>(tensor.int32_data(), "int32_data");
  if (!error)
    normaliseBools();
  return error;
}

llvm::Error TensorReader::readData() {
  if (tensor.data_location() == pb::TensorProto::EXTERNAL)
    return readExternal();
  if (!tensor.has_raw_data())
    return readTyped();
  data = file.rawData(tensor);
  return checkRawData();
}

llvm::Expected<ElementsAttr> TensorReader::read() {
  if (tensor.has_segment())
    return llvm::createStringError(llvm::Twine("tensors in segments are not supported"));
  if (llvm::Error error = readType())
    return std::move(error);
  if (isa<onnx::StringType>(type.getElementType()))
    return readStrings();
  if (llvm::Error error = readData())
    return std::move(error);
  return makeAttribute(type, count, data, name);
}

} // namespace

llvm::Expected<ElementsAttr> tensorAttr(const pb::TensorProto &tensor, StringRef name, ModelFile &file,
                                        MLIRContext &context) {
  return TensorReader(tensor, name, file, context).read();
}

ElementsAttr tensorAttr(const HostTensor &tensor, StringRef name, MLIRContext &context) {
  auto type = RankedTensorType::get(tensor.shape, toMlirType(tensor.type, context));
  const size_t count = tensor.elements();
  std::shared_ptr<llvm::MemoryBuffer> bytes = llvm::MemoryBuffer::getMemBufferCopy(tensor.data);
  return makeAttribute(type, count, {bytes->getBuffer(), bytes}, name);
}

} // namespace sluice::import
