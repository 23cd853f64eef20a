//===- Npy.cpp - NumPy's array files --------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   \x93NUMPY  major:1 minor:1  headerLength:2 (version 1) or 4  header  data
//
// The header is a Python dictionary literal with the keys 'descr',
// 'fortran_order' and 'shape', in any order, padded with spaces.
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/HostTensor.h"
#include "sluice/Support/Strings.h"

#include <algorithm>
#include <limits>
#include <optional>

using namespace sluice;

static constexpr std::string_view kMagic = "\x93NUMPY";

namespace {

struct Header {
  std::optional<std::string_view> descr;
  std::optional<bool> fortranOrder;
  std::optional<std::vector<int64_t>> shape;
};

/// Recursive descent over the part of Python's literals that headers use.
class HeaderParser {
public:
  explicit HeaderParser(std::string_view text) : rest(text) {}

  absl::StatusOr<Header> parse() {
    Header header;
    if (!take('{'))
      return malformed("does not start with '{'");
    while (!take('}')) {
      std::optional<std::string_view> key = takeString();
      if (!key || !take(':'))
        return malformed("has a key that is not a string followed by ':'");
      if (absl::Status status = parseValue(*key, header); !status.ok())
        return status;
      if (!take(',') && !peek('}'))
        return malformed("lacks a ',' between entries");
    }
    skipSpace();
    if (!rest.empty())
      return malformed("goes on after '}'");
    if (!header.descr || !header.fortranOrder || !header.shape)
      return malformed("lacks 'descr', 'fortran_order' or 'shape'");
    return header;
  }

private:
  static absl::Status malformed(std::string_view what) { return invalidArgument("the .npy header ", what); }

  absl::Status parseValue(std::string_view key, Header &header) {
    if (key == "descr") {
      header.descr = takeString();
      return header.descr ? absl::OkStatus()
                          : invalidArgument("the array is structured; only plain element types are read");
    }
    if (key == "fortran_order") {
      header.fortranOrder = takeBool();
      return header.fortranOrder ? absl::OkStatus() : malformed("has a 'fortran_order' that is no bool");
    }
    if (key == "shape") {
      header.shape = takeShape();
      return header.shape ? absl::OkStatus() : malformed("has a 'shape' that is no tuple of integers");
    }
    return malformed(concat("has the unknown key '", key, "'"));
  }

  void skipSpace() {
    size_t end = rest.find_first_not_of(" \t\n\r\v\f");
    rest.remove_prefix(std::min(end, rest.size()));
  }
  bool peek(char expected) {
    skipSpace();
    return rest.starts_with(expected);
  }
  bool take(char expected) {
    if (!peek(expected))
      return false;
    rest.remove_prefix(1);
    return true;
  }
  bool takeWord(std::string_view word) {
    skipSpace();
    if (!rest.starts_with(word))
      return false;
    rest.remove_prefix(word.size());
    return true;
  }
  std::optional<bool> takeBool() {
    if (takeWord("True"))
      return true;
    if (takeWord("False"))
      return false;
    return std::nullopt;
  }
  std::optional<std::string_view> takeString() {
    skipSpace();
    if (rest.empty() || (rest[0] != '\'' && rest[0] != '"'))
      return std::nullopt;
    size_t end = rest.find(rest[0], 1);
    if (end == std::string_view::npos)
      return std::nullopt;
    std::string_view text = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    return text;
  }
  std::optional<std::vector<int64_t>> takeShape() {
    std::vector<int64_t> shape;
    if (!take('('))
      return std::nullopt;
    while (!take(')')) {
      std::optional<int64_t> dimension = takeInteger();
      if (!dimension)
        return std::nullopt;
      shape.push_back(*dimension);
      if (!take(',') && !peek(')'))
        return std::nullopt;
    }
    return shape;
  }
  std::optional<int64_t> takeInteger() {
    skipSpace();
    constexpr int64_t limit = std::numeric_limits<int64_t>::max();
    int64_t value = 0;
    size_t digits = 0;
    for (; digits != rest.size() && rest[digits] >= '0' && rest[digits] <= '9'; ++digits) {
      int64_t digit = rest[digits] - '0';
      if (value > (limit - digit) / 10)
        return std::nullopt;
      value = value * 10 + digit;
    }
    if (digits == 0)
      return std::nullopt;
    rest.remove_prefix(digits);
    if (rest.starts_with('L')) // Python 2 wrote long integers so.
      rest.remove_prefix(1);
    return value;
  }

  std::string_view rest;
};

absl::StatusOr<ElementType> parseDescr(std::string_view descr) {
  std::string_view code = descr.empty() ? descr : descr.substr(1);
  const std::optional<ElementType> found = elementTypeOfCode(code);
  if (descr.starts_with('>') && found)
    return invalidArgument("the array is big endian ('", descr, "'); write it with dtype '<", code, "'");
  if (!found || (descr[0] != '<' && descr[0] != '|' && descr[0] != '='))
    return invalidArgument("the element type '", descr, "' is not supported");
  return *found;
}

/// Reorders column-major bytes to row-major.
std::string fromFortranOrder(std::string_view data, const std::vector<int64_t> &shape, size_t bytes) {
  const size_t rank = shape.size();
  std::vector<size_t> stride(rank), index(rank, 0);
  size_t step = bytes;
  for (size_t axis = 0; axis != rank; ++axis) {
    stride[axis] = step;
    step *= static_cast<size_t>(shape[axis]);
  }
  std::string result;
  result.reserve(data.size());
  size_t source = 0;
  while (result.size() != data.size()) {
    result.append(data, source, bytes);
    for (size_t axis = rank; axis-- != 0;) {
      source += stride[axis];
      if (++index[axis] != static_cast<size_t>(shape[axis]))
        break;
      source -= stride[axis] * index[axis];
      index[axis] = 0;
    }
  }
  return result;
}

/// Unsigned little-endian integer of `size` bytes at `offset`.
uint32_t littleEndian(std::string_view bytes, size_t offset, size_t size) {
  uint32_t value = 0;
  for (size_t byte = size; byte-- != 0;)
    value = value << 8 | static_cast<uint8_t>(bytes[offset + byte]);
  return value;
}

} // namespace

absl::StatusOr<HostTensor> sluice::parseNpy(std::string_view bytes) {
  if (!bytes.starts_with(kMagic))
    return invalidArgument("not a .npy file: the magic bytes are missing");
  const size_t versionAt = kMagic.size(), lengthAt = versionAt + 2;
  if (bytes.size() < lengthAt)
    return invalidArgument("the .npy file ends inside its header");
  const unsigned major = static_cast<uint8_t>(bytes[versionAt]);
  if (major < 1 || major > 3)
    return invalidArgument(".npy version ", major, " is not supported (1 to 3 are)");
  const size_t lengthBytes = major == 1 ? 2 : 4, headerAt = lengthAt + lengthBytes;
  if (bytes.size() < headerAt)
    return invalidArgument("the .npy file ends inside its header");
  const size_t length = littleEndian(bytes, lengthAt, lengthBytes);
  if (bytes.size() - headerAt < length)
    return invalidArgument("the .npy file ends inside its header");

  absl::StatusOr<Header> header = HeaderParser(bytes.substr(headerAt, length)).parse();
  if (!header.ok())
    return header.status();
  absl::StatusOr<ElementType> type = parseDescr(*header->descr);
  if (!type.ok())
    return type.status();
  absl::StatusOr<size_t> size = tensorBytes(*type, *header->shape);
  if (!size.ok())
    return size.status();
  const std::string_view data = bytes.substr(headerAt + length);
  if (data.size() != *size)
    return invalidArgument("the .npy file holds ", data.size(), " bytes of data, its shape needs ", *size);

  HostTensor tensor;
  tensor.type = *type;
  tensor.shape = std::move(*header->shape);
  tensor.data = *header->fortranOrder && tensor.shape.size() > 1
                    ? fromFortranOrder(data, tensor.shape, elementBytes(*type))
                    : std::string(data);
  if (tensor.type == ElementType::Bool)
    for (char &byte : tensor.data)
      byte = byte != 0;
  return tensor;
}

std::string sluice::formatNpy(const HostTensor &tensor) {
  std::string header = concat("{'descr': '", elementBytes(tensor.type) == 1 ? "|" : "<",
                              arrayCode(tensor.type), "', 'fortran_order': False, 'shape': (");
  for (size_t axis = 0; axis != tensor.shape.size(); ++axis)
    header += concat(axis == 0 ? "" : ", ", tensor.shape[axis]);
  header += tensor.shape.size() == 1 ? ",), }" : "), }";

  // NumPy aligns the data to 64 bytes and ends the header with a newline.
  constexpr size_t alignment = 64;
  const size_t prefix = kMagic.size() + 4;
  header.append(alignment - 1 - (prefix + header.size()) % alignment, ' ');
  header += '\n';

  std::string result(kMagic);
  result += '\x01';
  result += '\x00';
  result += static_cast<char>(header.size() & 0xff);
  result += static_cast<char>(header.size() >> 8);
  result.reserve(result.size() + header.size() + tensor.data.size());
  result += header;
  result += tensor.data;
  return result;
}
