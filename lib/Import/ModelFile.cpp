//===- ModelFile.cpp - A model file, mapped and parsed --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelFile.h"
#include "WireFormat.h"

#include "sluice/Support/Escape.h"
#include "sluice/Support/Files.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <algorithm>

namespace sluice::import {
namespace {

/// Maps a regular file: what else there is may have no end, or nobody who writes.
llvm::Expected<std::shared_ptr<llvm::MemoryBuffer>> mapFile(llvm::StringRef path) {
  if (std::string fault = regularFileFault(path.str()); !fault.empty())
    return llvm::createStringError("cannot open: " + fault);
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError("cannot open: " + buffer.getError().message());
  return std::shared_ptr<llvm::MemoryBuffer>(std::move(*buffer));
}

/// Whether `path` lies in the folder `directory`; both are real paths.
bool isInside(llvm::StringRef path, llvm::StringRef directory) {
  namespace fs = llvm::sys::path;
  return std::distance(fs::begin(path), fs::end(path)) >
             std::distance(fs::begin(directory), fs::end(directory)) &&
         std::equal(fs::begin(directory), fs::end(directory), fs::begin(path));
}

} // namespace

llvm::Expected<std::unique_ptr<ModelFile>> ModelFile::open(const std::string &path,
                                                           const ImportOptions &options) {
  auto result = std::make_unique<ModelFile>(options);
  llvm::Expected<std::shared_ptr<llvm::MemoryBuffer>> file = mapFile(path);
  if (!file)
    return file.takeError();
  if (llvm::Error error = result->admit({"the model", path}))
    return std::move(error);
  result->path = path;
  result->file = std::move(*file);
  llvm::Expected<std::string> stripped = stripRawData(result->file->getBuffer());
  if (!stripped)
    return stripped.takeError();
  if (!parseStripped(*stripped, result->proto))
    return llvm::createStringError("not an ONNX model: the protobuf data is truncated or corrupted");
  if (!result->proto.has_graph())
    return llvm::createStringError("not an ONNX model: it holds no graph");
  return result;
}

llvm::Error ModelFile::admit(const FileRole &file) const {
  for (const FileRole &output : options.outputs)
    if (isSameFile(file.path, output.path))
      return llvm::createStringError("it is the same file as " + output.role + " " + output.path);
  if (options.onFile)
    options.onFile(file);
  return llvm::Error::success();
}

MappedBytes ModelFile::rawData(const pb::TensorProto &tensor) const {
  const DataReference reference = decodeReference(tensor.raw_data());
  return {file->getBuffer().substr(reference.offset, reference.size), file};
}

llvm::Expected<std::shared_ptr<llvm::MemoryBuffer>> ModelFile::mapExternal(llvm::StringRef location) {
  auto [entry, isNew] = externalFiles.try_emplace(location.str());
  if (!isNew && entry->second)
    return entry->second;
  llvm::StringRef folder = llvm::sys::path::parent_path(path);
  llvm::SmallString<256> directory;
  llvm::SmallString<256> target(folder);
  llvm::sys::path::append(target, location);
  llvm::SmallString<256> real;
  std::error_code code = llvm::sys::fs::real_path(folder.empty() ? "." : folder, directory);
  if (!code)
    code = llvm::sys::fs::real_path(target, real);
  if (code)
    return llvm::createStringError("external data '" + location + "': cannot open: " + code.message());
  if (!isInside(real, directory))
    return llvm::createStringError("external data '" + location + "' is outside the model's directory");
  llvm::Expected<std::shared_ptr<llvm::MemoryBuffer>> mapped = mapFile(real);
  llvm::Error fault = mapped ? admit({"external data '" + escapeLine(location.str()) + "'", real.str().str()})
                             : mapped.takeError();
  if (fault)
    return llvm::createStringError("external data '" + location + "': " + llvm::toString(std::move(fault)));
  entry->second = *mapped;
  return *mapped;
}

llvm::Expected<MappedBytes> ModelFile::externalData(llvm::StringRef location, uint64_t offset,
                                                    std::optional<uint64_t> length) {
  // The system would read the name up to the zero only.
  if (location.contains('\0'))
    return llvm::createStringError("external data '" + location + "': the name holds a zero byte");
  // The lexical check comes first so that a path that leads out says nothing of what exists there.
  if (location.empty() || llvm::sys::path::is_absolute(location) ||
      std::find(llvm::sys::path::begin(location), llvm::sys::path::end(location), "..") !=
          llvm::sys::path::end(location))
    return llvm::createStringError("external data '" + location + "' is outside the model's directory");
  llvm::Expected<std::shared_ptr<llvm::MemoryBuffer>> mapped = mapExternal(location);
  if (!mapped)
    return mapped.takeError();
  llvm::StringRef bytes = (*mapped)->getBuffer();
  if (offset > bytes.size() || length.value_or(0) > bytes.size() - offset)
    return llvm::createStringError("external data '" + location + "': " + llvm::Twine(length.value_or(0)) +
                                   " bytes at offset " + llvm::Twine(offset) + " reach beyond the file's " +
                                   llvm::Twine(bytes.size()) + " bytes");
  return MappedBytes{bytes.substr(offset, length.value_or(llvm::StringRef::npos)), *mapped};
}

} // namespace sluice::import
