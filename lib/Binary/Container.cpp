//===- Container.cpp - Programs to files and back -------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elf.h"
#include "Serialize.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Binary/Program.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/Files.h"
#include "sluice/Support/Strings.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

#include <algorithm>
#include <limits>
#include <map>

using namespace sluice;
using namespace sluice::binary;
using target::Target;

static constexpr uint32_t kFormatVersion = 1;
static constexpr std::string_view kMetadataSection = ".sluice.meta", kTextPrefix = ".sluice.text.",
                                  kDataPrefix = ".sluice.data.";
/// Data start on pages, so that they can be mapped.
static constexpr uint64_t kMetadataAlignment = 8, kTextAlignment = kWordBytes, kDataAlignment = 4096;
/// Instructions and flow edges that a file may unfold to: it must not ask for more
/// memory than a host has.
static constexpr uint64_t kMaxRecords = uint64_t(1) << 27;

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

namespace {

/// Sections of one kind, equal ones stored once. Contents stay where they are.
class SectionPool {
public:
  SectionPool(std::string_view prefix, uint64_t alignment) : prefix(prefix), alignment(alignment) {}

  /// Name of the section that holds `content` of card `card`; "" for nothing.
  std::string add(size_t card, std::string_view content) {
    if (content.empty())
      return "";
    auto [entry, isNew] = names.try_emplace(content, concat(prefix, card));
    if (isNew)
      sections.push_back({entry->second, content, alignment});
    return entry->second;
  }
  /// The same of what `source` makes.
  std::string add(size_t card, const DataSource &source) {
    if (source.size() == 0)
      return "";
    for (const Section &section : sections)
      if (section.source && section.source->isSame(source))
        return section.name;
    sections.push_back({concat(prefix, card), {}, alignment, &source});
    return sections.back().name;
  }
  const std::vector<Section> &get() const { return sections; }

private:
  std::string_view prefix;
  uint64_t alignment;
  std::map<std::string_view, std::string> names;
  std::vector<Section> sections;
};

} // namespace

/// A card's number as its distance from `base`, so that cards that play the same
/// role in different places carry equal flow.
static uint32_t relativeCard(uint32_t card, size_t base, size_t cards) {
  return static_cast<uint32_t>((card + cards - base) % cards);
}
static uint32_t absoluteCard(uint32_t distance, size_t base, size_t cards) {
  return static_cast<uint32_t>((distance + base) % cards);
}

/// What is repeated from card to card: queues and flow, without what names the card.
static absl::StatusOr<proto::CardProgram> encodeBody(const Program &program, size_t cardIndex,
                                                     const Target &target, std::string &text) {
  const Card &card = program.cards[cardIndex];
  proto::CardProgram body;
  for (const QueueProgram &queue : card.queues) {
    proto::QueueText &queueText = *body.add_queues();
    queueText.set_unit(uint32_t(queue.queue.unit));
    queueText.set_hemisphere(uint32_t(queue.queue.hemisphere));
    queueText.set_index(queue.queue.index);
    queueText.set_offset(text.size());
    absl::Status status = encodeQueue(queue.queue, queue.instructions, target, text);
    if (!status.ok())
      return withContext(status, concat("card ", cardIndex, ", queue ", queueName(queue.queue)));
    queueText.set_words(static_cast<uint32_t>((text.size() - queueText.offset()) / kWordBytes));
    queueText.mutable_locations()->Add(queue.locations.begin(), queue.locations.end());
  }
  body.mutable_flow()->Reserve(static_cast<int>(card.flow.size()));
  for (const proto::FlowEdge &edge : card.flow) {
    proto::FlowEdge &stored = *body.add_flow();
    stored = edge;
    if (edge.slot() == kReceiveSlot)
      stored.set_producer_card(relativeCard(edge.producer_card(), cardIndex, program.cards.size()));
  }
  return body;
}

std::string binary::serialize(const google::protobuf::MessageLite &message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

uint64_t binary::textWords(const Card &card) {
  uint64_t words = 0;
  for (const QueueProgram &queue : card.queues)
    words += encodedWords(queue.instructions);
  return words;
}

void binary::makeData(Program &program) {
  for (Card &card : program.cards) {
    if (!card.source)
      continue;
    card.data.reserve(card.source->size());
    card.source->read([&](std::string_view bytes) { card.data.append(bytes); });
    card.source.reset();
  }
}

absl::StatusOr<std::string> binary::encodeProgram(const Program &program) {
  std::string file;
  StringSink sink(file);
  if (absl::Status status = encodeProgram(program, sink); !status.ok())
    return status;
  return file;
}

absl::Status binary::encodeProgram(const Program &program, ByteSink &sink) {
  if (absl::Status status = checkProgram(program); !status.ok())
    return status;
  absl::StatusOr<Target> target = target::targetByName(program.metadata.target());
  if (!target.ok())
    return target.status();

  proto::Metadata metadata = program.metadata;
  metadata.set_format_version(kFormatVersion);
  metadata.clear_cards();
  std::vector<std::string> texts(program.cards.size());
  SectionPool textPool(kTextPrefix, kTextAlignment), dataPool(kDataPrefix, kDataAlignment);
  std::map<std::string, uint32_t> bodies;
  for (size_t index = 0; index != program.cards.size(); ++index) {
    const Card &card = program.cards[index];
    absl::StatusOr<proto::CardProgram> body = encodeBody(program, index, *target, texts[index]);
    if (!body.ok())
      return body.status();
    auto [entry, isNew] = bodies.try_emplace(serialize(*body), static_cast<uint32_t>(index + 1));
    proto::CardProgram &stored = *metadata.add_cards();
    if (isNew)
      stored = std::move(*body);
    else
      stored.set_like_card(entry->second);
    stored.set_text_section(textPool.add(index, texts[index]));
    stored.set_data_section(card.source ? dataPool.add(index, *card.source) : dataPool.add(index, card.data));
    stored.mutable_memory()->Add(card.memory.begin(), card.memory.end());
    stored.set_memory_words_used(card.memoryWordsUsed);
  }

  constexpr size_t limit = std::numeric_limits<int>::max();
  if (metadata.ByteSizeLong() > limit)
    return invalidArgument("the metadata need ", metadata.ByteSizeLong(), " bytes; a binary holds ", limit);
  const std::string metadataBytes = serialize(metadata);
  std::vector<Section> sections = {{std::string(kMetadataSection), metadataBytes, kMetadataAlignment}};
  sections.insert(sections.end(), textPool.get().begin(), textPool.get().end());
  sections.insert(sections.end(), dataPool.get().begin(), dataPool.get().end());
  return writeElf(sections, sink);
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

namespace {

/// Turns the sections of a file into a program.
class Decoder {
public:
  explicit Decoder(const std::vector<Section> &sections) : sections(sections) {}

  absl::StatusOr<Program> decode() {
    if (absl::Status status = readMetadata(); !status.ok())
      return status;
    absl::StatusOr<Target> found = target::targetByName(metadata.target());
    if (!found.ok())
      return found.status();
    target = *std::move(found);
    Program program;
    program.cards.resize(static_cast<size_t>(metadata.cards_size()));
    for (size_t card = 0; card != program.cards.size(); ++card)
      if (absl::Status status = readCard(card, program.cards[card]); !status.ok())
        return withContext(status, concat("card ", card));
    metadata.clear_cards();
    program.metadata = std::move(metadata);
    if (absl::Status status = checkProgram(program); !status.ok())
      return status;
    return program;
  }

private:
  absl::Status readMetadata() {
    absl::StatusOr<std::string_view> bytes = find(std::string(kMetadataSection), "");
    if (!bytes.ok())
      return bytes.status();
    if (bytes->size() > size_t(std::numeric_limits<int>::max()) ||
        !metadata.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())))
      return invalidArgument("the metadata cannot be parsed");
    if (metadata.format_version() != kFormatVersion)
      return invalidArgument("format version ", metadata.format_version(), " is not ", kFormatVersion,
                             ", the one that this version of Sluice reads");
    return absl::OkStatus();
  }

  /// Content of a section that is called `name` and so starts with `prefix`; nothing for "".
  absl::StatusOr<std::string_view> find(const std::string &name, std::string_view prefix) const {
    if (name.empty())
      return std::string_view();
    auto found = std::find_if(sections.begin(), sections.end(),
                              [&](const Section &section) { return section.name == name; });
    if (found == sections.end() || !name.starts_with(prefix))
      return invalidArgument("there is no section ", name);
    return found->content;
  }

  absl::Status readCard(size_t index, Card &card) {
    proto::CardProgram &stored = *metadata.mutable_cards(static_cast<int>(index));
    if (stored.like_card() > index ||
        (stored.like_card() != 0 && (stored.queues_size() || stored.flow_size())))
      return invalidArgument("its program is said to be card ", stored.like_card(), "'s");
    const proto::CardProgram &body =
        stored.like_card() == 0 ? stored : metadata.cards(static_cast<int>(stored.like_card() - 1));
    absl::StatusOr<std::string_view> text = find(stored.text_section(), kTextPrefix);
    if (!text.ok())
      return text.status();
    absl::StatusOr<std::string_view> data = find(stored.data_section(), kDataPrefix);
    if (!data.ok())
      return data.status();
    if (data->size() > target.memoryBytes())
      return invalidArgument(data->size(), " bytes of data are more than a card's ", target.memoryBytes());
    records += text->size() / kWordBytes + static_cast<uint64_t>(body.flow_size());
    if (records > kMaxRecords)
      return invalidArgument("the cards so far hold more than ", kMaxRecords, " instructions and flow edges");

    if (absl::Status status = readQueues(body, *text, card); !status.ok())
      return status;
    card.flow.assign(body.flow().begin(), body.flow().end());
    const size_t cards = static_cast<size_t>(metadata.cards_size());
    for (proto::FlowEdge &edge : card.flow)
      if (edge.slot() == kReceiveSlot)
        edge.set_producer_card(absoluteCard(edge.producer_card(), index, cards));
    card.memory.assign(stored.memory().begin(), stored.memory().end());
    card.data = *data;
    card.memoryWordsUsed = stored.memory_words_used();
    return absl::OkStatus();
  }

  /// Decodes the queues, which must cover the text one after another.
  absl::Status readQueues(const proto::CardProgram &body, std::string_view text, Card &card) {
    size_t end = 0;
    for (const proto::QueueText &stored : body.queues()) {
      if (stored.unit() >= uint32_t(Unit::Any) || stored.hemisphere() > 1 ||
          stored.index() > std::numeric_limits<uint16_t>::max())
        return invalidArgument("there is no queue of unit ", stored.unit(), ", hemisphere ",
                               stored.hemisphere(), ", index ", stored.index());
      QueueProgram queue;
      queue.queue = {Unit(stored.unit()), target::Hemisphere(stored.hemisphere()),
                     static_cast<uint16_t>(stored.index())};
      const uint64_t size = uint64_t(stored.words()) * kWordBytes;
      if (stored.offset() != end || size > text.size() - end)
        return invalidArgument("queue ", queueName(queue.queue),
                               ": its text is not where its predecessor's ends");
      absl::StatusOr<std::vector<Instruction>> instructions =
          decodeQueue(queue.queue, text.substr(end, size), target);
      if (!instructions.ok())
        return withContext(instructions.status(), concat("queue ", queueName(queue.queue)));
      queue.instructions = *std::move(instructions);
      queue.locations.assign(stored.locations().begin(), stored.locations().end());
      card.queues.push_back(std::move(queue));
      end += size;
    }
    return end == text.size() ? absl::OkStatus() : invalidArgument("text goes on behind the last queue");
  }

  const std::vector<Section> &sections;
  proto::Metadata metadata;
  Target target;
  uint64_t records = 0;
};

} // namespace

absl::StatusOr<Program> binary::decodeProgram(std::string_view bytes) {
  absl::StatusOr<std::vector<Section>> sections = readElf(bytes);
  if (!sections.ok())
    return sections.status();
  return Decoder(*sections).decode();
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

absl::Status binary::writeProgram(const Program &program, const std::string &path) {
  FileSet files;
  absl::Status status = files.add(path, [&](ByteSink &sink) { return encodeProgram(program, sink); });
  return status.ok() ? files.commit() : status;
}

absl::StatusOr<Program> binary::readProgram(const std::string &path) {
  absl::StatusOr<std::string> bytes = readFile(path);
  if (!bytes.ok())
    return bytes.status();
  absl::StatusOr<Program> program = decodeProgram(*bytes);
  if (!program.ok())
    return withContext(program.status(), escapeLine(path));
  return program;
}

absl::StatusOr<std::string> binary::programHash(std::string_view bytes) { return statedHash(bytes); }
