//===- Windows.cpp - Geometry of convolution and pooling ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include <limits>

using namespace mlir;

namespace sluice::conversion {

/// The attribute, or `count` ones; refuses a wrong length or a value below 1.
static Shape positives(Node &node, llvm::StringRef name, size_t count) {
  Shape values = node.integersAttr(name).value_or(Shape(count, 1));
  if (values.size() != count || llvm::any_of(values, [](int64_t value) { return value < 1; })) {
    (void)node.refuseAt("attribute '" + name + "' needs " + llvm::Twine(count) + " positive values");
    return Shape(count, 1);
  }
  return values;
}

std::optional<Windows> readWindows(Node &node, llvm::ArrayRef<int64_t> sizes,
                                   llvm::ArrayRef<int64_t> spatial) {
  size_t count = spatial.size();
  llvm::StringRef autoPad = node.stringAttr("auto_pad", "NOTSET");
  bool ceil = node.integerAttr("ceil_mode", 0);
  Windows windows;
  windows.strides = positives(node, "strides", count);
  windows.dilations = positives(node, "dilations", count);
  Shape pads = node.integersAttr("pads").value_or(Shape(2 * count, 0));
  windows.sizes.assign(sizes.begin(), sizes.end());
  if (sizes.size() != count || pads.size() != 2 * count) {
    (void)node.refuseAt("'kernel_shape' or 'pads' does not fit " + llvm::Twine(count) +
                        " spatial dimensions");
    return std::nullopt;
  }
  constexpr int64_t widest = std::numeric_limits<int32_t>::max();
  if (llvm::any_of(sizes, [](int64_t size) { return size < 1 || size > widest; })) {
    (void)node.refuse("a window has shape " + shapeText(sizes));
    return std::nullopt;
  }
  bool same = autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER";
  if (!same && autoPad != "VALID" && autoPad != "NOTSET") {
    (void)node.refuse("auto_pad = '" + autoPad + "' is not supported");
    return std::nullopt;
  }
  if (autoPad == "VALID")
    pads.assign(2 * count, 0);
  for (size_t dim = 0; dim < count; ++dim) {
    int64_t stride = windows.strides[dim], extent = (sizes[dim] - 1) * windows.dilations[dim] + 1;
    int64_t low = pads[dim], high = pads[count + dim], size = spatial[dim];
    if (same) {
      int64_t positions = (size + stride - 1) / stride;
      int64_t total = std::max<int64_t>(0, (positions - 1) * stride + extent - size);
      low = autoPad == "SAME_UPPER" ? total / 2 : total - total / 2;
      high = total - low;
    }
    int64_t room = size + low + high - extent;
    if (room < 0) {
      (void)node.refuseAt("a window of " + llvm::Twine(extent) + " elements does not fit the " +
                          llvm::Twine(size + low + high) + " of spatial dimension " + llvm::Twine(dim));
      return std::nullopt;
    }
    int64_t positions = room / stride + 1;
    if (ceil && !same && room % stride != 0 && positions * stride < size + low)
      ++positions; // a window that starts within the input or the padding before it
    windows.low.push_back(low);
    windows.high.push_back(high);
    windows.positions.push_back(positions);
    windows.overhang.push_back(std::max<int64_t>(0, (positions - 1) * stride - room));
  }
  return windows;
}

Tensor channelsLast(Node &node, const Tensor &input) {
  Shape order = {0};
  for (int64_t dim = 2; dim < input.rank(); ++dim)
    order.push_back(dim);
  order.push_back(1);
  return node.transpose(input, order);
}

Tensor channelsFirst(Node &node, const Tensor &input) {
  Shape order = {0, input.rank() - 1};
  for (int64_t dim = 1; dim + 1 < input.rank(); ++dim)
    order.push_back(dim);
  return node.transpose(input, order);
}

} // namespace sluice::conversion
