//===- ExchangePass.cpp - Departing exchanges between cards ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All cards of a node send their vectors to all others at once, in the same cycles: the
// links are symmetrical, so one schedule serves every card; only the words at which a
// card keeps what it gets differ. The links of a hemisphere take one after the other what
// one slice reads, a cycle apart, once in every link interval.
//
//===----------------------------------------------------------------------===//

#include "Passes.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/Program.h"

using namespace sluice;
using namespace sluice::sched;
using binary::Instruction;
using binary::Opcode;
using binary::Unit;
using scheduling::Cycles;
using target::Hemisphere;

namespace {

/// One exchange while it is scheduled. Block p of the output is what card p sends.
class Exchange {
public:
  Exchange(ScheduleState &state, slice::ExchangeOp op, Buffer &in, Buffer &out)
      : state(state), op(op), in(in), out(out), count(op.getCount()),
        issues(state.target.localLinks + 1,
               std::vector<std::vector<IssueId>>(out.hemispheres.size() * out.bytes)) {}

  mlir::LogicalResult run() {
    for (unsigned byte = 0; byte < in.bytes; ++byte)
      for (Hemisphere hemisphere : {Hemisphere::East, Hemisphere::West})
        if (failed(departLinks(hemisphere, byte)))
          return mlir::failure();
    if (failed(departOwn()))
      return mlir::failure();
    recordWriters();
    return mlir::success();
  }

private:
  const target::Target &target() const { return state.target; }
  /// Number of the row of `issues` for a card's own vectors.
  unsigned own() const { return target().localLinks; }

  /// The link by which the peer behind `link` answers.
  unsigned answering(unsigned link) const { return target().localLink(target().localPeer(0, link), 0); }

  /// Cards of the program whose `link` leads to another of them.
  std::vector<int64_t> cardsWith(unsigned link) const {
    std::vector<int64_t> cards;
    for (unsigned card = 0; card < state.cards; ++card)
      if (target().localPeer(card, link) < state.cards)
        cards.push_back(card);
    return cards;
  }

  /// Card whose vectors a card finds in row `row` of `issues`.
  unsigned senderOf(unsigned card, unsigned row) const {
    return row == own() ? card : target().localPeer(card, row);
  }

  /// Issues the writes of element `i` of byte plane `byte`, in `cycle` at the VXM's stop (key), from
  /// `source`.
  void issueWrite(TrainBuilder &train, unsigned row, StreamPath path, unsigned byte, int64_t i, int64_t key,
                  unsigned stream, IssueId source) {
    Instruction instruction;
    unsigned slice = out.slices[byte], copy = out.copyIn(path.hemisphere);
    instruction.opcode = Opcode::Write;
    instruction.cycle = key + path.cycleAt(target().sliceStop(slice));
    instruction.address = i;
    instruction.stream = stream;
    instruction.direction = int32_t(path.direction());
    IssueId id = state.issue({Unit::MemWrite, path.hemisphere, uint16_t(slice)}, instruction, train.location);
    Issue &issue = state.issues[id];
    issue.buffer = &out;
    issue.flow.push_back(
        {-1, 0, 0, 1, source, row == own() ? train.outputSlot(source, byte, path) : 0, int32_t(i), 0});
    issue.cardOffsets.assign(state.cards, 0);
    for (unsigned card = 0; card < state.cards; ++card)
      if (senderOf(card, row) < state.cards)
        issue.cardOffsets[card] = int64_t(senderOf(card, row)) * count;
    if (row != own())
      issue.cards = cardsWith(row);
    issues[row][copy * out.bytes + byte].push_back(id);
    out.firstWrite = std::min(out.firstWrite, int64_t(instruction.cycle));
    out.lastUse = std::max(out.lastUse, int64_t(instruction.cycle));
    ready = std::max(ready, int64_t(instruction.cycle) + target().writeLatency);
  }

  /// The links of `hemisphere` send byte plane `byte` of all vectors.
  mlir::LogicalResult departLinks(Hemisphere hemisphere, unsigned byte) {
    std::vector<unsigned> links;
    for (unsigned link = 0; link < target().localLinks; ++link)
      if (target().linkHemisphere(link) == hemisphere && !cardsWith(link).empty())
        links.push_back(link);
    if (links.empty())
      return mlir::success();
    int64_t taps = links.size(), interval = target().linkInterval, stop = target().sxmStop;
    int64_t length = (count - 1) * interval + taps;
    int64_t flight = target().linkLatency + target().receiveLatency;

    TrainBuilder train(state, op.getLoc());
    StreamPath outPath{hemisphere, true};
    MemoryBurst read{in.slices[byte], byte, 0, 1, 0, 0, taps};
    int64_t readFirst =
        -stop + outPath.cycleAt(target().sliceStop(read.slice)) - int64_t(target().readLatency);
    train.train.streams.push_back({{outPath.segment()}, 1, 1, {-stop, length, 1}});
    train.reserveMemory(in, hemisphere, read, false, {readFirst, length, 1});
    for (int64_t i = 0; i < count; ++i)
      train.train.earliest = std::max(train.train.earliest, in.writer(in.copyIn(hemisphere), byte, i).ready -
                                                                (readFirst + i * interval));
    Hemisphere other = hemisphere == Hemisphere::East ? Hemisphere::West : Hemisphere::East;
    std::vector<StreamPath> paths{{hemisphere, false}};
    if (out.isIn(other))
      paths.push_back({other, true});
    for (auto [tap, link] : llvm::enumerate(links)) {
      train.addQueue({Unit::Link, hemisphere, uint16_t(2 * link)},
                     {int64_t(tap), (count - 1) * interval + interval, 1});
      unsigned back = answering(link);
      Hemisphere backHemisphere = target().linkHemisphere(back);
      train.addQueue({Unit::Link, backHemisphere, uint16_t(2 * back + 1)},
                     {int64_t(tap) + target().linkLatency, (count - 1) * interval + interval, 1});
      scheduling::StreamDemand demand{{}, 1, 1, {int64_t(tap) + flight + stop, count, interval}};
      for (const StreamPath &path : paths) {
        demand.segments.push_back(path.segment());
        if (path.outward)
          demand.segments.push_back(path.segmentAtVxm());
      }
      train.train.streams.push_back(demand);
    }
    for (const StreamPath &path : paths)
      if (out.isIn(path.hemisphere)) {
        int64_t first = flight + stop + path.cycleAt(target().sliceStop(out.slices[byte]));
        train.reserveMemory(out, path.hemisphere, {out.slices[byte], byte, 0, 1, 0, 0, length}, true,
                            {first, length, 1});
      }
    if (failed(train.depart()))
      return mlir::failure();

    int64_t departure = train.train.departure;
    StreamSource source;
    for (int64_t i = 0; i < count; ++i) {
      read.word = i;
      IssueId id = train.issueBurst(in, outPath, read, {readFirst + i * interval, taps, 1},
                                    train.train.chosenStreams[0], [&](int64_t) { return i; });
      source.push_back({id, 0, i * taps, 1, taps});
    }
    for (auto [tap, link] : llvm::enumerate(links)) {
      unsigned back = answering(link);
      Hemisphere backHemisphere = target().linkHemisphere(back);
      Instruction send;
      send.opcode = Opcode::Send;
      send.cycle = departure + tap;
      send.count = count;
      send.interval = count == 1 ? 1 : interval;
      send.link = link;
      send.stream = train.train.chosenStreams[0];
      send.direction = int32_t(target::outward(hemisphere));
      IssueId sent = state.issue({Unit::Link, hemisphere, uint16_t(2 * link)}, send, op.getLoc());
      addStreamFlow(state.issues[sent].flow, 0, tap, taps, count, source);
      state.issues[sent].cards = cardsWith(link);

      Instruction receive = send;
      unsigned stream = train.train.chosenStreams[1 + tap];
      receive.opcode = Opcode::Receive;
      receive.cycle = send.cycle + target().linkLatency;
      receive.link = back;
      receive.stream = stream;
      receive.direction = int32_t(target::inward(backHemisphere));
      IssueId received =
          state.issue({Unit::Link, backHemisphere, uint16_t(2 * back + 1)}, receive, op.getLoc());
      state.issues[received].flow.push_back(
          {-1, int32_t(binary::kReceiveSlot), 0, int32_t(count), sent, 0, 0, count == 1 ? 0 : 1});
      state.issues[received].cards = cardsWith(back);
      for (const StreamPath &path : paths)
        if (out.isIn(path.hemisphere))
          for (int64_t i = 0; i < count; ++i)
            issueWrite(train, back, path, byte, i, departure + int64_t(tap) + flight + stop + i * interval,
                       stream, received);
    }
    return mlir::success();
  }

  /// A card's own vectors go through the VXM to their block.
  mlir::LogicalResult departOwn() {
    TrainBuilder train(state, op.getLoc());
    Hemisphere from = in.hemispheres.front();
    int64_t entry = target().vxmEntryLatency, key = target().simpleLatency;
    unsigned read = train.addRead(in, {0, 1}, count, 1, {from, false}, -entry);
    scheduling::BodySchedule body = passThrough(in.bytes);
    train.addBody(body, 0, count, 1);
    llvm::SmallVector<StreamPath, 2> paths;
    for (Hemisphere hemisphere : out.hemispheres)
      paths.push_back({hemisphere, true});
    unsigned result = train.addResult(nullptr, {}, count, 1, paths, in.bytes, key);
    for (const StreamPath &path : paths)
      for (unsigned byte = 0; byte < out.bytes; ++byte)
        train.reserveMemory(out, path.hemisphere, {out.slices[byte], byte, 0, 1, 0, 1, count}, true,
                            {key + path.cycleAt(target().sliceStop(out.slices[byte])), count, 1});
    if (failed(train.depart()))
      return mlir::failure();
    int32_t location = binary::streamLocation(train.directionOfRead(read), train.streamOfRead(read));
    std::vector<StreamSource> sources = train.issueRead(read);
    IssueId moved = train.issueBody(body, 0, count, 1, {location}, {sources}, {result}).front();
    for (const StreamPath &path : paths)
      for (unsigned byte = 0; byte < out.bytes; ++byte)
        for (int64_t i = 0; i < count; ++i)
          issueWrite(train, own(), path, byte, i, train.train.departure + key + i,
                     train.streamOfResult(result) + byte, moved);
    return mlir::success();
  }

  /// Every vector may be read when the last one is there on every card.
  void recordWriters() {
    out.cardIssues.resize(out.hemispheres.size() * out.bytes * state.cards * out.vectors);
    for (unsigned copy = 0; copy < out.hemispheres.size(); ++copy)
      for (unsigned byte = 0; byte < out.bytes; ++byte) {
        for (int64_t vector = 0; vector < out.vectors; ++vector)
          out.writer(copy, byte, vector) = {initialMemory, 0, ready};
        for (unsigned card = 0; card < state.cards; ++card)
          for (unsigned row = 0; row <= own(); ++row)
            if (unsigned sender = senderOf(card, row); sender < state.cards)
              for (int64_t i = 0; i < count; ++i)
                out.cardIssue(copy, byte, card, sender * count + i, state.cards) =
                    issues[row][copy * out.bytes + byte][i];
      }
  }

  ScheduleState &state;
  slice::ExchangeOp op;
  Buffer &in, &out;
  int64_t count;
  int64_t ready = 0;
  /// Write issues by receiving link (last: own), copy * bytes + byte, element.
  std::vector<std::vector<std::vector<IssueId>>> issues;
};

} // namespace

mlir::LogicalResult Schedule::departExchange(slice::ExchangeOp op) {
  Buffer &in = buffer(op.getInput()), &out = buffer(op.getOutput());
  return Exchange(state, op, in, out).run();
}
