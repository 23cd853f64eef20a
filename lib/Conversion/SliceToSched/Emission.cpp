//===- Emission.cpp - The finished schedule as operations -----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Support/Cancellation.h"

#include "dialects/sched/SchedDialect.h"
#include "dialects/tile/InputLoops.h"
#include "dialects/tile/TileDialect.h"

#include "mlir/IR/DialectResourceBlobManager.h"

#include <numeric>
#include <tuple>

using namespace sluice;
using namespace sluice::sched;
using target::Hemisphere;

namespace {

/// Writes the finished schedule as `sched` operations.
class Emitter {
public:
  Emitter(mlir::OpBuilder &builder, Schedule &schedule) : builder(builder), schedule(schedule) {}

  void run(llvm::ArrayRef<Buffer *> buffers, mlir::Block &body) {
    orderIssues();
    for (Buffer *buffer : buffers) {
      if (auto constant = buffer->value.getDefiningOp<slice::ConstantOp>())
        emitMemory(*buffer, constant);
      if (auto input = buffer->value.getDefiningOp<slice::InputOp>())
        emitInput(*buffer, input);
    }
    for (slice::OutputOp output : body.getOps<slice::OutputOp>())
      emitOutput(output);
    for (IssueId id : order)
      if (!isCancelled())
        emitIssue(schedule.state.issues[id]);
  }

private:
  void orderIssues() {
    const std::vector<Issue> &issues = schedule.state.issues;
    order.resize(issues.size());
    position.resize(issues.size());
    std::iota(order.begin(), order.end(), 0);
    llvm::sort(order, [&](IssueId a, IssueId b) {
      return std::tuple(issues[a].queue, issues[a].instruction.cycle, a) <
             std::tuple(issues[b].queue, issues[b].instruction.cycle, b);
    });
    for (size_t i = 0; i < order.size(); ++i)
      position[order[i]] = i;
  }

  void emitMemory(const Buffer &buffer, slice::ConstantOp constant) {
    firstMemory[&buffer] = memoryOps;
    memoryOps += int64_t(buffer.hemispheres.size()) *
                 std::min<int64_t>(buffer.striping.stripes, buffer.vectors) * buffer.bytes;
    for (Hemisphere hemisphere : buffer.hemispheres)
      for (unsigned stripe = 0; stripe < std::min<int64_t>(buffer.striping.stripes, buffer.vectors); ++stripe)
        for (unsigned byte = 0; byte < buffer.bytes; ++byte)
          MemoryOp::create(builder, constant.getLoc(), rankFour(constant.getData()), buffer.striping.stripes,
                           stripe, byte, unsigned(hemisphere), buffer.slices[stripe * buffer.bytes + byte],
                           addressOf(buffer, 0, hemisphere, buffer.slices[stripe * buffer.bytes + byte]));
  }

  void emitInput(Buffer &buffer, slice::InputOp input) {
    const int64_t step = tile::cardStepOf(input);
    const bool isOwn = step != 0 || input.getPart().has_value();
    for (int64_t card = 0; card < (isOwn ? int64_t(schedule.state.cards) : 1); ++card) {
      inputNumbers.insert({tile::layoutKey(input, offsetsOn(input, card)), int64_t(inputNumbers.size())});
      for (Hemisphere hemisphere : buffer.hemispheres)
        emitBinding(buffer, {0, 1}, buffer.vectors, hemisphere, input,
                    int64_t(input.getFirst()) + card * step, false, isOwn ? card : -1);
    }
  }

  /// Where the loops of an input begin on `card`.
  mlir::DenseI64ArrayAttr offsetsOn(slice::InputOp input, int64_t card) {
    std::optional<llvm::ArrayRef<int64_t>> part = input.getPart();
    if (!part)
      return input.getOffsetsAttr();
    llvm::SmallVector<int64_t> offsets(*input.getOffsets());
    offsets[(*part)[0]] += card * (*part)[1];
    return builder.getDenseI64ArrayAttr(offsets);
  }

  void emitOutput(slice::OutputOp output) {
    Buffer &buffer = schedule.buffer(output.getBuffer());
    emitBinding(buffer, {output.getView()[0], output.getView()[1]}, output.getCount(),
                buffer.hemispheres.front(), output, output.getFirst(), true, int64_t(output.getCard()));
  }

  int64_t addressOf(const Buffer &buffer, int64_t word, Hemisphere hemisphere, unsigned slice) const {
    return int64_t(buffer.bank) * schedule.state.target.wordsPerBank + buffer.baseIn(hemisphere, slice) +
           word;
  }

  /// The cards' dimension is explicit at this level.
  static mlir::ElementsAttr rankFour(mlir::ElementsAttr data) {
    if (auto image = llvm::dyn_cast<tile::ImageAttr>(data))
      return image.withCards();
    auto type = llvm::cast<mlir::RankedTensorType>(data.getShapedType());
    if (type.getRank() == 4)
      return data;
    llvm::SmallVector<int64_t> shape{1};
    shape.append(type.getShape().begin(), type.getShape().end());
    auto four = mlir::RankedTensorType::get(shape, type.getElementType());
    if (auto resource = llvm::dyn_cast<mlir::DenseResourceElementsAttr>(data))
      return mlir::DenseResourceElementsAttr::get(four, resource.getRawHandle());
    return llvm::cast<mlir::DenseElementsAttr>(data).reshape(four);
  }

  template <typename Op>
  void emitBinding(Buffer &buffer, View view, int64_t count, Hemisphere hemisphere, Op op, int64_t first,
                   bool output, int64_t card) {
    // A striped buffer's vectors do not follow one another in a slice. A tensor of no elements is bound as
    // well.
    const bool isWhole = buffer.striping.stripes == 1;
    int64_t piece = count, i = 0;
    mlir::DenseI64ArrayAttr rows, lanes, offsets;
    if constexpr (std::is_same_v<Op, slice::InputOp>) {
      rows = op.getRowLoopsAttr();
      lanes = op.getLaneLoopsAttr();
      offsets = offsetsOn(op, std::max<int64_t>(0, card));
    }
    do {
      if (!isWhole)
        piece = buffer.endOfBlock(view, i, count) - i;
      int64_t vector = view.start + i * view.step;
      llvm::ArrayRef<unsigned> in = buffer.slicesOf(vector);
      llvm::SmallVector<int64_t> slices(in.begin(), in.end());
      mlir::DenseI64ArrayAttr flow;
      if (output && piece != 0)
        flow = builder.getDenseI64ArrayAttr(outputFlow(buffer, {vector, view.step}, piece, card, first + i));
      BindingOp::create(builder, op.getLoc(), op.getName(), output, op.getMachineType(), op.getUserType(),
                        op.getPermutation(), op.getLaneDims(), rows, lanes, offsets, card,
                        unsigned(hemisphere), slices,
                        addressOf(buffer, buffer.striping.wordOf(vector), hemisphere, slices.front()),
                        isWhole || piece > 1 ? view.step : 0, first + i, piece, flow);
      i += piece;
    } while (i < count);
  }

  /// What the host finds in an output's vectors in the end: for each byte plane, edges into vectors first,
  /// first + 1, ...
  llvm::SmallVector<int64_t> outputFlow(Buffer &buffer, View view, int64_t count, int64_t card,
                                        int64_t first) {
    std::vector<FlowEdge> edges;
    // Where all cards hold the same, the host reads the first.
    const unsigned reader = unsigned(std::max<int64_t>(card, 0));
    for (unsigned byte = 0; byte < buffer.bytes; ++byte) {
      FlowRuns runs(edges, byte);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t vector = view.start + i * view.step;
        const Writer &writer = buffer.writer(0, byte, vector);
        if (!buffer.cardIssues.empty())
          runs.add(first + i, buffer.cardIssue(0, byte, reader, vector, schedule.state.cards), 0,
                   writer.element);
        else if (writer.issue == initialMemory)
          runs.add(first + i, initialMemory, byte, vector);
        else
          runs.add(first + i, writer.issue, 0, writer.element);
      }
    }
    llvm::SmallVector<int64_t> flow;
    for (const FlowEdge &edge : edges)
      appendEdge(flow, edge, &buffer, buffer.hemispheres.front());
    return flow;
  }

  /// Appends the eight numbers of an edge into something that reads `buffer` in `hemisphere`.
  void appendEdge(llvm::SmallVector<int64_t> &flow, const FlowEdge &edge, const Buffer *buffer,
                  Hemisphere hemisphere) {
    if (edge.producer != initialMemory) {
      flow.append({edge.card, edge.slot, edge.first, edge.count, position[edge.producer], edge.producerSlot,
                   edge.producerFirst, edge.producerStep});
      return;
    }
    if (auto input = buffer->value.getDefiningOp<slice::InputOp>()) {
      // Each card may have vectors of its own.
      const int64_t step = tile::cardStepOf(input);
      const bool isOwn = (step != 0 || input.getPart()) && edge.card < 0;
      for (int64_t i = 0; i < (isOwn ? int64_t(schedule.state.cards) : 1); ++i) {
        const int64_t card = isOwn ? i : int64_t(edge.card), known = std::max<int64_t>(card, 0);
        const int64_t number = inputNumbers.lookup(tile::layoutKey(input, offsetsOn(input, known)));
        flow.append({card, edge.slot, edge.first, edge.count, -2 - number, edge.producerSlot,
                     int64_t(input.getFirst()) + known * step + edge.producerFirst, edge.producerStep});
      }
      return;
    }
    // The words of a stripe follow one another; an edge stays in one.
    const int64_t stripes = buffer->striping.stripes, stripe = edge.producerFirst % stripes;
    const int64_t held = std::min(stripes, buffer->vectors);
    const int64_t memory = firstMemory.lookup(buffer) +
                           (buffer->copyIn(hemisphere) * held + stripe) * buffer->bytes + edge.producerSlot;
    flow.append({edge.card, edge.slot, edge.first, edge.count, -1, memory, edge.producerFirst / stripes,
                 edge.producerStep / stripes});
  }

  void emitIssue(const Issue &issue) {
    binary::Instruction instruction = issue.instruction;
    if (issue.buffer)
      instruction.address =
          addressOf(*issue.buffer, instruction.address, issue.queue.hemisphere, issue.queue.index);
    llvm::SmallVector<int64_t> fields, flow, addresses;
    for (const binary::Field &field : binary::fieldsOf(binary::opcodeInfo(instruction.opcode).format))
      fields.push_back(field.get(instruction));
    for (const FlowEdge &edge : issue.flow)
      appendEdge(flow, edge, issue.buffer, issue.queue.hemisphere);
    for (int64_t offset : issue.cardOffsets)
      addresses.push_back(instruction.address + offset);
    auto optional = [&](llvm::ArrayRef<int64_t> values) {
      return values.empty() ? mlir::DenseI64ArrayAttr() : builder.getDenseI64ArrayAttr(values);
    };
    IssueOp::create(builder, issue.location,
                    builder.getDenseI64ArrayAttr({int64_t(issue.queue.unit), int64_t(issue.queue.hemisphere),
                                                  int64_t(issue.queue.index)}),
                    builder.getI64IntegerAttr(instruction.cycle),
                    builder.getI64IntegerAttr(int64_t(instruction.opcode)),
                    builder.getI64IntegerAttr(instruction.count),
                    builder.getI64IntegerAttr(instruction.interval), builder.getDenseI64ArrayAttr(fields),
                    optional(issue.cards), optional(addresses), builder.getDenseI64ArrayAttr(flow));
  }

  mlir::OpBuilder &builder;
  Schedule &schedule;
  std::vector<IssueId> order, position;                ///< issues as they are emitted, and the place of each
  llvm::DenseMap<const Buffer *, int64_t> firstMemory; ///< number of a constant's first memory operation
  int64_t memoryOps = 0;
  llvm::DenseMap<mlir::Attribute, int64_t> inputNumbers; ///< by name and layout
};

} // namespace

void sched::emitSchedule(mlir::OpBuilder &builder, Schedule &schedule, llvm::ArrayRef<Buffer *> buffers,
                         mlir::Block &body) {
  Emitter(builder, schedule).run(buffers, body);
}
