//===- TileInterpreter.cpp - Runs tile programs in tests ------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileInterpreter.h"

#include "lib/Conversion/Images/ImageMaker.h"

#include "dialects/stensor/ScalarOps.h"
#include "dialects/stensor/StensorDialect.h"
#include "dialects/tile/TileDialect.h"
#include "sluice/Numerics/Dot.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cstring>
#include <numeric>
#include <set>

using namespace mlir;

namespace sluice::test {

/// The row-major number of the element in each (vector, lane) of a container layout, -1 for none.
static std::vector<std::vector<int64_t>> placesOf(RankedTensorType type, ArrayRef<int64_t> permutation,
                                                  int64_t laneDims, int64_t lanes) {
  if (type.getNumElements() == 0)
    return {};
  std::vector<int64_t> strides(type.getRank(), 1);
  for (int64_t d = type.getRank() - 2; d >= 0; --d)
    strides[d] = strides[d + 1] * type.getDimSize(d + 1);
  int64_t inner = 1;
  for (int64_t d : permutation.take_back(laneDims))
    inner *= type.getDimSize(d);
  int64_t rows = type.getNumElements() / inner, chunks = (inner + lanes - 1) / lanes;
  std::vector<std::vector<int64_t>> vectors(rows * chunks, std::vector<int64_t>(lanes, -1));
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    int64_t rest = i, element = 0;
    for (int64_t d : llvm::reverse(permutation)) {
      element += rest % type.getDimSize(d) * strides[d];
      rest /= type.getDimSize(d);
    }
    std::vector<int64_t> &vector = vectors[i % inner / lanes * rows + i / inner];
    if (inner == 1)
      std::fill(vector.begin(), vector.end(), element);
    else
      vector[i % inner % lanes] = element;
  }
  return vectors;
}

/// The same for a layout by loops, counted through.
static std::vector<std::vector<int64_t>> placesOfLoops(RankedTensorType type, ArrayRef<int64_t> rows,
                                                       ArrayRef<int64_t> laneLoops, ArrayRef<int64_t> offsets,
                                                       int64_t lanes) {
  auto enumerate = [](ArrayRef<int64_t> loops, const std::vector<int64_t> &start) {
    std::vector<std::vector<int64_t>> indices{start};
    for (size_t l = 0; l < loops.size(); l += 3) {
      std::vector<std::vector<int64_t>> longer;
      for (std::vector<int64_t> index : indices)
        for (int64_t i = 0; i < loops[l + 1]; ++i, index[loops[l]] += loops[l + 2])
          longer.push_back(index);
      indices = std::move(longer);
    }
    return indices;
  };
  auto starts = enumerate(rows, offsets.vec());
  auto steps = enumerate(laneLoops, std::vector<int64_t>(offsets.size()));
  int64_t chunks = (steps.size() + lanes - 1) / lanes;
  std::vector<std::vector<int64_t>> vectors(starts.size() * chunks, std::vector<int64_t>(lanes, -1));
  for (auto [row, start] : llvm::enumerate(starts))
    for (auto [lane, step] : llvm::enumerate(steps)) {
      int64_t element = 0;
      for (int64_t d = 0; d < type.getRank() && element >= 0; ++d) {
        int64_t at = start[d] + step[d];
        bool isInside = at >= 0 && at < type.getDimSize(d);
        element = isInside ? element * type.getDimSize(d) + at : -1;
      }
      vectors[lane / lanes * starts.size() + row][lane % lanes] = element;
    }
  return vectors;
}

TileInterpreter::TileInterpreter(ModuleOp module, const target::Target &target, unsigned cardCount)
    : module(module), target(target), cards(cardCount) {}

const std::string &TileInterpreter::read(Card &card, Operation *op, Value buffer, int64_t vector) {
  std::string &content = at(card, buffer, vector);
  if (content.empty()) {
    std::string text;
    llvm::raw_string_ostream(text) << "unwritten vector " << vector << " read by " << op->getName() << " at "
                                   << op->getLoc();
    problems.push_back(text);
    content.assign(target.lanes() * cast<tile::BufferType>(buffer.getType()).getBytes(), '\x5a');
  }
  return content;
}

static int64_t widthOf(Type type) { return type.isInteger(1) ? 1 : type.getIntOrFloatBitWidth() / 8; }

static uint32_t load(Type type, const char *from) {
  uint32_t bits = 0;
  std::memcpy(&bits, from, widthOf(type));
  if (type.isF16())
    return numerics::halfToFloat(static_cast<uint16_t>(bits));
  if (type.isInteger(8))
    return static_cast<uint32_t>(static_cast<int32_t>(static_cast<int8_t>(bits)));
  if (type.isInteger(16))
    return static_cast<uint32_t>(static_cast<int32_t>(static_cast<int16_t>(bits)));
  return bits;
}

static void store(Type type, uint32_t value, char *to) {
  if (type.isF16())
    value = numerics::floatToHalf(value);
  std::memcpy(to, &value, widthOf(type));
}

std::vector<std::string> TileInterpreter::runBody(Block &body, const std::vector<std::string> &arguments) {
  size_t lanes = target.lanes();
  llvm::DenseMap<Value, std::vector<uint32_t>> registers;
  for (auto [argument, content] : llvm::zip_equal(body.getArguments(), arguments)) {
    std::vector<uint32_t> &values = registers[argument];
    for (size_t lane = 0; lane < lanes; ++lane)
      values.push_back(load(argument.getType(), content.data() + lane * widthOf(argument.getType())));
  }
  for (Operation &op : body.without_terminator()) {
    std::vector<uint32_t> result(lanes);
    if (std::optional<uint32_t> constant = stensor::scalarConstant(&op)) {
      std::fill(result.begin(), result.end(), *constant);
    } else {
      stensor::ScalarStep step = *stensor::scalarStep(&op);
      std::vector<std::vector<uint32_t>> operands;
      for (unsigned operand : step.operands)
        operands.push_back(registers.at(op.getOperand(operand)));
      if (step.immediate)
        operands.emplace_back(lanes, *step.immediate);
      operands.resize(3, std::vector<uint32_t>(lanes));
      if (step.isMove())
        result = operands[0];
      else
        numerics::evaluate(*step.op, operands[0].data(), operands[1].data(), operands[2].data(),
                           result.data(), lanes);
    }
    registers[op.getResult(0)] = std::move(result);
  }
  std::vector<std::string> results;
  for (Value value : body.getTerminator()->getOperands()) {
    std::string &content = results.emplace_back(lanes * widthOf(value.getType()), 0);
    for (size_t lane = 0; lane < lanes; ++lane)
      store(value.getType(), registers.at(value)[lane], content.data() + lane * widthOf(value.getType()));
  }
  return results;
}

void TileInterpreter::runContract(Operation &op, Card &card) {
  auto unit = cast<tile::ContractOp>(op);
  size_t lanes = target.lanes();
  int64_t planes = unit.getPlanes(), chunks = unit.getLanes().size(), count = unit.getCount();
  bool isHalf = cast<tile::BufferType>(unit.getWeights()[0].getType()).getBytes() == 2;
  std::vector<std::vector<std::vector<uint32_t>>> sums(
      planes, std::vector<std::vector<uint32_t>>(count, std::vector<uint32_t>(lanes, 0x7f7f7f7f)));
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    std::vector<std::string> rows;
    for (auto [j, buffer] : llvm::enumerate(unit.getRows())) {
      ArrayRef<int64_t> segment = unit.getRowSegments().slice(4 * j, 4);
      for (int64_t i = 0; segment[0] == chunk && i < segment[3]; ++i)
        rows.push_back(read(card, &op, buffer, segment[1] + i * segment[2]));
    }
    size_t depth = unit.getLanes()[chunk];
    vectors[isHalf ? "fp16 rows" : "int8 rows"] += rows.size();
    for (int64_t plane = 0; plane < planes; ++plane)
      for (int64_t column = 0; column < unit.getColumns()[plane]; ++column) {
        const std::string &weights = read(card, &op, unit.getWeights()[chunk * planes + plane], column);
        for (auto [i, row] : llvm::enumerate(rows)) {
          uint32_t &sum = sums[plane][i][column];
          if (isHalf) {
            float dot = numerics::dotHalf(reinterpret_cast<const uint16_t *>(row.data()),
                                          reinterpret_cast<const uint16_t *>(weights.data()), depth);
            uint32_t bits;
            std::memcpy(&bits, &dot, sizeof(bits));
            sum = chunk == 0 ? bits : numerics::evaluate(numerics::ScalarOp::AddF, sum, bits);
          } else {
            uint32_t dot = 0;
            for (size_t lane = 0; lane < depth; ++lane)
              dot +=
                  static_cast<uint32_t>(static_cast<int8_t>(row[lane]) * static_cast<int8_t>(weights[lane]));
            sum = chunk == 0 ? dot : sum + dot;
          }
        }
      }
  }
  size_t extras = unit.getExtras().size() / planes, outputs = unit.getOutputs().size() / planes;
  for (int64_t plane = 0; plane < planes; ++plane)
    for (int64_t i = 0; i < count; ++i) {
      std::string content(lanes * 4, 0);
      std::memcpy(content.data(), sums[plane][i].data(), content.size());
      std::vector<std::string> arguments{content};
      for (size_t e = plane * extras; e < (plane + 1) * extras; ++e)
        arguments.push_back(read(card, &op, unit.getExtras()[e],
                                 unit.getExtraViews()[2 * e] + i * unit.getExtraViews()[2 * e + 1]));
      std::vector<std::string> results = runBody(unit.getBody().front(), arguments);
      for (size_t o = 0; o < outputs; ++o) {
        size_t operand = plane * outputs + o;
        at(card, unit.getOutputs()[operand],
           unit.getOutputViews()[2 * operand] + i * unit.getOutputViews()[2 * operand + 1]) = results[o];
      }
    }
}

void TileInterpreter::runPass(Operation &op, Card &card, int64_t cardNumber, const NamedTensors &inputs) {
  size_t lanes = target.lanes();
  ++passes[op.getName().stripDialect().str()];
  for (Value result : op.getResults()) {
    auto type = cast<tile::BufferType>(result.getType());
    card[result.getAsOpaquePointer()] = {type.getBytes(), std::vector<std::string>(type.getVectors())};
  }
  if (auto constant = dyn_cast<tile::ConstantOp>(op)) {
    std::vector<char> data(ImageMaker::cardBytes(constant.getData()));
    ImageMaker().make(constant.getData(), cardNumber, data);
    auto type = constant.getBuffer().getType();
    const char *from = data.data();
    for (int64_t v = 0; v < type.getVectors(); ++v) {
      std::string &content = at(card, constant.getBuffer(), v);
      content.resize(lanes * type.getBytes());
      for (int64_t plane = 0; plane < type.getBytes(); ++plane)
        for (size_t lane = 0; lane < lanes; ++lane)
          content[lane * type.getBytes() + plane] = *from++;
    }
  } else if (auto input = dyn_cast<tile::InputOp>(op)) {
    const golden::TensorValue &tensor = inputs.at(input.getName().str());
    SmallVector<int64_t> offsets(input.getOffsets().value_or(ArrayRef<int64_t>()));
    if (std::optional<ArrayRef<int64_t>> part = input.getPart())
      offsets[(*part)[0]] += cardNumber * (*part)[1];
    auto places =
        input.getOffsets()
            ? placesOfLoops(tensor.type(), *input.getRowLoops(), *input.getLaneLoops(), offsets, lanes)
            : placesOf(tensor.type(), input.getPermutation(), input.getLaneDims(), lanes);
    auto type = input.getBuffer().getType();
    for (int64_t v = 0; v < type.getVectors(); ++v) {
      std::string &content = at(card, input.getBuffer(), v);
      content.assign(lanes * type.getBytes(), 0);
      for (auto [lane, element] : llvm::enumerate(places[input.getFirst() + v]))
        if (element >= 0)
          std::memcpy(content.data() + lane * type.getBytes(),
                      tensor.bytes().data() + element * type.getBytes(), type.getBytes());
    }
  } else if (auto map = dyn_cast<tile::MapOp>(op)) {
    vectors["map"] += map.getCount();
    std::vector<std::vector<std::string>> results;
    for (uint64_t i = 0; i < map.getCount(); ++i) {
      std::vector<std::string> arguments;
      for (auto [j, buffer] : llvm::enumerate(map.getInputs()))
        arguments.push_back(
            read(card, &op, buffer, map.getInputViews()[2 * j] + i * map.getInputViews()[2 * j + 1]));
      results.push_back(runBody(map.getBody().front(), arguments));
    }
    for (uint64_t i = 0; i < map.getCount(); ++i)
      for (auto [j, buffer] : llvm::enumerate(map.getOutputs()))
        at(card, buffer, map.getOutputViews()[2 * j] + i * map.getOutputViews()[2 * j + 1]) = results[i][j];
  } else if (auto permute = dyn_cast<tile::PermuteOp>(op)) {
    vectors["permute"] += permute.getCount();
    ArrayRef<int64_t> views = permute.getViews();
    int64_t bytes = permute.getInput().getType().getBytes();
    for (uint64_t i = 0; i < permute.getCount(); ++i) {
      std::string from = read(card, &op, permute.getInput(), views[0] + i * views[1]);
      std::string map = read(card, &op, permute.getMap(), views[2] + i * views[3]), to(lanes * bytes, 0);
      std::set<uint16_t> taken;
      for (size_t lane = 0; lane < lanes; ++lane) {
        uint16_t source;
        std::memcpy(&source, map.data() + 2 * lane, 2);
        if (source == 0xffff)
          continue;
        if (!taken.insert(source).second)
          problems.push_back("a permutation takes a lane twice");
        std::memcpy(to.data() + lane * bytes, from.data() + source * bytes, bytes);
      }
      at(card, permute.getOutput(), views[4] + i * views[5]) = to;
    }
  } else if (auto gather = dyn_cast<tile::GatherOp>(op)) {
    vectors["gather"] += gather.getCount();
    ArrayRef<int64_t> views = gather.getViews();
    size_t superlane = target.lanesPerSuperlane, bytes = gather.getTable().getType().getBytes();
    for (uint64_t i = 0; i < gather.getCount(); ++i) {
      std::string offsets = read(card, &op, gather.getOffsets(), views[0] + i * views[1]),
                  to(lanes * bytes, 0);
      for (size_t lane = 0; lane < lanes; lane += superlane) {
        uint16_t row;
        std::memcpy(&row, offsets.data() + lane, 2);
        const std::string &from = read(card, &op, gather.getTable(), row);
        std::memcpy(to.data() + lane * bytes, from.data() + lane * bytes, superlane * bytes);
      }
      at(card, gather.getOutput(), views[2] + i * views[3]) = to;
    }
  } else if (isa<tile::ContractOp>(op)) {
    runContract(op, card);
  }
}

void TileInterpreter::readOutput(Operation &op, NamedTensors &outputs) {
  auto output = cast<tile::OutputOp>(op);
  auto type = cast<RankedTensorType>(output.getMachineType());
  golden::TensorValue &tensor = outputs.try_emplace(output.getName().str(), type).first->second;
  auto places = placesOf(type, output.getPermutation(), output.getLaneDims(), target.lanes());
  int64_t bytes = output.getBuffer().getType().getBytes(), card = output.getCard();
  for (size_t number = 0; number < cards.size(); ++number) {
    if (card >= 0 && card != static_cast<int64_t>(number))
      continue;
    for (uint64_t i = 0; i < output.getCount(); ++i) {
      const std::string &content =
          read(cards[number], &op, output.getBuffer(), output.getView()[0] + i * output.getView()[1]);
      // A replicated element is read from its first lane.
      std::set<int64_t> seen;
      for (auto [lane, element] : llvm::enumerate(places[output.getFirst() + i]))
        if (element >= 0 && seen.insert(element).second)
          std::memcpy(tensor.mutableBytes().data() + element * bytes, content.data() + lane * bytes, bytes);
    }
  }
}

void TileInterpreter::runExchange(Operation &op) {
  auto exchange = cast<tile::ExchangeOp>(op);
  const int64_t size = cards.size(), count = exchange.getCount();
  SmallVector<int64_t> distances(size), view{0, 1, 0}, place{0, count};
  std::iota(distances.begin(), distances.end(), 0);
  if (exchange.getDistances()) {
    distances.assign(exchange.getDistances()->begin(), exchange.getDistances()->end());
    view.assign(exchange.getView()->begin(), exchange.getView()->end());
    place.assign(exchange.getPlace()->begin(), exchange.getPlace()->end());
  }
  for (int64_t from = 0; from < size; ++from)
    for (int64_t distance : distances) {
      const int64_t to = (from + distance) % size;
      for (int64_t i = 0; i < count; ++i)
        at(cards[to], exchange.getOutput(), place[0] + from * place[1] + i) =
            read(cards[from], &op, exchange.getInput(), view[0] + to * view[2] + i * view[1]);
    }
}

NamedTensors TileInterpreter::run(const NamedTensors &inputs) {
  NamedTensors outputs;
  auto main = module.lookupSymbol<func::FuncOp>("main");
  for (Operation &op : main.getBody().front()) {
    if (auto exchange = dyn_cast<tile::ExchangeOp>(op)) {
      vectors["exchange"] += exchange.getCount();
      runExchange(op);
    } else if (isa<tile::OutputOp>(op)) {
      readOutput(op, outputs);
    } else {
      for (auto [number, card] : llvm::enumerate(cards))
        runPass(op, card, number, inputs);
    }
  }
  return outputs;
}

} // namespace sluice::test
