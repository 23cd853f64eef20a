//===- BlockQuantized.cpp - Weights of few bits, quantized by block -------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockQuantized.h"

#include "Families.h"
#include "Indexing.h"
#include "OperatorTable.h"

using namespace mlir;

namespace sluice::conversion {

/// The numbers at each place in the bytes, with a new dimension `dim`.
static Tensor unpackAlong(Node &node, const Tensor &packed, int64_t bits, int64_t dim) {
  Shape shape = packed.shape;
  shape.insert(shape.begin() + dim, 1);
  Tensor apart = node.reshape(packed, shape);
  llvm::SmallVector<Tensor> places;
  for (int64_t shift = 0; shift < 8; shift += bits)
    places.push_back(
        node.map(apart, node.getBuilder().getI32Type(), [&](Scalars &s, llvm::ArrayRef<Value> x) {
          return s.bitAnd(s.shiftRightUnsigned(x[0], s.integer(shift)), s.integer((1 << bits) - 1));
        }));
  return places.size() == 1 ? places.front() : node.concat(places, dim);
}

Tensor unpackApart(Node &node, const Tensor &packed, int64_t bits) {
  return unpackAlong(node, packed, bits, packed.rank() - 1);
}

Tensor unpack(Node &node, const Tensor &packed, int64_t bits, int64_t count) {
  int64_t dim = packed.rank() - 1;
  Shape whole = packed.shape;
  whole[dim] *= numbersPerByte(bits);
  Tensor all = node.reshape(unpackAlong(node, packed, bits, packed.rank()), whole);
  return whole[dim] == count ? all : node.slice(all, dim, 0, count);
}

Tensor spread(Node &node, const Tensor &parameter, int64_t dim, int64_t block, int64_t count) {
  block = std::min(block, count);
  Shape shape = parameter.shape, whole = parameter.shape;
  shape.insert(shape.begin() + dim + 1, 1);
  Tensor apart = node.reshape(parameter, shape);
  shape[dim + 1] = block;
  whole[dim] *= block;
  Tensor all = node.reshape(node.broadcast(apart, shape), whole);
  return whole[dim] == count ? all : node.slice(all, dim, 0, count);
}

Tensor dequantize(Node &node, const Tensor &numbers, const Tensor &zeros, const Tensor &scales) {
  return node.map({numbers, zeros, scales}, node.getBuilder().getF32Type(),
                  [&](Scalars &s, llvm::ArrayRef<Value> x) {
                    Value less = zeros.isReal() ? s.sub(s.toReal(x[0]), x[1]) : s.toReal(s.sub(x[0], x[1]));
                    return s.mul(less, x[2]);
                  });
}

/// Operands a [..., K], b [N, blocks, bytes of a block], scales, zero points, g_idx, bias.
static Results convertMatMulNBits(Node &node) {
  int64_t depth = node.integerAttr("K", 0), columns = node.integerAttr("N", 0),
          bits = node.integerAttr("bits", 4);
  int64_t block = node.integerAttr("block_size", 0);
  // How exact a product has to be at least; all are exact up to the operands' rounding.
  node.ignoreAttr("accuracy_level");
  node.ignoreAttr("weight_prepacked");
  const Tensor &a = node.input(0), &b = node.input(1), &groups = node.input(4), &bias = node.input(5);
  Tensor scales = node.input(2), zeros = node.input(3);
  if (bits != 2 && bits != 4 && bits != 8)
    return node.refuse("weights of " + llvm::Twine(bits) + " bits are not supported");
  if (depth < 1 || columns < 1 || block < 1 || block * bits % 8 != 0)
    return node.refuse("'K', 'N' and 'block_size' do not say the weights' shape");
  int64_t blocks = (depth + block - 1) / block;
  if (!b.element.isInteger(8))
    return node.refuse("input 1 (B) is of type " + elementName(b.element) + ", need uint8");
  if (a.shape.back() != depth)
    return node.refuseInput(0, "a last axis of K = " + llvm::Twine(depth));
  if (b.count() != countElements({columns, blocks, block * bits / 8}))
    return node.refuseInput(1, shapeText({columns, blocks, block * bits / 8}));
  if (scales.count() != countElements({columns, blocks}))
    return node.refuseInput(2, shapeText({columns, blocks}));
  if (failed(node.needShape(5, {columns})))
    return failure();
  int64_t packedBlocks = bytesOf(blocks, bits);
  Tensor weights = unpack(node, node.reshape(b, {columns, blocks * block * bits / 8}), bits, depth);
  scales = node.reshape(scales, {columns, blocks});
  OpBuilder &builder = node.getBuilder();
  if (!zeros)
    zeros = node.splat(builder.getI32Type(), {columns, blocks}, middleOf(bits));
  else if (zeros.isReal() && zeros.count() == columns * blocks)
    zeros = node.reshape(zeros, {columns, blocks});
  else if (!zeros.isReal() && zeros.count() == columns * packedBlocks)
    zeros = unpack(node, node.reshape(zeros, {columns, packedBlocks}), bits, blocks);
  else
    return node.refuseInput(3, shapeText({columns, zeros.isReal() ? blocks : packedBlocks}));
  if (groups) {
    std::optional<Shape> indices = node.knownIntegers(4, "g_idx");
    if (!indices)
      return failure();
    if (static_cast<int64_t>(indices->size()) < depth ||
        llvm::any_of(*indices, [&](int64_t index) { return index < 0 || index >= blocks; }))
      return node.refuse("'g_idx' does not name a block for each of 'K' weights");
    indices->resize(depth);
    scales = takeKnown(node, scales, 1, *indices);
    zeros = takeKnown(node, zeros, 1, *indices);
  } else {
    scales = spread(node, scales, 1, block, depth);
    zeros = spread(node, zeros, 1, block, depth);
  }
  Tensor matrix = dequantize(node, weights, zeros, scales);
  int64_t rows = a.count() / depth;
  Tensor product =
      contractReals(node, node.reshape(a, {1, rows, 1, depth}), node.reshape(matrix, {1, columns, 1, depth}));
  Shape shape = a.shape;
  shape.back() = columns;
  product = node.reshape(product, shape);
  if (!bias)
    return {{node.cast(product, a.element)}};
  return {{node.map({product, bias}, a.element,
                    [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); })}};
}

namespace {
/// A table that is quantized by block along one dimension, and elements of it by index along one, the same or
/// another.
struct QuantizedTable {
  Tensor numbers, scales, zeros; ///< `zeros` absent: `middle` everywhere
  double middle = 0;
  int64_t gatherAxis = 0, blockAxis = 0, block = 0;
  int64_t width = 0; ///< numbers along blockAxis
  int64_t bits = 0;  ///< of the numbers in a byte; 0: the elements are numbers

  bool read(Node &node);
  Tensor take(Node &node, const Tensor &indices) const;

private:
  bool readAxes(Node &node);
  Tensor toNumbers(Node &node, const Tensor &taken, int64_t count) const;
};
} // namespace

/// Bytes lie in rows that cannot be cut anywhere but in between.
bool QuantizedTable::readAxes(Node &node) {
  gatherAxis = node.normaliseAxis(gatherAxis, numbers.rank());
  blockAxis = node.normaliseAxis(blockAxis, numbers.rank());
  if (node.refused())
    return false;
  if (bits != 0 && (gatherAxis != 0 || blockAxis != numbers.rank() - 1 || blockAxis == 0)) {
    (void)node.refuse("a table of bytes has 'gather_axis' 0 and its last axis as 'quantize_axis'");
    return false;
  }
  return true;
}

bool QuantizedTable::read(Node &node) {
  gatherAxis = node.integerAttr("gather_axis", 0);
  blockAxis = node.integerAttr("quantize_axis", 1);
  block = node.integerAttr("block_size", 128);
  int64_t stated = node.integerAttr("bits", 4);
  numbers = node.input(0);
  scales = node.input(2);
  zeros = node.input(3);
  bool isByte = numbers.element.isUnsignedInteger(8), isNibble = numbers.element.getIntOrFloatBitWidth() == 4;
  if (isByte ? stated != 2 && stated != 4 && stated != 8 : !isNibble || numbers.isReal() || stated != 4) {
    (void)node.refuse("tables of " + elementName(numbers.element) + " with " + llvm::Twine(stated) +
                      " bits are not supported");
    return false;
  }
  bits = isByte ? stated : 0;
  middle = isByte ? middleOf(bits) : 0;
  if (!readAxes(node))
    return false;
  if (!llvm::isPowerOf2_64(block) || block < 0) {
    (void)node.refuse("'block_size' is not a power of two");
    return false;
  }
  width = numbers.shape[blockAxis] * (isByte ? numbersPerByte(bits) : 1);
  Shape expected = numbers.shape;
  expected[blockAxis] = llvm::divideCeil(width, block);
  if (failed(node.needShape(2, expected)))
    return false;
  if (isByte)
    expected[blockAxis] = bytesOf(expected[blockAxis], bits);
  if (failed(node.needShape(3, expected)))
    return false;
  if (zeros && zeros.element != numbers.element)
    (void)node.refuse("input 3 (zero_points) is of type " + elementName(zeros.element) + ", need " +
                      elementName(numbers.element));
  return !node.refused();
}

Tensor QuantizedTable::toNumbers(Node &node, const Tensor &taken, int64_t count) const {
  return bits == 0 ? node.cast(taken, node.getBuilder().getI32Type()) : unpack(node, taken, bits, count);
}

/// The elements, in f32, with `indices`' dimension in the gathered one's place: `indices` has rank 1.
Tensor QuantizedTable::take(Node &node, const Tensor &indices) const {
  bool isAlongBlocks = gatherAxis == blockAxis;
  Tensor blockIndices = indices;
  if (isAlongBlocks)
    blockIndices = node.map(indices, indices.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
      return s.shiftRightSigned(x[0], s.integer(llvm::Log2_64(block)));
    });
  auto takeBlocks = [&](const Tensor &parameter) {
    return gatherAlong(node, parameter, blockIndices, gatherAxis);
  };
  auto forEach = [&](const Tensor &parameter) {
    return isAlongBlocks ? parameter : spread(node, parameter, blockAxis, block, width);
  };
  Tensor points = zeros ? forEach(toNumbers(node, takeBlocks(zeros), scales.shape[blockAxis]))
                        : node.splat(node.getBuilder().getI32Type(), {}, middle);
  return dequantize(node, toNumbers(node, gatherAlong(node, numbers, indices, gatherAxis), width), points,
                    forEach(takeBlocks(scales)));
}

/// Operands data, indices, scales, zero points. What is taken is dequantized, so that the table stays packed.
static Results convertGatherBlockQuantized(Node &node) {
  QuantizedTable table;
  if (!table.read(node))
    return failure();
  const Tensor &given = node.input(1);
  Tensor indices = wrapIndices(node, given, table.numbers.shape[table.gatherAxis]);
  if (node.refused())
    return failure();
  Tensor result = table.take(node, node.reshape(indices, {indices.count()}));
  Shape shape(result.shape.begin(), result.shape.begin() + table.gatherAxis);
  shape.append(given.shape);
  shape.append(result.shape.begin() + table.gatherAxis + 1, result.shape.end());
  return {{node.cast(node.reshape(result, shape), table.scales.element)}};
}

void addBlockQuantized(OperatorTable &table) {
  table.add("MatMulNBits", 1,
            "A:real[1..] B:integer scales:real zero_points?:number g_idx?:integer bias?:real",
            convertMatMulNBits, onnx::kMicrosoftDomain);
  table.add("GatherBlockQuantized", 1,
            "data:integer[2..] indices:integer scales:real zero_points?:integer[1..]",
            convertGatherBlockQuantized, onnx::kMicrosoftDomain);
}

} // namespace sluice::conversion
