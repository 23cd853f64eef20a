//===- Program.h - A whole binary in memory ---------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_BINARY_PROGRAM_H
#define SLUICE_BINARY_PROGRAM_H

#include "sluice/Binary/Instruction.h"
#include "sluice/Binary/container.pb.h"
#include "sluice/Support/ByteSink.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sluice::binary {

/// Operand slots of FlowEdge that are no StreamUse slots: byte k of the word that a
/// Read takes is kMemorySlot + k, the Scatter before an access to a bank kScatterSlot (of byte plane k of an
/// output kScatterSlot + k), chained ALU operand n is kChainSlot + n.
inline constexpr uint32_t kMemorySlot = 64, kScatterSlot = 68, kWeightsSlot = 96, kAccumulatorSlot = 97,
                          kChainSlot = 100, kReceiveSlot = 104;
/// FlowEdge.producer_queue of a word that lies in memory before the start. producer_instruction is then the
/// number of the MemoryRun, producer_first counts its words; or it is the number of runs plus that of an
/// input, producer_slot the byte plane, and producer_first counts vectors.
inline constexpr uint32_t kInitialMemory = 0xffffffff;
/// FlowEdge.queue of what an output's words hold in the end: instruction is the number of the output, slot
/// the byte plane, and first counts vectors.
inline constexpr uint32_t kOutput = 0xfffffffe;

/// The instructions of one queue in dispatch order, and for each the index of
/// its ONNX node's name in Metadata.locations.
struct QueueProgram {
  Queue queue;
  std::vector<Instruction> instructions;
  std::vector<uint32_t> locations;
};

/// Bytes that are made when they are asked for.
class DataSource {
public:
  virtual ~DataSource() = default;
  virtual uint64_t size() const = 0;
  /// Gives all bytes in their order, a part at a time.
  virtual void read(const std::function<void(std::string_view)> &take) const = 0;
  /// Whether the bytes are those of `other`, a source of the same program.
  virtual bool isSame(const DataSource &other) const = 0;
};

/// The program of one card: its queues in Queue order, its initial memory as
/// runs whose bytes lie in `data` (MemoryRun.offset), and the intended flow.
struct Card {
  std::vector<QueueProgram> queues;
  std::vector<proto::MemoryRun> memory;
  std::string data;
  std::shared_ptr<const DataSource> source; ///< of `data` while they are not made
  std::vector<proto::FlowEdge> flow;
  uint64_t memoryWordsUsed = 0; ///< of all slices, see countWordsUsed
};

struct Program;
/// Bytes of a card's initial memory, made or not.
inline uint64_t dataBytes(const Card &card) { return card.source ? card.source->size() : card.data.size(); }
/// Makes the data of all cards.
void makeData(Program &program);

/// Words of a card's text: of all queues, with the Nops across long gaps.
uint64_t textWords(const Card &card);

/// A decoded binary. `metadata.cards` is empty here: `cards` holds its content.
/// `metadata.format_version` is set by encodeProgram.
/// FlowEdge.queue and .instruction index `queues` and `instructions` (Nops, which
/// exist only in encoded text, do not count).
struct Program {
  proto::Metadata metadata;
  std::vector<Card> cards;
};

/// What Metadata.cycles must say: cycles from cycle 0 to the last effect of an element on any card. The
/// effect comes its instruction's latency after the dispatch, one cycle at the least.
uint64_t lastEffect(const Program &program, const target::Target &target);
/// What memoryWordsUsed must say of a card: its words that initial memory or an input fills or a Write
/// writes.
uint64_t countWordsUsed(const Program &program, size_t card, const target::Target &target);

/// Whether everything in `program` refers to what exists: the target is known, queues
/// are the target's and in order, instructions pass checkInstruction, locations,
/// flow edges, memory runs and bindings stay inside what they index. Encoding and
/// decoding both require it. InvalidArgument names card, queue and instruction.
absl::Status checkProgram(const Program &program);

/// Serialises to an ELF64 file image. Equal programs give equal bytes; equal
/// sections of different cards are stored once. Fails when an instruction's field
/// does not fit its bits or a queue is not in dispatch order, naming it.
absl::StatusOr<std::string> encodeProgram(const Program &program);
/// The same into a sink; data that are not made yet are made, card by card, and forgotten.
absl::Status encodeProgram(const Program &program, ByteSink &sink);

/// Reads what encodeProgram wrote. DataLoss/InvalidArgument on anything
/// truncated, corrupted (SHA-256) or not understood.
absl::StatusOr<Program> decodeProgram(std::string_view bytes);

/// File forms of the two; writing is atomic (temporary file, then rename).
absl::Status writeProgram(const Program &program, const std::string &path);
absl::StatusOr<Program> readProgram(const std::string &path);

/// The SHA-256 in the file's note, as hex.
absl::StatusOr<std::string> programHash(std::string_view bytes);

} // namespace sluice::binary

#endif // SLUICE_BINARY_PROGRAM_H
