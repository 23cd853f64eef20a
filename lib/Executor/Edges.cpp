//===- Edges.cpp - Tensors into and out of cards' memory ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Edges.h"
#include "LoopPlaces.h"

#include "sluice/Support/Escape.h"
#include "sluice/Support/InputFiles.h"
#include "sluice/Support/Strings.h"

#include <algorithm>
#include <cstring>

using namespace sluice;
using namespace sluice::executor;
using binary::proto::Placement;
using verifier::TensorLayout;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

template <typename T>
static T elementAt(const std::string &data, size_t index) {
  T value;
  std::memcpy(&value, data.data() + index * sizeof(T), sizeof(T));
  return value;
}

/// Each `From` of `data`, as a `To`.
template <typename From, typename To>
static std::string convertAll(const std::string &data) {
  std::string converted(data.size() / sizeof(From) * sizeof(To), '\0');
  for (size_t index = 0; index != data.size() / sizeof(From); ++index) {
    const To value = static_cast<To>(elementAt<From>(data, index));
    std::memcpy(converted.data() + index * sizeof(To), &value, sizeof(To));
  }
  return converted;
}

static std::string toMachineType(const TensorLayout &layout, const std::string &data) {
  switch (layout.userType) {
  case ElementType::Int64:
    return convertAll<int64_t, int32_t>(data);
  case ElementType::UInt64:
    return convertAll<uint64_t, uint32_t>(data);
  case ElementType::Double:
    return convertAll<double, float>(data);
  case ElementType::Bool:
    return convertAll<uint8_t, bool>(data);
  default:
    return data;
  }
}

static std::string toUserType(const TensorLayout &layout, std::string data) {
  switch (layout.userType) {
  case ElementType::Int64:
    return convertAll<int32_t, int64_t>(data);
  case ElementType::UInt64:
    return convertAll<uint32_t, uint64_t>(data);
  case ElementType::Double:
    return convertAll<float, double>(data);
  default:
    return data;
  }
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

static std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (size_t i = 0; i != shape.size(); ++i)
    text = concat(text, i == 0 ? "" : ", ", shape[i]);
  return text + "]";
}

static std::string inputFault(const TensorLayout &layout, const HostTensor &tensor) {
  if (tensor.type != layout.userType && tensor.type != arrayType(layout.userType))
    return concat("needs type ", typeText(layout.userType), ", has ", elementName(tensor.type));
  if (tensor.shape != layout.shape)
    return concat("needs shape ", shapeText(layout.shape), ", has ", shapeText(tensor.shape));
  const size_t bytes = layout.elements * elementBytes(layout.userType);
  if (tensor.data.size() != bytes)
    return concat("needs ", bytes, " bytes, has ", tensor.data.size());
  return rangeFault(layout.userType, tensor.data);
}

absl::Status executor::checkInputs(const std::vector<BoundTensor> &bindings, const TensorMap &inputs) {
  std::string faults;
  auto add = [&](const std::string &name, const std::string &fault) {
    faults = concat(faults, faults.empty() ? "" : "\n", "input '", escapeLine(name), "': ", fault);
  };
  for (const BoundTensor &bound : bindings) {
    auto found = inputs.find(bound.binding->name());
    if (found == inputs.end())
      add(bound.binding->name(),
          concat("missing; needs ", typeText(bound.layout.userType), " ", shapeText(bound.layout.shape)));
    else if (std::string fault = inputFault(bound.layout, found->second); !fault.empty())
      add(bound.binding->name(), fault);
  }
  std::vector<std::string> declared;
  for (const BoundTensor &bound : bindings)
    declared.push_back(bound.binding->name());
  for (const auto &[name, tensor] : inputs)
    if (std::find(declared.begin(), declared.end(), name) == declared.end())
      add(name, unknownInput(declared));
  return faults.empty() ? absl::OkStatus() : absl::InvalidArgumentError(faults);
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// Calls visit(user element) for the elements in the order of the permuted dimensions.
template <typename Visit>
static void forEachPermuted(const TensorLayout &layout, Visit &&visit) {
  std::vector<int64_t> index(layout.permuted.size());
  size_t element = 0;
  for (size_t count = layout.elements; count != 0; --count) {
    visit(element);
    for (size_t dim = index.size(); dim-- != 0;) {
      element += layout.strides[dim];
      if (++index[dim] != layout.permuted[dim])
        break;
      element -= layout.strides[dim] * size_t(index[dim]);
      index[dim] = 0;
    }
  }
}

/// `data` in the order of the permuted dimensions.
static std::string toPermuted(const TensorLayout &layout, std::string data) {
  if (layout.inUserOrder())
    return data;
  const size_t bytes = elementBytes(layout.machineType);
  std::string permuted;
  permuted.reserve(data.size());
  forEachPermuted(layout, [&](size_t element) { permuted.append(data, element * bytes, bytes); });
  return permuted;
}

/// The reverse of toPermuted.
static std::string fromPermuted(const TensorLayout &layout, std::string permuted) {
  if (layout.inUserOrder())
    return permuted;
  const size_t bytes = elementBytes(layout.machineType);
  std::string data(permuted.size(), '\0');
  size_t next = 0;
  forEachPermuted(layout, [&](size_t element) {
    std::memcpy(data.data() + element * bytes, permuted.data() + next, bytes);
    next += bytes;
  });
  return data;
}

/// The word of vector first + i.
static uint32_t addressOf(const Placement &placement, uint64_t i) {
  return uint32_t(int64_t(placement.address()) + int64_t(i) * placement.step());
}

/// Calls visit(lane bytes, first element, count) for each vector of a placement, one
/// byte plane after another.
template <typename Visit>
static void forEachVector(const Placement &placement, const TensorLayout &layout, size_t lanes,
                          const WordAccess &word, Visit &&visit) {
  for (int byte = 0; byte != placement.slices_size(); ++byte)
    for (uint64_t i = 0; i != placement.count(); ++i) {
      const uint64_t vector = placement.first() + i;
      const size_t chunk = vector / layout.outer;
      const size_t first = vector % layout.outer * layout.laneElements + chunk * lanes;
      const size_t count = std::min(lanes, layout.laneElements - chunk * lanes);
      visit(size_t(byte),
            word(placement.card(), placement.hemisphere(), placement.slices(byte), addressOf(placement, i)),
            first, count);
    }
}

/// Copies `data`, in the user's order, as loops say.
static void copyByLoops(const BoundTensor &bound, const std::string &data, size_t lanes,
                        const WordAccess &word) {
  const size_t bytes = elementBytes(bound.layout.machineType);
  LoopPlaces places(bound.layout, lanes);
  for (const Placement &placement : bound.binding->placements())
    for (uint64_t i = 0; i != placement.count(); ++i) {
      const std::vector<size_t> &elements = places.elementsOf(placement.first() + i);
      for (int byte = 0; byte != placement.slices_size(); ++byte) {
        uint8_t *out =
            word(placement.card(), placement.hemisphere(), placement.slices(byte), addressOf(placement, i));
        for (size_t lane = 0; lane != lanes; ++lane)
          out[lane] =
              elements[lane] == LoopPlaces::kNone ? 0 : uint8_t(data[elements[lane] * bytes + size_t(byte)]);
      }
    }
}

/// Byte plane `byte` of `count` elements of `bytes` bytes each.
template <size_t bytes>
static void copyPlane(const char *elements, size_t byte, uint8_t *out, size_t count) {
  for (size_t lane = 0; lane != count; ++lane)
    out[lane] = uint8_t(elements[lane * bytes + byte]);
}

static void copyPlane(size_t bytes, const char *elements, size_t byte, uint8_t *out, size_t count) {
  switch (bytes) {
  case 1:
    return copyPlane<1>(elements, byte, out, count);
  case 2:
    return copyPlane<2>(elements, byte, out, count);
  default:
    return copyPlane<4>(elements, byte, out, count);
  }
}

void executor::copyIn(const BoundTensor &bound, const HostTensor &tensor, size_t lanes,
                      const WordAccess &word) {
  const TensorLayout &layout = bound.layout;
  if (layout.hasLoops())
    return copyByLoops(bound, toMachineType(layout, tensor.data), lanes, word);
  const size_t bytes = elementBytes(layout.machineType);
  const std::string permuted = toPermuted(layout, toMachineType(layout, tensor.data));
  for (const Placement &placement : bound.binding->placements())
    forEachVector(placement, layout, lanes, word, [&](size_t byte, uint8_t *out, size_t first, size_t count) {
      copyPlane(bytes, permuted.data() + first * bytes, byte, out, count);
      std::memset(out + count, layout.replicated() ? uint8_t(permuted[first * bytes + byte]) : 0,
                  lanes - count);
    });
}

HostTensor executor::copyOut(const BoundTensor &bound, size_t lanes, const WordAccess &word) {
  const TensorLayout &layout = bound.layout;
  const size_t bytes = elementBytes(layout.machineType);
  std::string permuted(layout.elements * bytes, '\0');
  for (const Placement &placement : bound.binding->placements())
    forEachVector(placement, layout, lanes, word,
                  [&](size_t byte, const uint8_t *in, size_t first, size_t count) {
                    for (size_t lane = 0; lane != count; ++lane)
                      permuted[(first + lane) * bytes + byte] = char(in[lane]);
                  });
  return {layout.userType, layout.shape, toUserType(layout, fromPermuted(layout, std::move(permuted)))};
}
