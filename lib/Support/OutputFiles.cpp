//===- OutputFiles.cpp - Where a run's results are written ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/OutputFiles.h"

#include "sluice/Support/Escape.h"
#include "sluice/Support/Strings.h"

#include "absl/strings/ascii.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

using namespace sluice;

/// Bytes of a stem: file systems take names of 255, of which the number behind a stem, its ending and what
/// temporary files add need some.
static constexpr size_t kLongestStem = 180;

static std::string lowered(std::string_view text) {
  std::string result(text);
  absl::AsciiStrToLower(&result);
  return result;
}

/// Whether some system takes every file called `stem`, whatever follows behind a dot, for a device.
static bool isDeviceName(std::string_view stem) {
  static constexpr std::array<std::string_view, 6> plain = {"con", "prn", "aux", "nul", "conin$", "conout$"};
  const std::string base = lowered(stem.substr(0, stem.find('.')));
  const bool isPort = base.size() == 4 && (base.starts_with("com") || base.starts_with("lpt")) &&
                      absl::ascii_isdigit(static_cast<unsigned char>(base[3]));
  return isPort || std::find(plain.begin(), plain.end(), base) != plain.end();
}

/// `name` in the characters that every file system takes.
static std::string plainStem(std::string_view name) {
  std::string stem(name.empty() ? "_" : name.substr(0, kLongestStem));
  for (char &c : stem)
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-' && c != '_')
      c = '_';
  if (stem[0] == '.' || stem[0] == '-')
    stem[0] = '_';
  return isDeviceName(stem) ? "_" + stem : stem;
}

std::vector<std::string> sluice::outputFileNames(const std::vector<std::string> &names) {
  std::vector<std::string> stems(names.size());
  std::set<std::string> taken;           // in lower case
  std::map<std::string, size_t> numbers; // next for a stem
  // Names that need no change come first, so that no changed one takes theirs.
  for (size_t index = 0; index != names.size(); ++index)
    if (plainStem(names[index]) == names[index] && taken.insert(lowered(names[index])).second)
      stems[index] = names[index];
  for (size_t index = 0; index != names.size(); ++index) {
    if (!stems[index].empty())
      continue;
    const std::string stem = plainStem(names[index]);
    stems[index] = stem;
    for (size_t &number = numbers.try_emplace(stem, 2).first->second;
         !taken.insert(lowered(stems[index])).second;)
      stems[index] = concat(stem, "_", number++);
  }
  return stems;
}

static std::string indexEntry(const std::string &name, const std::string &file, const HostTensor &tensor) {
  std::string shape;
  for (int64_t size : tensor.shape)
    shape += concat(shape.empty() ? "" : ", ", size);
  return concat("    {\"name\": ", jsonString(name), ", \"file\": ", jsonString(file),
                ", \"type\": ", jsonString(elementName(tensor.type)), ", \"shape\": [", shape, "]}");
}

/// Readies the files of `tensors`, in the order of `paths`, and the index, the last of these.
static absl::Status addFiles(const NamedTensors &tensors, const std::vector<FileRole> &paths,
                             std::string_view format, const std::string &index, FileSet &files) {
  for (size_t number = 0; number != tensors.size(); ++number) {
    absl::StatusOr<std::string> bytes = formatTensor(tensors[number].second, tensors[number].first, format);
    if (!bytes.ok())
      return bytes.status();
    if (absl::Status status = files.add(paths[number].path, *bytes); !status.ok())
      return status;
  }
  return files.add(paths.back().path, index);
}

absl::Status sluice::writeOutputs(const NamedTensors &tensors, const std::string &directory,
                                  std::string_view format, const std::vector<FileRole> &inputs) {
  std::vector<std::string> names;
  for (const auto &[name, tensor] : tensors)
    names.push_back(name);
  const std::vector<std::string> stems = outputFileNames(names);
  std::vector<FileRole> paths;
  auto addPath = [&](const std::string &role, const std::string &file) {
    paths.push_back({role, (std::filesystem::path(directory) / file).string()});
  };
  std::string entries;
  for (size_t number = 0; number != tensors.size(); ++number) {
    const std::string file = concat(stems[number], ".", format);
    addPath(concat("output '", escapeLine(names[number]), "'"), file);
    entries += concat(number == 0 ? "" : ",\n", indexEntry(names[number], file, tensors[number].second));
  }
  addPath("the index", std::string(kOutputIndex));
  if (absl::Status status = checkOutputs(paths, inputs); !status.ok())
    return status;

  std::error_code error;
  const bool isNew = std::filesystem::create_directories(directory, error);
  if (error)
    return invalidArgument("cannot make the directory ", escapeLine(directory), ": ", error.message());
  FileSet files;
  absl::Status status =
      addFiles(tensors, paths, format, concat("{\"outputs\": [\n", entries, "\n]}\n"), files);
  if (status.ok())
    status = files.commit();
  if (!status.ok() && isNew) {
    files.clear();
    std::filesystem::remove(directory, error);
  }
  return status;
}
