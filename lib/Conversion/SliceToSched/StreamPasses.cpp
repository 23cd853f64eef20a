//===- StreamPasses.cpp - Map, permute and gather passes as trains --------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Passes.h"

#include "sluice/Binary/Encoding.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace sluice;
using namespace sluice::sched;
using binary::Instruction;
using binary::Opcode;
using binary::Unit;
using scheduling::BodySchedule;
using target::Hemisphere;

mlir::LogicalResult Schedule::describe(mlir::Operation *op) {
  auto described = llvm::TypeSwitch<mlir::Operation *, mlir::LogicalResult>(op)
                       .Case([&](slice::MapOp map) { return describeMap(map); })
                       .Case([&](slice::ContractOp contract) { return describeContract(contract); })
                       .Case([&](slice::PermuteOp permute) { return describePermute(permute); })
                       .Case([&](slice::GatherOp gather) { return describeGather(gather); })
                       .Case([&](slice::ExchangeOp exchange) { return describeExchange(exchange); })
                       .Default([](mlir::Operation *op) { return op->emitOpError("is no pass"); });
  state.problem.passes.push_back(state.problem.trains.size());
  return described;
}

void Schedule::issue(const scheduling::Packing &packing) {
  state.issues.clear();
  planes.clear();
  for (auto &[value, buffer] : buffers)
    buffer->forgetSchedule();
  for (unsigned pass : packing.order.passes)
    for (scheduling::TrainId id = state.problem.passes[pass]; id < state.problem.passes[pass + 1]; ++id) {
      auto &[builder, issue] = state.trains[id];
      builder->prepareIssue(packing.departures[id]);
      issue(*builder);
    }
}

llvm::SmallVector<StreamPath, 2> Schedule::inwardPaths(Hemisphere hemisphere, const Buffer &buffer) const {
  llvm::SmallVector<StreamPath, 2> paths{{hemisphere, false}};
  Hemisphere other = hemisphere == Hemisphere::East ? Hemisphere::West : Hemisphere::East;
  if (buffer.isIn(other))
    paths.push_back({other, true});
  return paths;
}

llvm::SmallVector<StreamPath, 2> Schedule::outwardPaths(const Buffer &buffer) const {
  llvm::SmallVector<StreamPath, 2> paths;
  for (Hemisphere hemisphere : buffer.hemispheres)
    paths.push_back({hemisphere, true});
  return paths;
}

static View viewOf(llvm::ArrayRef<int64_t> views, unsigned index) {
  return {views[2 * index], views[2 * index + 1]};
}

mlir::LogicalResult
Schedule::describeInParts(int64_t count,
                          llvm::function_ref<mlir::FailureOr<bool>(int64_t, int64_t)> describe) {
  int64_t part = count;
  for (int64_t first = 0; first < count; first += part) {
    part = std::min(part, count - first);
    mlir::FailureOr<bool> fits;
    while (succeeded(fits = describe(first, part)) && !*fits)
      part = (part + 1) / 2;
    if (failed(fits))
      return mlir::failure();
  }
  return mlir::success();
}

mlir::LogicalResult Schedule::describeMap(slice::MapOp op) {
  return describeInParts(op.getCount(),
                         [&](int64_t first, int64_t count) { return describeMapPart(op, first, count); });
}

mlir::FailureOr<bool> Schedule::describeMapPart(slice::MapOp op, int64_t first, int64_t count) {
  mlir::Block &block = op.getBody().front();
  std::optional<BodySchedule> body = scheduling::scheduleBody(block, state.target, count);
  if (!body)
    return op.emitOpError("needs more than the ") << state.target.alus << " ALUs of the VXM";

  auto builder = std::make_unique<TrainBuilder>(state, op.getLoc());
  TrainBuilder &train = *builder;
  llvm::SmallVector<unsigned> reads, results;
  for (const scheduling::BodyArrival &arrival : body->arrivals) {
    auto hemisphere = static_cast<Hemisphere>(op.getReadHemispheres()[arrival.argument]);
    reads.push_back(train.addRead(buffer(op.getInputs()[arrival.argument]),
                                  viewOf(op.getInputViews(), arrival.argument).from(first), count, 1,
                                  {hemisphere, false}, arrival.depth - int64_t(state.target.vxmEntryLatency),
                                  arrival.location));
  }
  train.addBody(*body, 0, count, 1);
  results.resize(body->resultTypes.size());
  for (const scheduling::BodyStep &step : body->steps)
    for (unsigned result : step.results) {
      Buffer &out = buffer(op.getOutputs()[result]);
      results[result] = train.addResult(&out, viewOf(op.getOutputViews(), result).from(first), count, 1,
                                        outwardPaths(out), binary::streamCount(body->resultTypes[result]),
                                        step.depth + binary::latencyOf(step.opcode, state.target));
    }
  if (!train.fits()) {
    if (count > 1)
      return false;
    return train.explain();
  }
  auto issue = [=](TrainBuilder &train) {
    llvm::SmallVector<int32_t> locations;
    std::vector<std::vector<StreamSource>> inputs;
    for (unsigned read : reads) {
      locations.push_back(binary::streamLocation(train.directionOfRead(read), train.streamOfRead(read)));
      inputs.push_back(train.issueRead(read));
    }
    std::vector<IssueId> issued = train.issueBody(*body, 0, count, 1, locations, inputs, results);
    for (auto [result, id] : llvm::enumerate(issued)) {
      std::vector<StreamSource> sources;
      for (unsigned byte = 0; byte < binary::streamCount(body->resultTypes[result]); ++byte)
        sources.push_back({{id, int32_t(byte), 0, 1, count}});
      train.issueWrites(results[result], sources);
    }
  };
  TrainBuilder::addFitting(std::move(builder), std::move(issue));
  return true;
}

mlir::LogicalResult Schedule::describePermute(slice::PermuteOp op) {
  auto hemisphere = static_cast<Hemisphere>(op.getHemisphere());
  int64_t count = op.getCount(), stop = state.target.sxmStop;
  Buffer &in = buffer(op.getInput()), &map = buffer(op.getMap()), &out = buffer(op.getOutput());
  View mapView = viewOf(op.getViews(), 1);
  bool hold = mapView.step == 0 && count > 1;

  auto builder = std::make_unique<TrainBuilder>(state, op.getLoc());
  TrainBuilder &train = *builder;
  unsigned data = train.addRead(in, viewOf(op.getViews(), 0), count, 1, {hemisphere, true}, -stop);
  unsigned lanes = train.addRead(map, mapView, hold ? 1 : count, 1, {hemisphere, true}, -stop);
  binary::Queue queue{Unit::Permutor, hemisphere, 0};
  train.addQueue(queue, {0, count, 1});
  unsigned result = train.addResult(&out, viewOf(op.getViews(), 2), count, 1, inwardPaths(hemisphere, out),
                                    in.bytes, stop + int64_t(state.target.permuteLatency));
  const unsigned bytes = in.bytes;
  return TrainBuilder::add(std::move(builder), [=, this](TrainBuilder &train) {
    Instruction instruction;
    instruction.opcode = Opcode::Permute;
    instruction.cycle = train.cycle();
    instruction.count = count;
    instruction.width = bytes;
    instruction.hold = hold;
    instruction.stream = train.streamOfRead(data);
    instruction.direction = int32_t(train.directionOfRead(data));
    instruction.mapStream = train.streamOfRead(lanes);
    instruction.mapDirection = int32_t(train.directionOfRead(lanes));
    instruction.outStream = train.streamOfResult(result);
    instruction.outDirection = int32_t(target::inward(hemisphere));
    std::vector<StreamSource> dataSources = train.issueRead(data), laneSources = train.issueRead(lanes);
    IssueId id = state.issue(queue, instruction, train.location);
    std::vector<FlowEdge> &flow = state.issues[id].flow;
    std::vector<StreamSource> sources;
    for (auto [byte, source] : llvm::enumerate(dataSources)) {
      addStreamFlow(flow, byte, 0, 1, count, source);
      sources.push_back({{id, int32_t(byte), 0, 1, count}});
    }
    for (auto [byte, source] : llvm::enumerate(laneSources))
      addStreamFlow(flow, 4 + byte, 0, 1, hold ? 1 : count, source);
    train.issueWrites(result, sources);
  });
}

/// The table's slices answer on streams that flow inward; a Move turns the vectors round
/// at the VXM, since the slices between may not be the ones that should keep them.
mlir::LogicalResult Schedule::describeGather(slice::GatherOp op) {
  auto hemisphere = static_cast<Hemisphere>(op.getHemisphere());
  int64_t count = op.getCount();
  Buffer &table = buffer(op.getTable()), &offsets = buffer(op.getOffsets()), &out = buffer(op.getOutput());
  int64_t stop = state.target.sliceStop(table.slices.front());

  auto builder = std::make_unique<TrainBuilder>(state, op.getLoc());
  TrainBuilder &train = *builder;
  unsigned address = train.addRead(offsets, viewOf(op.getViews(), 0), count, 1, {hemisphere, true}, -stop);
  for (unsigned slice : table.slices) {
    train.addQueue({Unit::MemRead, hemisphere, uint16_t(slice)}, {0, count, 1});
    train.footprint.uses.push_back({state.resources.bankWrites(hemisphere, slice, table.bank),
                                    state.resources.bankReads(hemisphere, slice, table.bank),
                                    {0, count, 1}});
  }
  for (unsigned byte = 0; byte < table.bytes; ++byte)
    for (int64_t vector = 0; vector < table.vectors; ++vector)
      train.addWait(table, table.copyIn(hemisphere), byte, vector, 0);
  int64_t key = int64_t(state.target.gatherLatency) + stop;
  unsigned data = train.addResult(nullptr, {}, count, 1, {{hemisphere, false}}, table.bytes, key);
  BodySchedule body = passThrough(table.bytes);
  int64_t departure = key + state.target.vxmEntryLatency;
  train.addBody(body, departure, count, 1);
  unsigned result = train.addResult(&out, viewOf(op.getViews(), 1), count, 1, outwardPaths(out), table.bytes,
                                    departure + state.target.simpleLatency);
  return TrainBuilder::add(std::move(builder), [=, this, &table](TrainBuilder &train) {
    std::vector<StreamSource> addresses = train.issueRead(address);
    std::vector<StreamSource> sources;
    for (auto [byte, slice] : llvm::enumerate(table.slices)) {
      Instruction instruction;
      instruction.opcode = Opcode::Gather;
      instruction.cycle = train.cycle();
      instruction.count = count;
      instruction.stream = train.streamOfResult(data) + byte;
      instruction.direction = int32_t(target::inward(hemisphere));
      instruction.mapStream = train.streamOfRead(address);
      instruction.mapDirection = int32_t(target::outward(hemisphere));
      IssueId id = state.issue({Unit::MemRead, hemisphere, uint16_t(slice)}, instruction, train.location);
      state.issues[id].buffer = &table;
      addStreamFlow(state.issues[id].flow, 0, 0, 1, count, addresses.front());
      // Any word of the table may be asked for, in any cycle of the burst.
      const MemoryBurst whole{slice, unsigned(byte), 0, 1, 0, 1, table.vectors};
      train.addMemoryFlow(state.issues[id].flow, table, table.copyIn(hemisphere), whole,
                          [](int64_t word) { return word; });
      sources.push_back({{id, 0, 0, 1, count}});
    }
    table.lastUse = std::max(table.lastUse, train.cycle() + count - 1);
    int32_t location = binary::streamLocation(target::inward(hemisphere), train.streamOfResult(data));
    std::vector<IssueId> moved = train.issueBody(body, departure, count, 1, {location}, {sources}, {result});
    std::vector<StreamSource> written;
    for (unsigned byte = 0; byte < table.bytes; ++byte)
      written.push_back({{moved.front(), int32_t(byte), 0, 1, count}});
    train.issueWrites(result, written);
  });
}
