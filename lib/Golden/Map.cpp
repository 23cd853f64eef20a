//===- Map.cpp - Elementwise functions --------------------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"
#include "Parallel.h"

#include "dialects/stensor/ScalarOps.h"

#include <cstring>

using namespace mlir;
using sluice::numerics::ScalarOp;

namespace sluice::golden {

/// Elements that go through the body together.
static constexpr int64_t kBlock = 1024;
/// Elements below which threads cost more than they bring.
static constexpr int64_t kParallel = 64 * kBlock;

//===----------------------------------------------------------------------===//
// The body as steps over registers
//===----------------------------------------------------------------------===//

namespace {

struct RegisterStep {
  ScalarOp op;
  int operands[3] = {-1, -1, -1};
  int result;
};

struct RegisterConstant {
  int index;
  uint32_t value;
};

/// A body whose values are numbered registers; inputs are the first ones.
struct RegisterProgram {
  int registers = 0;
  SmallVector<RegisterStep> steps;
  SmallVector<RegisterConstant> constants;
  SmallVector<int> results;

  explicit RegisterProgram(Block &body);
};

} // namespace

RegisterProgram::RegisterProgram(Block &body) {
  llvm::SmallDenseMap<Value, int> registerOf;
  for (Value argument : body.getArguments())
    registerOf[argument] = registers++;
  auto addConstant = [&](uint32_t value) {
    constants.push_back({registers, value});
    return registers++;
  };
  for (Operation &op : body.without_terminator()) {
    if (std::optional<uint32_t> value = stensor::scalarConstant(&op)) {
      registerOf[op.getResult(0)] = addConstant(*value);
      continue;
    }
    std::optional<stensor::ScalarStep> scalar = stensor::scalarStep(&op);
    assert(scalar && "the map's verifier lets nothing else through");
    if (scalar->isMove()) {
      registerOf[op.getResult(0)] = registerOf.at(op.getOperand(0));
      continue;
    }
    RegisterStep step{.op = *scalar->op, .result = -1};
    unsigned count = 0;
    for (unsigned operand : scalar->operands)
      step.operands[count++] = registerOf.at(op.getOperand(operand));
    if (scalar->immediate)
      step.operands[count] = addConstant(*scalar->immediate);
    step.result = registerOf[op.getResult(0)] = registers++;
    steps.push_back(step);
  }
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(registerOf.at(value));
}

//===----------------------------------------------------------------------===//
// Elements to registers and back
//===----------------------------------------------------------------------===//

template <class T>
static void widen(const char *source, uint32_t *out, int64_t count) {
  const T *values = reinterpret_cast<const T *>(source);
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<uint32_t>(static_cast<int32_t>(values[i]));
}

/// Registers of `count` consecutive elements (see ScalarOps.h for their form).
static void load(Type type, const char *source, uint32_t *out, int64_t count) {
  if (type.isF16())
    numerics::halfToFloat(reinterpret_cast<const uint16_t *>(source), out, count);
  else if (type.isInteger(16))
    widen<int16_t>(source, out, count);
  else if (type.isInteger(8))
    widen<int8_t>(source, out, count);
  else if (type.isInteger(1))
    widen<uint8_t>(source, out, count);
  else
    std::memcpy(out, source, count * sizeof(uint32_t));
}

template <class T>
static void narrow(const uint32_t *values, char *target, int64_t count) {
  T *out = reinterpret_cast<T *>(target);
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<T>(values[i]);
}

static void store(Type type, const uint32_t *values, char *target, int64_t count) {
  if (type.isF16())
    numerics::floatToHalf(values, reinterpret_cast<uint16_t *>(target), count);
  else if (type.isInteger(16))
    narrow<uint16_t>(values, target, count);
  else if (type.isInteger(8) || type.isInteger(1))
    narrow<uint8_t>(values, target, count);
  else
    std::memcpy(target, values, count * sizeof(uint32_t));
}

//===----------------------------------------------------------------------===//
// Broadcasting
//===----------------------------------------------------------------------===//

namespace {

/// The map's shape with neighbouring dimensions joined where every input allows it, and
/// for each input its element strides (0 where it is broadcast). The innermost
/// stride is 0 or 1.
struct IterationSpace {
  SmallVector<int64_t> sizes;
  SmallVector<SmallVector<int64_t>> strides; ///< [input][dimension]

  IterationSpace(ArrayRef<int64_t> shape, Operands inputs);
  /// Registers of the elements [first, first + count) of an input.
  void load(const TensorValue &input, size_t number, int64_t first, int64_t count, uint32_t *out) const;
};

} // namespace

static SmallVector<int64_t> broadcastStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 0);
  int64_t stride = 1;
  for (size_t dim = shape.size(); dim-- > 0;) {
    strides[dim] = shape[dim] == 1 ? 0 : stride;
    stride *= shape[dim];
  }
  return strides;
}

IterationSpace::IterationSpace(ArrayRef<int64_t> shape, Operands inputs) : strides(inputs.size()) {
  SmallVector<SmallVector<int64_t>> all;
  for (const TensorValue &input : inputs)
    all.push_back(broadcastStrides(input.shape()));
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    if (shape[dim] == 1)
      continue;
    bool joins = !sizes.empty();
    for (size_t i = 0; joins && i < all.size(); ++i)
      joins = strides[i].back() == all[i][dim] * shape[dim];
    if (joins)
      sizes.back() *= shape[dim];
    else
      sizes.push_back(shape[dim]);
    for (size_t i = 0; i < all.size(); ++i) {
      if (joins)
        strides[i].back() = all[i][dim];
      else
        strides[i].push_back(all[i][dim]);
    }
  }
  if (!sizes.empty())
    return;
  sizes.push_back(1);
  for (SmallVector<int64_t> &stride : strides)
    stride.push_back(0);
}

void IterationSpace::load(const TensorValue &input, size_t number, int64_t first, int64_t count,
                          uint32_t *out) const {
  Type type = input.elementType();
  const char *data = input.bytes().data();
  int64_t width = input.elementBytes();
  ArrayRef<int64_t> stride = strides[number];
  size_t last = sizes.size() - 1;
  SmallVector<int64_t> index(sizes.size());
  int64_t rest = first, offset = 0;
  for (size_t dim = sizes.size(); dim-- > 0;) {
    index[dim] = rest % sizes[dim];
    rest /= sizes[dim];
    offset += index[dim] * stride[dim];
  }
  while (count > 0) {
    int64_t run = std::min(count, sizes[last] - index[last]);
    if (stride[last] == 0) {
      golden::load(type, data + offset * width, out, 1);
      std::fill(out + 1, out + run, out[0]);
    } else {
      golden::load(type, data + offset * width, out, run);
    }
    out += run;
    count -= run;
    index[last] += run;
    offset += run * stride[last];
    for (size_t dim = last; dim > 0 && index[dim] == sizes[dim]; --dim) {
      offset += stride[dim - 1] - sizes[dim] * stride[dim];
      index[dim] = 0;
      ++index[dim - 1];
    }
  }
}

//===----------------------------------------------------------------------===//
// The operation
//===----------------------------------------------------------------------===//

TensorValues evaluateMap(stensor::MapOp op, Operands inputs) {
  RegisterProgram program(op.getBlock());
  IterationSpace space(op.getShape(), inputs);
  TensorValues results;
  for (Type type : op.getResultTypes())
    results.emplace_back(cast<RankedTensorType>(type));
  int64_t total = results.front().elements();
  int64_t block = std::min(kBlock, total);

  auto run = [&](int64_t first, int64_t end) {
    std::vector<uint32_t> registers(program.registers * block);
    auto at = [&](int index) { return index < 0 ? nullptr : registers.data() + index * block; };
    for (const RegisterConstant &constant : program.constants)
      std::fill_n(at(constant.index), block, constant.value);
    for (; first < end; first += block) {
      int64_t count = std::min(block, end - first);
      for (auto [number, input] : llvm::enumerate(inputs))
        space.load(input, number, first, count, at(static_cast<int>(number)));
      for (const RegisterStep &step : program.steps)
        numerics::evaluate(step.op, at(step.operands[0]), at(step.operands[1]), at(step.operands[2]),
                           at(step.result), count);
      for (auto [result, index] : llvm::zip_equal(results, program.results))
        store(result.elementType(), at(index), result.mutableBytes().data() + first * result.elementBytes(),
              count);
    }
  };
  if (total < 2 * kParallel) {
    run(0, total);
    return results;
  }
  parallelFor((total + kParallel - 1) / kParallel,
              [&](size_t part) { run(part * kParallel, std::min<int64_t>(total, (part + 1) * kParallel)); });
  return results;
}

} // namespace sluice::golden
