//===- SchedToBinary.cpp - The schedule as a program ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CheckSchedule.h"
#include "MemoryImages.h"
#include "dialects/ElementTypes.h"
#include "lib/Conversion/Images/ImageMaker.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/Program.h"
#include "sluice/Conversion/Lowering.h"

#include "dialects/sched/SchedDialect.h"
#include "dialects/tile/InputLoops.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <array>
#include <map>
#include <tuple>

using namespace sluice;
using namespace sluice::sched;
using binary::Card;
using binary::Queue;

/// Version of the container's metadata (docs/container.md).
static constexpr unsigned formatVersion = 1;

/// A type that no user's tensor has becomes one that readers of the binary refuse.
static ElementType elementTypeOf(mlir::Type type) { return toElementType(type).value_or(ElementType()); }

static std::string nameOf(mlir::Location location) {
  if (auto name = llvm::dyn_cast<mlir::NameLoc>(location))
    return name.getName().str();
  if (auto fused = llvm::dyn_cast<mlir::FusedLoc>(location))
    for (mlir::Location part : fused.getLocations())
      if (std::string name = nameOf(part); !name.empty())
        return name;
  return "";
}

/// Numbers and dictionaries as JSON; null for what is neither.
static llvm::json::Value toJson(mlir::Attribute attribute) {
  if (auto integer = llvm::dyn_cast<mlir::IntegerAttr>(attribute))
    return integer.getValue().getBitWidth() <= 64 ? integer.getValue().getSExtValue()
                                                  : llvm::json::Value(nullptr);
  if (auto real = llvm::dyn_cast<mlir::FloatAttr>(attribute))
    return real.getValue().isFinite() ? real.getValueAsDouble() : llvm::json::Value(nullptr);
  auto dictionary = llvm::dyn_cast<mlir::DictionaryAttr>(attribute);
  if (!dictionary)
    return nullptr;
  llvm::json::Object object;
  for (mlir::NamedAttribute entry : dictionary)
    object[llvm::json::fixUTF8(entry.getName().getValue())] = toJson(entry.getValue());
  return object;
}

namespace {

/// Where an issue ended up on one card: queue and instruction; -1 if the card lacks it.
struct IssuePlace {
  int32_t queue = -1;
  int32_t instruction = -1;
};

class ProgramWriter {
public:
  ProgramWriter(ProgramOp schedule, const LoweringOptions &options) : schedule(schedule), options(options) {}

  binary::Program run() {
    for (IssueOp issue : schedule.getOps<IssueOp>())
      issues.push_back(issue);
    writeHeader();
    program.cards.resize(schedule.getCards());
    places.resize(program.cards.size());
    for (unsigned card = 0; card < program.cards.size(); ++card) {
      writeText(card);
      writeMemory(card);
    }
    for (unsigned card = 0; card < program.cards.size(); ++card)
      writeFlow(card);
    writeBindings();
    for (unsigned card = 0; card < program.cards.size(); ++card)
      program.cards[card].memoryWordsUsed = binary::countWordsUsed(program, card, *options.target);
    writeStatistics();
    return std::move(program);
  }

private:
  void writeHeader() {
    binary::proto::Metadata &metadata = program.metadata;
    metadata.set_format_version(formatVersion);
    metadata.set_producer("sluice " SLUICE_VERSION);
    metadata.set_target(options.target->name);
    metadata.set_target_version(options.target->version);
    metadata.set_cycles(schedule.getCycles());
    metadata.add_locations("");
    locations.insert({"", 0});
  }

  uint32_t locationNumber(mlir::Location location) { return locationNumber(nameOf(location)); }
  uint32_t locationNumber(llvm::StringRef text) {
    const std::string name = text.str();
    auto [entry, added] = locations.insert({name, uint32_t(locations.size())});
    if (added)
      program.metadata.add_locations(name);
    return entry->second;
  }

  void writeText(unsigned card) {
    Card &result = program.cards[card];
    places[card].resize(issues.size());
    for (auto [number, issue] : llvm::enumerate(issues)) {
      if (auto cards = issue.getCards(); cards && !llvm::is_contained(*cards, card))
        continue;
      binary::Instruction instruction;
      instruction.opcode = static_cast<binary::Opcode>(issue.getOpcode());
      instruction.cycle = issue.getCycle();
      instruction.count = issue.getCount();
      instruction.interval = issue.getInterval();
      auto fields = binary::fieldsOf(binary::opcodeInfo(instruction.opcode).format);
      for (auto [field, value] : llvm::zip_equal(fields, issue.getFields()))
        field.set(instruction, value);
      if (auto addresses = issue.getCardAddresses())
        instruction.address = (*addresses)[card];
      Queue queue{static_cast<binary::Unit>(issue.getQueue()[0]),
                  static_cast<target::Hemisphere>(issue.getQueue()[1]), uint16_t(issue.getQueue()[2])};
      if (result.queues.empty() || result.queues.back().queue != queue)
        result.queues.push_back({queue, {}, {}});
      binary::QueueProgram &text = result.queues.back();
      places[card][number] = {int32_t(result.queues.size() - 1), int32_t(text.instructions.size())};
      text.instructions.push_back(instruction);
      text.locations.push_back(locationNumber(issue.getLoc()));
    }
  }

  void writeFlow(unsigned card) {
    for (auto [number, issue] : llvm::enumerate(issues)) {
      IssuePlace place = places[card][number];
      if (place.queue < 0)
        continue;
      llvm::ArrayRef<int64_t> flow = issue.getFlow();
      for (size_t i = 0; i < flow.size(); i += 8) {
        if (flow[i] >= 0 && flow[i] != card)
          continue;
        binary::proto::FlowEdge edge;
        edge.set_queue(place.queue);
        edge.set_instruction(place.instruction);
        edge.set_slot(flow[i + 1]);
        edge.set_first(flow[i + 2]);
        edge.set_count(flow[i + 3]);
        unsigned producerCard = card;
        if (edge.slot() == binary::kReceiveSlot) {
          producerCard = options.target->localPeer(card, linkOf(issue));
          edge.set_producer_card(producerCard);
        }
        setProducer(edge, producerCard, flow.slice(i + 4, 4));
        program.cards[card].flow.push_back(std::move(edge));
      }
    }
  }

  /// `producer`: the last four numbers of a flow edge.
  void setProducer(binary::proto::FlowEdge &edge, unsigned producerCard, llvm::ArrayRef<int64_t> producer) {
    if (producer[0] >= 0) {
      IssuePlace place = places[producerCard][producer[0]];
      edge.set_producer_queue(place.queue);
      edge.set_producer_instruction(place.instruction);
      edge.set_producer_slot(producer[1]);
    } else if (producer[0] == -1) {
      edge.set_producer_queue(binary::kInitialMemory);
      edge.set_producer_instruction(producer[1]);
    } else {
      edge.set_producer_queue(binary::kInitialMemory);
      edge.set_producer_instruction(program.cards[producerCard].memory.size() + (-2 - producer[0]));
      edge.set_producer_slot(producer[1]);
    }
    edge.set_producer_first(producer[2]);
    edge.set_producer_step(producer[3]);
  }

  /// What an output's words hold in the end.
  void writeOutputFlow(unsigned card, unsigned output, llvm::ArrayRef<int64_t> flow) {
    for (size_t i = 0; i < flow.size(); i += 8) {
      binary::proto::FlowEdge edge;
      edge.set_queue(binary::kOutput);
      edge.set_instruction(output);
      edge.set_slot(flow[i + 1]);
      edge.set_first(flow[i + 2]);
      edge.set_count(flow[i + 3]);
      setProducer(edge, card, flow.slice(i + 4, 4));
      program.cards[card].flow.push_back(std::move(edge));
    }
  }

  static unsigned linkOf(IssueOp issue) { return issue.getQueue()[2] / 2; }

  void writeMemory(unsigned card) {
    Card &result = program.cards[card];
    auto images = std::make_shared<MemoryImages>(card);
    // Copies of a constant in both hemispheres share their bytes, as do constants of one byte.
    std::map<std::tuple<const void *, int64_t, int64_t>, uint64_t> known;
    for (MemoryOp memory : schedule.getOps<MemoryOp>()) {
      const mlir::ElementsAttr shared = sharedData(memory.getData());
      const MemoryImages::Part part{shared, int64_t(memory.getStripes()), int64_t(memory.getStripe()),
                                    int64_t(memory.getByte())};
      auto [entry, added] =
          known.insert({{shared.getAsOpaquePointer(), part.stripes * 1024 + part.stripe, part.byte}, 0});
      if (added)
        entry->second = images->add(part);
      binary::proto::MemoryRun run;
      run.set_hemisphere(memory.getHemisphere());
      run.set_slice(memory.getSlice());
      run.set_address(memory.getAddress());
      run.set_words(part.words());
      run.set_offset(entry->second);
      run.set_location(locationNumber(ImageMaker::nameOf(memory.getData())));
      result.memory.push_back(std::move(run));
    }
    result.source = std::move(images);
  }

  /// What constants of one byte throughout share, of others the data themselves.
  mlir::ElementsAttr sharedData(mlir::ElementsAttr data) {
    auto [entry, added] = shared.insert({data, data});
    std::vector<char> image(added && !llvm::isa<mlir::DenseElementsAttr>(data) ? ImageMaker::cardBytes(data)
                                                                               : 0);
    if (image.empty())
      return entry->second;
    auto type = llvm::cast<mlir::RankedTensorType>(data.getShapedType());
    // The first vector tells nearly always.
    const int64_t vector = type.getDimSize(2) * type.getDimSize(3);
    auto isUniform = [&](int64_t card, int64_t bytes) {
      llvm::MutableArrayRef<char> begin = llvm::MutableArrayRef(image).take_front(bytes);
      maker.make(data, card, begin);
      return llvm::all_equal(begin);
    };
    if (!isUniform(0, vector))
      return data;
    const char byte = image.front();
    for (int64_t card = 0; card < type.getDimSize(0); ++card)
      if (!isUniform(card, image.size()) || image.front() != byte)
        return data;
    return entry->second = mlir::DenseElementsAttr::getFromRawBuffer(type, byte);
  }

  static void writeLoops(llvm::ArrayRef<int64_t> triples,
                         google::protobuf::RepeatedPtrField<binary::proto::Loop> &loops) {
    for (; !triples.empty(); triples = triples.drop_front(3)) {
      binary::proto::Loop *loop = loops.Add();
      loop->set_dim(triples[0]);
      loop->set_count(triples[1]);
      loop->set_step(triples[2]);
    }
  }

  static void writeLayout(BindingOp op, binary::proto::Layout &layout) {
    for (int64_t dim : op.getPermutation())
      layout.add_permutation(dim);
    layout.set_lane_dims(op.getLaneDims());
    if (!op.getOffsets())
      return;
    writeLoops(*op.getRowLoops(), *layout.mutable_rows());
    writeLoops(*op.getLaneLoops(), *layout.mutable_lanes());
    layout.mutable_offsets()->Add(op.getOffsets()->begin(), op.getOffsets()->end());
  }

  void writeBindings() {
    // An input is bound once for each layout in which it lies.
    using Key = std::pair<unsigned, mlir::Attribute>;
    llvm::MapVector<Key, binary::proto::Binding> bindings;
    std::array<unsigned, 2> numbers = {0, 0}; // of inputs and outputs so far
    llvm::DenseMap<Key, unsigned> numberOf;
    for (BindingOp op : schedule.getOps<BindingOp>()) {
      const Key key{unsigned(op.getOutput()), tile::layoutKey(op)};
      auto [entry, added] = bindings.insert({key, {}});
      binary::proto::Binding &binding = entry->second;
      if (added) {
        numberOf[key] = numbers[op.getOutput()]++;
        auto machine = llvm::cast<mlir::RankedTensorType>(op.getMachineType());
        ElementType user = elementTypeOf(mlir::getElementTypeOrSelf(op.getUserType()));
        binding.set_name(op.getName().str());
        binding.mutable_type()->set_element_type(int32_t(user));
        binding.mutable_type()->set_machine_type(int32_t(machineType(user)));
        for (int64_t extent : machine.getShape())
          binding.mutable_type()->add_shape(extent);
        writeLayout(op, *binding.mutable_layout());
      }
      // The host writes an input to every card; it reads an output from one.
      int64_t card = op.getCard();
      int64_t first = card >= 0 ? card : 0,
              last = card >= 0 || op.getOutput() ? first : int64_t(schedule.getCards()) - 1;
      for (int64_t c = first; c <= last && op.getCount() != 0; ++c) {
        binary::proto::Placement *placement = binding.add_placements();
        placement->set_card(c);
        placement->set_hemisphere(op.getHemisphere());
        for (int64_t slice : op.getSlices())
          placement->add_slices(slice);
        placement->set_address(op.getAddress());
        placement->set_step(op.getStep());
        placement->set_first(op.getFirst());
        placement->set_count(op.getCount());
      }
      if (op.getFlow())
        writeOutputFlow(first, numberOf[key], *op.getFlow());
    }
    for (auto &[key, binding] : bindings)
      *(key.first ? program.metadata.add_outputs() : program.metadata.add_inputs()) = std::move(binding);
  }

  /// What only the finished text tells joins the schedule's figures.
  void writeStatistics() {
    uint64_t words = 0;
    for (const Card &card : program.cards)
      words += binary::textWords(card);
    llvm::json::Value stats = toJson(schedule.getStats());
    (*stats.getAsObject())["text_bytes"] = int64_t(words * options.target->instructionBytes);
    program.metadata.set_stats_json(llvm::formatv("{0:2}", stats).str());
  }

  ProgramOp schedule;
  const LoweringOptions &options;
  binary::Program program;
  std::vector<IssueOp> issues;
  llvm::StringMap<uint32_t> locations;
  std::vector<std::vector<IssuePlace>> places;
  ImageMaker maker;
  llvm::DenseMap<mlir::Attribute, mlir::ElementsAttr> shared; ///< of data, see sharedData
};

} // namespace

/// How many instructions each node has, the most first, and all have together.
static std::pair<std::vector<std::pair<mlir::Location, int64_t>>, int64_t> countInstructions(ProgramOp op) {
  llvm::MapVector<mlir::Location, int64_t> counts;
  int64_t all = 0;
  for (auto issue : op.getBody().front().getOps<IssueOp>()) {
    ++counts[issue.getLoc()];
    ++all;
  }
  // Equal ones in the order of the program.
  std::vector<std::pair<int64_t, size_t>> order;
  for (auto [index, entry] : llvm::enumerate(counts))
    order.emplace_back(-entry.second, index);
  llvm::sort(order);
  std::vector<std::pair<mlir::Location, int64_t>> sorted;
  for (auto [count, index] : order)
    sorted.emplace_back((counts.begin() + index)->first, -count);
  return {std::move(sorted), all};
}

/// Memory holds the text too, of which only the finished program tells how long it is.
static mlir::LogicalResult checkRoom(const binary::Program &program, ProgramOp op,
                                     const LoweringOptions &options) {
  const target::Target &target = *options.target;
  const auto [instructions, all] = countInstructions(op);
  bool fits = true;
  for (auto [number, card] : llvm::enumerate(program.cards)) {
    const uint64_t text = binary::textWords(card) * target.instructionBytes;
    const uint64_t data = card.memoryWordsUsed * target.lanes();
    if (text + data <= target.memoryBytes())
      continue;
    fits = false;
    mlir::InFlightDiagnostic error =
        mlir::emitError(instructions.empty() ? op.getLoc() : instructions.front().first);
    error << "memory is full: card " << number << " needs " << text << " bytes for instructions beside "
          << data << " bytes of data, it has " << target.memoryBytes() << ", short by "
          << text + data - target.memoryBytes();
    if (options.hasDims)
      error << "; smaller dimensions (--dim) would help";
    for (auto [location, count] : llvm::ArrayRef(instructions).take_front(3))
      error.attachNote(location) << count << " of " << all << " instructions";
  }
  return mlir::success(fits);
}

mlir::FailureOr<binary::Program> sluice::emitProgram(mlir::ModuleOp module, const LoweringOptions &options) {
  auto programs = module.getOps<ProgramOp>();
  if (programs.empty())
    return module.emitError("expected a sched.program");
  ProgramOp program = *programs.begin();
  if (failed(checkSchedule(program, *options.target)))
    return mlir::failure();
  binary::Program written = ProgramWriter(program, options).run();
  if (failed(checkRoom(written, program, options)))
    return mlir::failure();
  return written;
}
