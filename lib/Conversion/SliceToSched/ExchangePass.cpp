//===- ExchangePass.cpp - Exchanges between cards as trains ---------------===//
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

#include "dialects/tile/ExchangePlaces.h"

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

/// One exchange while it is scheduled.
class Exchange {
public:
  Exchange(ScheduleState &state, slice::ExchangeOp op, Buffer &in, Buffer &out)
      : state(state), op(op), in(in), out(out), count(op.getCount()), places(op),
        issues(state.target.localLinks + 1,
               std::vector<std::vector<IssueId>>(out.hemispheres.size() * out.bytes)) {}

  /// Describes its trains, which keep `exchange` until they are issued.
  static mlir::LogicalResult describe(const std::shared_ptr<Exchange> &exchange) {
    for (unsigned byte = 0; byte < exchange->in.bytes; ++byte)
      for (Hemisphere hemisphere : {Hemisphere::East, Hemisphere::West})
        if (failed(exchange->describeLinks(exchange, hemisphere, byte)))
          return mlir::failure();
    return exchange->places.isFor(0) ? exchange->describeOwn(exchange) : mlir::success();
  }

private:
  const target::Target &target() const { return state.target; }
  /// Number of the row of `issues` for a card's own vectors.
  unsigned own() const { return target().localLinks; }

  /// The link by which the peer behind `link` answers.
  unsigned answering(unsigned link) const { return target().localLink(target().localPeer(0, link), 0); }

  /// Cards of the program that send through `link`.
  std::vector<int64_t> sendersOn(unsigned link) const {
    std::vector<int64_t> cards;
    for (unsigned card = 0; card < state.cards; ++card)
      if (places.sends(card, target().localPeer(card, link), state.cards))
        cards.push_back(card);
    return cards;
  }
  /// Those to which something comes from it.
  std::vector<int64_t> receiversOn(unsigned link) const {
    std::vector<int64_t> cards;
    for (unsigned card = 0; card < state.cards; ++card)
      if (places.sends(target().localPeer(card, link), card, state.cards))
        cards.push_back(card);
    return cards;
  }

  /// The i-th vector that `card` sends through `link`.
  int64_t sentBy(unsigned card, unsigned link, int64_t i) const {
    return places.sent(i, target().localPeer(card, link));
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
    instruction.address = places.place(i, 0);
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
        issue.cardOffsets[card] = int64_t(senderOf(card, row)) * places.placeBlock;
    if (row != own())
      issue.cards = receiversOn(row);
    issues[row][copy * out.bytes + byte].push_back(id);
    out.firstWrite = std::min(out.firstWrite, int64_t(instruction.cycle));
    out.lastUse = std::max(out.lastUse, int64_t(instruction.cycle));
  }

  /// The train that was described last writes vectors until `last` cycles after its departure: whoever reads
  /// any waits for all.
  void recordTrain(int64_t last) {
    out.readyWhole.push_back(
        {scheduling::TrainId(state.problem.trains.size() - 1), last + int64_t(target().writeLatency)});
  }

  /// The links of `hemisphere` send byte plane `byte` of all vectors.
  mlir::LogicalResult describeLinks(const std::shared_ptr<Exchange> &self, Hemisphere hemisphere,
                                    unsigned byte) {
    std::vector<unsigned> links;
    for (unsigned link = 0; link < target().localLinks; ++link)
      if (target().linkHemisphere(link) == hemisphere && !sendersOn(link).empty())
        links.push_back(link);
    if (links.empty())
      return mlir::success();
    int64_t taps = links.size(), interval = target().linkInterval, stop = target().sxmStop;
    int64_t length = (count - 1) * interval + taps;
    int64_t flight = target().linkLatency + target().receiveLatency;

    auto builder = std::make_unique<TrainBuilder>(state, op.getLoc());
    TrainBuilder &train = *builder;
    StreamPath outPath{hemisphere, true};
    MemoryBurst read{in.slices[byte], byte, 0, 1, 0, 0, taps};
    int64_t readFirst =
        -stop + outPath.cycleAt(target().sliceStop(read.slice)) - int64_t(target().readLatency);
    train.footprint.results.push_back({{outPath.segment()}, 1, 1, {-stop, length, 1}});
    train.reserveMemory(in, hemisphere, read, false, {readFirst, length, 1});
    for (int64_t i = 0; i < count; ++i)
      for (auto [tap, link] : llvm::enumerate(links))
        for (int64_t card : sendersOn(link))
          train.addWait(in, in.copyIn(hemisphere), byte, sentBy(card, link, i),
                        readFirst + i * interval + int64_t(tap));
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
      train.footprint.results.push_back(demand);
    }
    int64_t last = INT64_MIN;
    for (const StreamPath &path : paths)
      if (out.isIn(path.hemisphere)) {
        int64_t first = flight + stop + path.cycleAt(target().sliceStop(out.slices[byte]));
        train.reserveMemory(out, path.hemisphere, {out.slices[byte], byte, 0, 1, 0, 0, length}, true,
                            {first, length, 1});
        last = std::max(last, first + length - 1);
      }
    if (failed(TrainBuilder::add(std::move(builder), [=](TrainBuilder &train) {
          self->issueLinks(train, hemisphere, byte, links, paths, read, readFirst);
          self->endTrain();
        })))
      return mlir::failure();
    ++trains;
    recordTrain(last);
    return mlir::success();
  }

  /// Reads vector `i` of what each card sends through `link`.
  IssueId issueReadFor(TrainBuilder &train, Hemisphere hemisphere, MemoryBurst read, unsigned link, int64_t i,
                       int64_t at, unsigned stream) {
    read.count = 1;
    read.word = places.sent(i, 0);
    IssueId id = train.issueBurst(in, {hemisphere, true}, read, {at, 1, 1}, stream,
                                  [&](int64_t) { return read.word; });
    Issue &issue = state.issues[id];
    issue.flow.clear();
    issue.cardOffsets.assign(state.cards, 0);
    issue.cards = sendersOn(link);
    for (int64_t card : issue.cards) {
      const int64_t vector = sentBy(card, link, i);
      issue.cardOffsets[card] = vector - read.word;
      const Writer &writer = in.writer(in.copyIn(hemisphere), read.byte, vector);
      FlowRuns runs(issue.flow, binary::kMemorySlot, int32_t(card));
      if (!in.cardIssues.empty())
        runs.add(0, in.cardIssue(in.copyIn(hemisphere), read.byte, card, vector, state.cards), 0,
                 writer.element);
      else if (writer.issue == initialMemory)
        runs.add(0, initialMemory, int32_t(read.byte), int32_t(vector));
      else
        runs.add(0, writer.issue, 0, writer.element);
    }
    return id;
  }

  void issueLinks(TrainBuilder &train, Hemisphere hemisphere, unsigned byte, llvm::ArrayRef<unsigned> links,
                  llvm::ArrayRef<StreamPath> paths, MemoryBurst read, int64_t readFirst) {
    const int64_t taps = links.size(), interval = target().linkInterval, stop = target().sxmStop;
    const int64_t flight = target().linkLatency + target().receiveLatency, departure = train.cycle();
    const std::vector<unsigned> &streams = train.departure->streams;
    StreamSource source;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t first = readFirst + i * interval;
      if (places.viewBlock == 0) {
        read.word = places.sent(i, 0);
        IssueId id = train.issueBurst(in, {hemisphere, true}, read, {first, taps, 1}, streams[0],
                                      [&](int64_t) { return read.word; });
        source.push_back({id, 0, i * taps, 1, taps});
        continue;
      }
      for (auto [tap, link] : llvm::enumerate(links))
        source.push_back({issueReadFor(train, hemisphere, read, link, i, first + int64_t(tap), streams[0]), 0,
                          i * taps + int64_t(tap), 1, 1});
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
      send.stream = streams[0];
      send.direction = int32_t(target::outward(hemisphere));
      IssueId sent = state.issue({Unit::Link, hemisphere, uint16_t(2 * link)}, send, train.location);
      addStreamFlow(state.issues[sent].flow, 0, tap, taps, count, source);
      state.issues[sent].cards = sendersOn(link);

      Instruction receive = send;
      unsigned stream = streams[1 + tap];
      receive.opcode = Opcode::Receive;
      receive.cycle = send.cycle + target().linkLatency;
      receive.link = back;
      receive.stream = stream;
      receive.direction = int32_t(target::inward(backHemisphere));
      IssueId received =
          state.issue({Unit::Link, backHemisphere, uint16_t(2 * back + 1)}, receive, train.location);
      state.issues[received].flow.push_back(
          {-1, int32_t(binary::kReceiveSlot), 0, int32_t(count), sent, 0, 0, count == 1 ? 0 : 1});
      state.issues[received].cards = receiversOn(back);
      for (const StreamPath &path : paths)
        if (out.isIn(path.hemisphere))
          for (int64_t i = 0; i < count; ++i)
            issueWrite(train, back, path, byte, i, departure + int64_t(tap) + flight + stop + i * interval,
                       stream, received);
    }
  }

  /// A card's own vectors go through the VXM to their block.
  mlir::LogicalResult describeOwn(const std::shared_ptr<Exchange> &self) {
    auto builder = std::make_unique<TrainBuilder>(state, op.getLoc());
    TrainBuilder &train = *builder;
    Hemisphere from = in.hemispheres.front();
    int64_t entry = target().vxmEntryLatency, key = target().simpleLatency, last = INT64_MIN;
    const unsigned read =
        train.addRead(in, {places.viewStart, places.viewStep}, count, 1, {from, false}, -entry);
    scheduling::BodySchedule body = passThrough(in.bytes);
    train.addBody(body, 0, count, 1);
    llvm::SmallVector<StreamPath, 2> paths;
    for (Hemisphere hemisphere : out.hemispheres)
      paths.push_back({hemisphere, true});
    const unsigned result = train.addResult(nullptr, {}, count, 1, paths, in.bytes, key);
    for (const StreamPath &path : paths)
      for (unsigned byte = 0; byte < out.bytes; ++byte) {
        const Cycles cycles{key + path.cycleAt(target().sliceStop(out.slices[byte])), count, 1};
        train.reserveMemory(out, path.hemisphere, {out.slices[byte], byte, 0, 1, 0, 1, count}, true, cycles);
        last = std::max(last, cycles.last());
      }
    auto issue = [=, this](TrainBuilder &train) {
      int32_t location = binary::streamLocation(train.directionOfRead(read), train.streamOfRead(read));
      std::vector<StreamSource> sources = train.issueRead(read);
      IssueId moved = train.issueBody(body, 0, count, 1, {location}, {sources}, {result}).front();
      for (const StreamPath &path : paths)
        for (unsigned byte = 0; byte < out.bytes; ++byte)
          for (int64_t i = 0; i < count; ++i)
            issueWrite(train, own(), path, byte, i, train.cycle() + key + i,
                       train.streamOfResult(result) + byte, moved);
      self->endTrain();
    };
    if (failed(TrainBuilder::add(std::move(builder), issue)))
      return mlir::failure();
    ++trains;
    recordTrain(last);
    return mlir::success();
  }

  /// A train has been issued; when all have, the writers of the output are known.
  void endTrain() {
    if (++issued < trains)
      return;
    issued = 0;
    recordWriters();
  }

  void recordWriters() {
    out.cardIssues.assign(out.hemispheres.size() * out.bytes * state.cards * out.vectors, initialMemory);
    for (unsigned copy = 0; copy < out.hemispheres.size(); ++copy)
      for (unsigned byte = 0; byte < out.bytes; ++byte)
        for (unsigned card = 0; card < state.cards; ++card)
          for (unsigned row = 0; row <= own(); ++row)
            if (unsigned sender = senderOf(card, row); places.sends(sender, card, state.cards))
              for (int64_t i = 0; i < count; ++i)
                out.cardIssue(copy, byte, card, places.place(i, sender), state.cards) =
                    issues[row][copy * out.bytes + byte][i];
    // It may be issued again.
    for (auto &of : issues)
      for (std::vector<IssueId> &ids : of)
        ids.clear();
  }

  ScheduleState &state;
  slice::ExchangeOp op;
  Buffer &in, &out;
  int64_t count;
  const tile::ExchangePlaces places;
  unsigned trains = 0, issued = 0;
  /// Write issues by receiving link (last: own), copy * bytes + byte, element.
  std::vector<std::vector<std::vector<IssueId>>> issues;
};

} // namespace

mlir::LogicalResult Schedule::describeExchange(slice::ExchangeOp op) {
  Buffer &in = buffer(op.getInput()), &out = buffer(op.getOutput());
  return Exchange::describe(std::make_shared<Exchange>(state, op, in, out));
}
