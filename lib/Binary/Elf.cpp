//===- Elf.cpp - The ELF64 file around a program --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elf.h"
#include "Hash.h"

#include "sluice/Support/Strings.h"

#include <bit>
#include <cstring>

#include <elf.h>

static_assert(std::endian::native == std::endian::little, "ELF structures are copied as they lie");

using namespace sluice;
using namespace sluice::binary;

static constexpr std::string_view kNoteSection = ".note.sluice", kNamesSection = ".shstrtab";

namespace {

/// The one note of the file: the standard header, the owner's name, the hash.
struct HashNote {
  Elf64_Nhdr header = {sizeof(name), kHashBytes, NT_VERSION};
  char name[7] = "Sluice";
  char padding = 0;
  char hash[kHashBytes] = {};
};
static_assert(sizeof(HashNote) == sizeof(Elf64_Nhdr) + 8 + kHashBytes, "notes are packed");

constexpr size_t kNoteOffset = sizeof(Elf64_Ehdr);
constexpr size_t kHashOffset = kNoteOffset + offsetof(HashNote, hash);

} // namespace

/// SHA-256 over the file with the hash itself taken as zero.
static std::string hashOf(std::string_view bytes) {
  const char zeros[kHashBytes] = {};
  Sha256 hash;
  hash.add(bytes.substr(0, kHashOffset));
  hash.add({zeros, kHashBytes});
  hash.add(bytes.substr(kHashOffset + kHashBytes));
  return hash.digest();
}

template <typename T>
static std::string_view bytesOf(const T &value) {
  return {reinterpret_cast<const char *>(&value), sizeof(value)};
}

/// Copies a structure out of `bytes`; the caller has checked the bounds.
template <typename T>
static T structAt(std::string_view bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static Elf64_Ehdr makeHeader(size_t sectionHeaders, size_t sections) {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_NONE;
  header.e_machine = EM_NONE;
  header.e_version = EV_CURRENT;
  header.e_shoff = sectionHeaders;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<Elf64_Half>(sections);
  header.e_shstrndx = static_cast<Elf64_Half>(sections - 1);
  return header;
}

static size_t alignTo(size_t offset, size_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

namespace {

/// What is appended to the file, and its hash.
class HashedFile {
public:
  explicit HashedFile(ByteSink &sink) : sink(sink) {}

  void append(std::string_view bytes) {
    sink.append(bytes);
    hash.add(bytes);
    size += bytes.size();
  }
  void padTo(uint64_t offset) { append(std::string(offset - size, '\0')); }
  void append(const Section &section) {
    if (section.source)
      section.source->read([&](std::string_view bytes) { append(bytes); });
    else
      append(section.content);
  }
  std::string digest() { return hash.digest(); }

private:
  ByteSink &sink;
  Sha256 hash;
  uint64_t size = 0;
};

} // namespace

absl::Status binary::writeElf(const std::vector<Section> &sections, ByteSink &sink) {
  const HashNote note;
  std::string names(1, '\0');
  std::vector<Elf64_Shdr> headers(1, Elf64_Shdr{});
  size_t end = sizeof(Elf64_Ehdr);
  auto place = [&](std::string_view name, uint32_t type, size_t size, size_t alignment) {
    Elf64_Shdr header = {};
    header.sh_name = static_cast<Elf64_Word>(names.size());
    header.sh_type = type;
    header.sh_offset = alignTo(end, alignment);
    header.sh_size = size;
    header.sh_addralign = alignment;
    headers.push_back(header);
    end = header.sh_offset + size;
    names.append(name).push_back('\0');
  };
  place(kNoteSection, SHT_NOTE, sizeof(note), alignof(Elf64_Nhdr));
  for (const Section &section : sections)
    place(section.name, SHT_PROGBITS, section.size(), section.alignment);
  place(kNamesSection, SHT_STRTAB, names.size() + kNamesSection.size() + 1, 1);
  if (headers.size() >= SHN_LORESERVE)
    return invalidArgument(headers.size(), " sections are more than the ", SHN_LORESERVE - 1,
                           " that an ELF file holds");

  const size_t headersOffset = alignTo(end, alignof(Elf64_Shdr));
  HashedFile file(sink);
  const Elf64_Ehdr header = makeHeader(headersOffset, headers.size());
  file.append(bytesOf(header));
  file.append(bytesOf(note));
  for (size_t index = 0; index != sections.size(); ++index) {
    file.padTo(headers[index + 2].sh_offset);
    file.append(sections[index]);
  }
  file.append(names);
  file.padTo(headersOffset);
  for (const Elf64_Shdr &section : headers)
    file.append(bytesOf(section));
  sink.patch(kHashOffset, file.digest());
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// Checks the ELF header and that the file ends with the last section header.
static absl::StatusOr<Elf64_Ehdr> readHeader(std::string_view bytes) {
  if (!bytes.starts_with(std::string_view(ELFMAG, SELFMAG)))
    return invalidArgument("not a Sluice binary: no ELF magic");
  if (bytes.size() < sizeof(Elf64_Ehdr) + sizeof(HashNote))
    return dataLoss("truncated: the file ends inside its header");
  Elf64_Ehdr header = structAt<Elf64_Ehdr>(bytes, 0);
  Elf64_Ehdr expected = makeHeader(header.e_shoff, header.e_shnum);
  if (header.e_shnum < 3 || std::memcmp(&header, &expected, sizeof(header)) != 0)
    return invalidArgument("not a Sluice binary: the ELF header is another one's");
  const uint64_t tail = uint64_t(header.e_shnum) * sizeof(Elf64_Shdr);
  if (header.e_shoff > bytes.size() || bytes.size() - header.e_shoff != tail)
    return dataLoss("truncated or extended: the file has ", bytes.size(), " bytes, its header states ",
                    header.e_shoff, " + ", tail);
  HashNote note = structAt<HashNote>(bytes, kNoteOffset), owner;
  if (std::memcmp(&note, &owner, offsetof(HashNote, hash)) != 0)
    return invalidArgument("not a Sluice binary: it has no Sluice note");
  return header;
}

absl::StatusOr<std::vector<Section>> binary::readElf(std::string_view bytes) {
  absl::StatusOr<Elf64_Ehdr> header = readHeader(bytes);
  if (!header.ok())
    return header.status();
  if (bytes.substr(kHashOffset, kHashBytes) != hashOf(bytes))
    return dataLoss("corrupted: the content does not match its SHA-256");

  // Sections follow one another; the last one holds the names.
  std::vector<Elf64_Shdr> headers;
  uint64_t end = sizeof(Elf64_Ehdr);
  for (size_t index = 1; index != header->e_shnum; ++index) {
    Elf64_Shdr section = structAt<Elf64_Shdr>(bytes, header->e_shoff + index * sizeof(Elf64_Shdr));
    if (section.sh_offset < end || section.sh_offset > header->e_shoff ||
        section.sh_size > header->e_shoff - section.sh_offset)
      return invalidArgument("section ", index, " lies outside the file or over another one");
    if (!std::has_single_bit(section.sh_addralign) || section.sh_offset % section.sh_addralign != 0)
      return invalidArgument("section ", index, " is not aligned to the ", section.sh_addralign,
                             " that it states");
    end = section.sh_offset + section.sh_size;
    headers.push_back(section);
  }
  const std::string_view names = bytes.substr(headers.back().sh_offset, headers.back().sh_size);
  if (!names.ends_with('\0'))
    return invalidArgument("the section names do not end");
  if (headers.front().sh_offset != kNoteOffset)
    return invalidArgument("the note is not the first section");

  std::vector<Section> sections;
  for (size_t index = 1; index + 1 != headers.size(); ++index) {
    const Elf64_Shdr &section = headers[index];
    if (section.sh_name >= names.size())
      return invalidArgument("the name of section ", index + 1, " lies outside the names");
    sections.push_back({std::string(names.data() + section.sh_name),
                        bytes.substr(section.sh_offset, section.sh_size), section.sh_addralign});
  }
  return sections;
}

absl::StatusOr<std::string> binary::statedHash(std::string_view bytes) {
  if (absl::StatusOr<Elf64_Ehdr> header = readHeader(bytes); !header.ok())
    return header.status();
  return toHex(bytes.substr(kHashOffset, kHashBytes));
}
