//===- ProblemText.cpp - Scheduling problems as text ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A line a fact: `pass`, `train` and `read` begin what the lines after them belong to. Cycles are written
// first+count*step, a direction of streams as its stretch and where it flows.
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/Problem.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"

#include <array>

using namespace sluice;
using namespace sluice::scheduling;
using binary::Unit;
using llvm::StringRef;
using target::Direction;
using target::Hemisphere;

static constexpr std::array stretchNames = {"inward", "vxm", "outward"};
static constexpr std::array stateNames = {"may-load", "has-loaded", "may-multiply"};

namespace {

/// Names of what trains use by number: queues, and the reads and writes of banks.
class UseNames {
public:
  explicit UseNames(const target::Target &target) : resources(target), names(resources.size()) {
    for (Hemisphere hemisphere : {Hemisphere::East, Hemisphere::West}) {
      addQueues(Unit::MemRead, hemisphere, target.slicesPerHemisphere);
      addQueues(Unit::MemWrite, hemisphere, target.slicesPerHemisphere);
      addQueues(Unit::Distributor, hemisphere, target.distributors);
      addQueues(Unit::Transposer, hemisphere, target.transposers);
      addQueues(Unit::Permutor, hemisphere, target.permutors);
      addQueues(Unit::Installer, hemisphere, target.planesPerHemisphere);
      addQueues(Unit::Multiplier, hemisphere, target.planesPerHemisphere);
      for (unsigned slice = 0; slice < target.slicesPerHemisphere; ++slice)
        for (unsigned bank = 0; bank < target.banksPerSlice; ++bank) {
          const std::string name = (hemisphere == Hemisphere::East ? "mem.e" : "mem.w") +
                                   std::to_string(slice) + ".bank" + std::to_string(bank);
          add(resources.bankReads(hemisphere, slice, bank), name + ".r");
          add(resources.bankWrites(hemisphere, slice, bank), name + ".w");
        }
    }
    addQueues(Unit::Alu, Hemisphere::East, target.alus);
    for (unsigned link = 0; link < target.localLinks + target.globalLinks; ++link)
      for (unsigned end : {0, 1}) {
        const binary::Queue queue{Unit::Link, target.linkHemisphere(link), uint16_t(2 * link + end)};
        add(resources.queue(queue), binary::queueName(queue));
      }
  }

  StringRef nameOf(Resource resource) const { return names[resource]; }
  std::optional<Resource> find(StringRef name) const {
    auto found = numbers.find(name);
    return found == numbers.end() ? std::nullopt : std::optional(found->second);
  }

private:
  void addQueues(Unit unit, Hemisphere hemisphere, unsigned count) {
    for (unsigned index = 0; index < count; ++index) {
      const binary::Queue queue{unit, hemisphere, uint16_t(index)};
      add(resources.queue(queue), binary::queueName(queue));
    }
  }
  void add(Resource resource, std::string name) {
    numbers[name] = resource;
    names[resource] = std::move(name);
  }

  const Resources resources;
  std::vector<std::string> names;
  llvm::StringMap<Resource> numbers;
};

class Printer {
public:
  Printer(llvm::raw_ostream &stream, const target::Target &target) : stream(stream), names(target) {}

  void run(const Problem &problem) {
    for (size_t pass = 0; pass + 1 < problem.passes.size(); ++pass) {
      stream << "pass\n";
      for (TrainId train = problem.passes[pass]; train < problem.passes[pass + 1]; ++train)
        print(problem.trains[train]);
    }
  }

private:
  void print(const Footprint &train) {
    stream << "train " << train.earliest << " " << train.last << "\n";
    print(train.uses);
    for (const StreamDemand &result : train.results) {
      stream << "  result";
      print(result);
    }
    for (const AluDemand &alu : train.alus) {
      stream << "  alu";
      print(alu.cycles);
      stream << " " << alu.latency << "\n";
    }
    print(train.waits);
    print("  plane-wait ", train.planeWaits);
    print("  plane-effect ", train.planeEffects);
    for (const ReadFootprint &read : train.reads) {
      stream << "  read " << read.earliest;
      print(read.streams);
      print(read.uses);
      print(read.waits);
      if (read.tap) {
        stream << "  tap " << read.tap->producer << " " << read.tap->result << " " << read.tap->delay;
        print(read.tap->segments);
      }
    }
  }
  void print(llvm::ArrayRef<Use> uses) {
    for (const Use &use : uses) {
      stream << "  use " << names.nameOf(use.check) << " " << names.nameOf(use.take);
      print(use.cycles);
      stream << "\n";
    }
  }
  void print(llvm::ArrayRef<Wait> waits) {
    for (const Wait &wait : waits)
      stream << "  wait " << wait.on << " " << wait.delay << "\n";
  }
  void print(StringRef word, llvm::ArrayRef<PlaneWait> waits) {
    for (const PlaneWait &wait : waits)
      stream << word << stateNames[wait.state.kind] << " " << wait.state.plane << " " << wait.delay << "\n";
  }
  void print(const StreamDemand &demand) {
    stream << " " << demand.width << " " << demand.alignment;
    print(demand.keys);
    print(demand.segments);
  }
  void print(const Cycles &cycles) {
    stream << " " << cycles.first << "+" << cycles.count << "*" << cycles.step;
  }
  void print(llvm::ArrayRef<StreamSegment> segments) {
    for (const StreamSegment &segment : segments)
      stream << " " << stretchNames[segment.stretch]
             << (segment.direction == Direction::East ? ".east" : ".west");
    stream << "\n";
  }

  llvm::raw_ostream &stream;
  const UseNames names;
};

/// Words of one line, taken one after the other; what is wrong is remembered.
class Line {
public:
  explicit Line(StringRef text) : rest(text.trim()) {}

  bool isGood() const { return good; }
  bool isAtEnd() const { return rest.empty(); }
  StringRef word() {
    StringRef word;
    std::tie(word, rest) = rest.split(' ');
    rest = rest.ltrim();
    return word;
  }
  void require(bool condition) { good &= condition; }

  /// A number between the limits.
  int64_t number(int64_t least, int64_t most) { return numberOf(word(), least, most); }
  Cycles cycles() {
    const auto [first, counts] = word().split('+');
    const auto [count, step] = counts.split('*');
    return {numberOf(first, -farthest, farthest), numberOf(count, 1, farthest), numberOf(step, 1, farthest)};
  }

  /// No cycle of a problem is further away: sums of several stay in range.
  static constexpr int64_t farthest = int64_t(1) << 30;

private:
  int64_t numberOf(StringRef text, int64_t least, int64_t most) {
    int64_t value = 0;
    require(!text.getAsInteger(10, value) && value >= least && value <= most);
    return isGood() ? value : least;
  }

  StringRef rest;
  bool good = true;
};

class Parser {
public:
  explicit Parser(const target::Target &target) : target(target), names(target) {}

  llvm::Expected<Problem> run(StringRef text) {
    problem.passes.clear();
    for (unsigned number = 1; !text.empty(); ++number) {
      StringRef content;
      std::tie(content, text) = text.split('\n');
      content = content.split('#').first.trim();
      if (content.empty())
        continue;
      Line line(content);
      parse(line);
      if (!line.isGood() || !line.isAtEnd())
        return llvm::createStringError("line %u: not understood: %s", number, content.str().c_str());
    }
    problem.passes.push_back(problem.trains.size());
    return std::move(problem);
  }

private:
  void parse(Line &line) {
    const StringRef word = line.word();
    if (word == "pass") {
      problem.passes.push_back(problem.trains.size());
      inTrain = inRead = false;
      return;
    }
    if (word == "train") {
      line.require(!problem.passes.empty());
      inTrain = true;
      inRead = false;
      Footprint &train = problem.trains.emplace_back();
      train.earliest = line.number(-Line::farthest, Line::farthest);
      train.last = line.number(-Line::farthest, Line::farthest);
      return;
    }
    line.require(inTrain);
    if (line.isGood())
      parseFact(word, line, problem.trains.back());
  }

  void parseFact(StringRef word, Line &line, Footprint &train) {
    if (word == "use")
      (inRead ? train.reads.back().uses : train.uses).push_back(use(line));
    else if (word == "wait")
      (inRead ? train.reads.back().waits : train.waits).push_back(wait(line));
    else if (word == "tap" && inRead)
      train.reads.back().tap = tap(line);
    else if (word == "result" && !inRead)
      train.results.push_back(demand(line));
    else if (word == "alu" && !inRead)
      train.alus.push_back({line.cycles(), line.number(0, Line::farthest)});
    else if (word == "plane-wait" && !inRead)
      train.planeWaits.push_back(planeWait(line));
    else if (word == "plane-effect" && !inRead)
      train.planeEffects.push_back(planeWait(line));
    else if (word == "read") {
      inRead = true;
      ReadFootprint &read = train.reads.emplace_back();
      read.earliest = line.number(-Line::farthest, Line::farthest);
      read.streams = demand(line);
    } else
      line.require(false);
  }

  Use use(Line &line) {
    const std::optional<Resource> check = names.find(line.word()), take = names.find(line.word());
    line.require(check && take);
    return {check.value_or(0), take.value_or(0), line.cycles()};
  }
  /// A train that is described before this one.
  TrainId earlier(Line &line) { return line.number(0, int64_t(problem.trains.size()) - 2); }
  Wait wait(Line &line) {
    const TrainId on = earlier(line);
    return {on, line.number(-Line::farthest, Line::farthest)};
  }
  PlaneWait planeWait(Line &line) {
    const auto *kind = llvm::find(stateNames, line.word());
    line.require(kind != stateNames.end());
    const unsigned plane = line.number(0, 2 * int64_t(target.planesPerHemisphere) - 1);
    return {{PlaneState::Kind(kind - stateNames.begin()), plane},
            line.number(-Line::farthest, Line::farthest)};
  }
  StreamDemand demand(Line &line) {
    StreamDemand demand;
    demand.width = line.number(1, target.streamsPerDirection);
    demand.alignment = line.number(1, target.streamsPerDirection);
    demand.keys = line.cycles();
    demand.segments = segments(line);
    return demand;
  }
  Tap tap(Line &line) {
    Tap tap;
    tap.producer = earlier(line);
    tap.result = line.number(0, line.isGood() ? int64_t(problem.trains[tap.producer].results.size()) - 1 : 0);
    tap.delay = line.number(-Line::farthest, Line::farthest);
    tap.segments = segments(line);
    return tap;
  }
  std::vector<StreamSegment> segments(Line &line) {
    std::vector<StreamSegment> segments;
    while (line.isGood() && !line.isAtEnd()) {
      const auto [stretch, direction] = line.word().split('.');
      const auto *found = llvm::find(stretchNames, stretch);
      line.require(found != stretchNames.end() && (direction == "east" || direction == "west"));
      segments.push_back({StreamSegment::Stretch(found - stretchNames.begin()),
                          direction == "east" ? Direction::East : Direction::West});
    }
    line.require(!segments.empty());
    return segments;
  }

  const target::Target &target;
  const UseNames names;
  Problem problem;
  bool inTrain = false, inRead = false;
};

} // namespace

void scheduling::printProblem(llvm::raw_ostream &stream, const Problem &problem,
                              const target::Target &target) {
  Printer(stream, target).run(problem);
}

llvm::Expected<Problem> scheduling::parseProblem(StringRef text, const target::Target &target) {
  return Parser(target).run(text);
}
