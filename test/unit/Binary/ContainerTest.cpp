//===- ContainerTest.cpp - Whole binaries ---------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SampleProgram.h"

#include "sluice/Binary/Printer.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <tuple>

#include <openssl/evp.h>

using namespace sluice;
using namespace sluice::binary;

namespace {

/// `program` as text that shows every difference.
std::string dump(const Program &program) {
  std::string text = program.metadata.SerializeAsString();
  for (const Card &card : program.cards) {
    for (const proto::MemoryRun &run : card.memory)
      text += run.DebugString();
    for (const proto::FlowEdge &edge : card.flow)
      text += edge.DebugString();
    text += card.data + std::to_string(card.memoryWordsUsed);
  }
  return text;
}

bool sameQueues(const Program &a, const Program &b) {
  for (size_t card = 0; card != a.cards.size(); ++card) {
    if (a.cards[card].queues.size() != b.cards[card].queues.size())
      return false;
    for (size_t queue = 0; queue != a.cards[card].queues.size(); ++queue) {
      const QueueProgram &first = a.cards[card].queues[queue], &second = b.cards[card].queues[queue];
      if (first.queue != second.queue || first.instructions != second.instructions ||
          first.locations != second.locations)
        return false;
    }
  }
  return true;
}

std::string messageOf(const absl::Status &status) {
  return std::string(status.message().data(), status.message().size());
}

std::string encoded(const Program &program) {
  absl::StatusOr<std::string> bytes = encodeProgram(program);
  EXPECT_TRUE(bytes.ok()) << messageOf(bytes.status());
  return bytes.ok() ? *bytes : "";
}

size_t occurrences(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

} // namespace

TEST(Container, RoundTripsAProgramOfTwoCards) {
  const Program program = makeProgram();
  const std::string bytes = encoded(program);
  absl::StatusOr<Program> back = decodeProgram(bytes);
  ASSERT_TRUE(back.ok()) << messageOf(back.status());
  EXPECT_EQ(dump(*back), dump(program));
  EXPECT_TRUE(sameQueues(*back, program));
  EXPECT_EQ(encoded(*back), bytes);
}

// Equal data, text, queues and flow are in the file once, whichever card they serve.
TEST(Container, StoresEqualSectionsOnce) {
  Program program = makeProgram();
  program.cards[1].data = program.cards[0].data;
  program.cards[0].queues.resize(2);
  program.cards[1].queues.resize(2);
  program.cards[0].flow.clear();
  program.cards[1].flow.clear();
  const std::string bytes = encoded(program);
  EXPECT_EQ(occurrences(bytes, program.cards[0].data), 1u);
  EXPECT_EQ(occurrences(bytes, std::string_view(".sluice.data.0\0", 15)), 1u);
  EXPECT_EQ(bytes.find(".sluice.data.1"), std::string::npos);
  EXPECT_EQ(bytes.find(".sluice.text.1"), std::string::npos);
  absl::StatusOr<Program> back = decodeProgram(bytes);
  ASSERT_TRUE(back.ok()) << messageOf(back.status());
  EXPECT_EQ(dump(*back), dump(program));
  EXPECT_TRUE(sameQueues(*back, program));
}

namespace {

/// Gives the bytes of a string a few at a time.
class StringSource : public DataSource {
public:
  explicit StringSource(std::string bytes) : bytes(std::move(bytes)) {}
  uint64_t size() const override { return bytes.size(); }
  void read(const std::function<void(std::string_view)> &take) const override {
    for (size_t at = 0; at < bytes.size(); at += 7)
      take(std::string_view(bytes).substr(at, 7));
  }
  bool isSame(const DataSource &other) const override {
    return static_cast<const StringSource &>(other).bytes == bytes;
  }

private:
  std::string bytes;
};

/// The program with its data left to be made.
Program withSources(Program program) {
  for (Card &card : program.cards) {
    card.source = std::make_shared<StringSource>(card.data);
    card.data.clear();
  }
  return program;
}

} // namespace

// Data that are made while the file is written give the same file.
TEST(Container, MakesDataWhileItIsWritten) {
  Program program = makeProgram();
  const std::string path = std::filesystem::path(testing::TempDir()) / "sluice-container-made.slu";
  for (bool areEqual : {false, true}) {
    if (areEqual)
      program.cards[1].data = program.cards[0].data;
    const std::string bytes = encoded(program);
    Program later = withSources(program);
    EXPECT_EQ(dataBytes(later.cards[0]), program.cards[0].data.size());
    EXPECT_EQ(encoded(later), bytes);
    ASSERT_TRUE(writeProgram(later, path).ok());
    std::ifstream stream(path, std::ios::binary);
    EXPECT_EQ(std::string((std::istreambuf_iterator<char>(stream)), {}), bytes);
    makeData(later);
    EXPECT_EQ(later.cards[1].data, program.cards[1].data);
  }
  std::filesystem::remove(path);
}

// readelf, a reader that knows nothing of Sluice, lists the sections and warns of nothing.
TEST(Container, IsAnElfFileToReadelf) {
  if (std::system("readelf --version >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "readelf is not installed";
  const std::filesystem::path directory = testing::TempDir();
  const std::string path = directory / "sluice-container-test.slu", listing = path + ".txt";
  ASSERT_TRUE(writeProgram(makeProgram(), path).ok());
  ASSERT_EQ(std::system(("readelf -W -h -S -n '" + path + "' >'" + listing + "' 2>&1").c_str()), 0);
  std::ifstream stream(listing);
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  for (const char *name : {".note.sluice", ".sluice.meta", ".sluice.text.0", ".sluice.text.1",
                           ".sluice.data.0", ".sluice.data.1", ".shstrtab"})
    EXPECT_NE(text.find(name), std::string::npos) << name << "\n" << text;
  EXPECT_EQ(text.find("arning"), std::string::npos) << text;
  EXPECT_EQ(text.find("rror"), std::string::npos) << text;
  std::filesystem::remove(path);
  std::filesystem::remove(listing);
}

TEST(Container, StatesItsHash) {
  const std::string bytes = encoded(makeProgram());
  absl::StatusOr<std::string> hash = programHash(bytes);
  ASSERT_TRUE(hash.ok());
  EXPECT_EQ(hash->size(), 64u);
  Program other = makeProgram();
  other.metadata.set_cycles(301);
  EXPECT_NE(*programHash(encoded(other)), *hash);
}

TEST(Container, RefusesEveryTruncation) {
  const std::string bytes = encoded(makeProgram());
  for (size_t size = 0; size < bytes.size(); size += size < 256 ? 1 : 97)
    EXPECT_FALSE(decodeProgram(std::string_view(bytes).substr(0, size)).ok()) << size;
  EXPECT_FALSE(decodeProgram(bytes + '\0').ok());
  EXPECT_EQ(messageOf(decodeProgram("").status()), "not a Sluice binary: no ELF magic");
}

// The hash, the header checks or both find a flipped bit wherever it is.
TEST(Container, RefusesEveryFlippedByte) {
  const std::string bytes = encoded(makeProgram());
  for (size_t at = 0; at < bytes.size(); at += bytes.size() > 20000 ? 7 : 1) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    EXPECT_FALSE(decodeProgram(flipped).ok()) << at;
  }
  std::string flipped = bytes;
  flipped[bytes.size() / 2] ^= 1;
  EXPECT_EQ(messageOf(decodeProgram(flipped).status()), "corrupted: the content does not match its SHA-256");
}

namespace {

/// Where the note's hash lies: behind the ELF header, the note's header and its name.
constexpr size_t kHashAt = 64 + 12 + 8, kHashSize = 32;

/// `bytes` with a hash that fits, as one who means harm would write it.
std::string rehash(std::string bytes) {
  std::fill_n(bytes.begin() + kHashAt, kHashSize, '\0');
  unsigned char digest[kHashSize];
  EVP_Digest(bytes.data(), bytes.size(), digest, nullptr, EVP_sha256(), nullptr);
  std::copy_n(digest, kHashSize, bytes.begin() + kHashAt);
  return bytes;
}

} // namespace

// The hash is that of the file with the hash zero, computed here with OpenSSL alone.
TEST(Container, HashesTheFileWithItsHashZero) {
  const std::string bytes = encoded(makeProgram());
  EXPECT_EQ(rehash(bytes), bytes);
}

// A hostile file whose hash fits is refused or read, never trusted: what is read
// refers to what exists. (With the sanitizers on, that no byte outside is touched.)
TEST(Container, SurvivesAlteredFilesWithTheRightHash) {
  const std::string bytes = encoded(makeProgram());
  size_t refused = 0, read = 0;
  for (size_t at = 0; at != bytes.size(); ++at) {
    if (bytes[at] == 0 && at % 8 != 0)
      continue; // Most of the file is padding.
    for (char flip : {'\x01', '\x80', '\xff'}) {
      std::string altered = bytes;
      altered[at] = static_cast<char>(altered[at] ^ flip);
      absl::StatusOr<Program> program = decodeProgram(rehash(altered));
      if (program.ok())
        EXPECT_TRUE(checkProgram(*program).ok());
      ++(program.ok() ? read : refused);
    }
  }
  EXPECT_GT(refused, 1000u);
  EXPECT_GT(read, 100u); // Data bytes are anyone's to choose.
}

namespace {

/// Lays `x`, of shape [2, 320], out as two rows of 2 x 320 elements.
void setLoops(Program &program) {
  proto::Layout &layout = *program.metadata.mutable_inputs(0)->mutable_layout();
  layout.Clear();
  for (const auto &[dim, count, step] : {std::tuple(0, 2, -1), std::tuple(1, 320, 1)}) {
    proto::Loop *loop = dim == 0 ? layout.add_rows() : layout.add_lanes();
    loop->set_dim(dim);
    loop->set_count(count);
    loop->set_step(step);
  }
  layout.add_offsets(1);
  layout.add_offsets(-3);
}

/// What checkProgram says of a program that `change` spoiled.
template <typename Change>
std::string complaint(Change change) {
  Program program = makeProgram();
  change(program);
  absl::Status status = checkProgram(program);
  EXPECT_FALSE(encodeProgram(program).ok());
  return messageOf(status);
}

} // namespace

// Each index of a program that points nowhere is refused by name.
TEST(Container, RefusesWhatDoesNotExist) {
  EXPECT_EQ(complaint([](Program &p) { p.metadata.set_target_version(9); }),
            "the program is for version 9 of target tsp1, known is version 1");
  EXPECT_NE(complaint([](Program &p) { p.metadata.set_target("no-such"); }).find("no-such"),
            std::string::npos);
  EXPECT_EQ(complaint([](Program &p) { p.cards.clear(); }), "0 cards are not 1...264");
  EXPECT_EQ(complaint([](Program &p) { std::swap(p.cards[0].queues[0], p.cards[0].queues[1]); }),
            "card 0: queue mem.e0.r is not in order behind mem.e1.w");
  EXPECT_EQ(complaint([](Program &p) { p.cards[1].queues[0].queue.index = 44; }),
            "card 1: queue mem.e44.r: target tsp1 has no such queue");
  EXPECT_EQ(complaint([](Program &p) { p.cards[1].queues[0].locations = {2}; }),
            "card 1: queue mem.e0.r: instruction 0 in cycle 0: location 2 is not among the 2");
  EXPECT_EQ(complaint([](Program &p) { p.cards[1].queues[0].locations.clear(); }),
            "card 1: queue mem.e0.r: 0 locations for 1 instructions");
  EXPECT_EQ(complaint([](Program &p) { p.cards[0].queues[0].instructions[0].stream = 32; }),
            "card 0: queue mem.e0.r: instruction 0 in cycle 0: read: stream is 32, not in 0...31");
  EXPECT_EQ(complaint([](Program &p) { p.cards[0].memory[0].set_words(3); }),
            "card 0: memory run 0: 960 bytes at 0 go beyond the 640 bytes of data");
  EXPECT_EQ(complaint([](Program &p) { p.cards[0].memory[0].set_address(0xffffffff); }),
            "card 0: memory run 0: words 4294967295 to 4294967297 go beyond the slice's 8192");
  EXPECT_EQ(complaint([](Program &p) { p.cards[0].flow[0].set_producer_queue(4); }),
            "card 0: flow edge 0: there is no producer 0 of queue number 4");
  EXPECT_EQ(complaint([](Program &p) { p.cards[0].flow[0].set_producer_card(2); }),
            "card 0: flow edge 0: there is no card 2");
  EXPECT_EQ(
      complaint([](Program &p) { p.metadata.mutable_inputs(0)->mutable_placements(0)->set_count(102); }),
      "inputs: 'x': placement 0: words 100 to -1 go beyond the slice's 8192");
  EXPECT_EQ(complaint([](Program &p) { p.metadata.mutable_inputs(0)->mutable_placements(0)->add_slices(4); }),
            "inputs: 'x': placement 0: 2 slices for elements of 1 bytes");
  EXPECT_EQ(
      complaint([](Program &p) { p.metadata.mutable_inputs(0)->mutable_layout()->set_permutation(0, 1); }),
      "inputs: 'x': the layout does not permute the 2 dimensions");
  EXPECT_EQ(complaint([](Program &p) { *p.metadata.add_inputs() = p.metadata.inputs(0); }),
            "inputs: 'x': the name appears twice");
}

TEST(Container, RoundTripsLoops) {
  Program program = makeProgram();
  setLoops(program);
  absl::StatusOr<Program> back = decodeProgram(encoded(program));
  ASSERT_TRUE(back.ok()) << messageOf(back.status());
  EXPECT_EQ(dump(*back), dump(program));
  std::ostringstream text;
  printBindings(*back, {}, text);
  EXPECT_EQ(text.str(), "input x: int8 [2, 320]\n"
                        "  layout rows 0:x2/-1, lanes 1:x320/1, offsets 1 -3\n"
                        "  card 0 vectors 0 x2 at 0x0064 step -1 in mem.e3\n");
}

TEST(Container, RefusesLoopsThatMakeNoSense) {
  auto refused = [](auto change) {
    return complaint([&](Program &program) {
      setLoops(program);
      change(*program.metadata.mutable_inputs(0)->mutable_layout());
    });
  };
  EXPECT_EQ(refused([](proto::Layout &layout) { layout.mutable_rows(0)->set_dim(2); }),
            "inputs: 'x': row loop 0 is of dimension 2 of 2");
  EXPECT_EQ(refused([](proto::Layout &layout) { layout.mutable_lanes(0)->set_count(0); }),
            "inputs: 'x': lane loop 0 counts to 0");
  EXPECT_EQ(refused([](proto::Layout &layout) { layout.add_offsets(0); }),
            "inputs: 'x': the layout has 3 offsets for rank 2");
  EXPECT_EQ(refused([](proto::Layout &layout) { layout.add_permutation(0); }),
            "inputs: 'x': the layout has both loops and a permutation or lane dimensions");
  EXPECT_EQ(complaint([](Program &program) {
              setLoops(program);
              *program.metadata.add_outputs() = program.metadata.inputs(0);
            }),
            "outputs: 'x': an output's layout has loops");
}

TEST(Container, NamesTheFileThatItCannotRead) {
  EXPECT_EQ(messageOf(readProgram("/no/such/model.slu").status()),
            "cannot open /no/such/model.slu: No such file or directory");
}
