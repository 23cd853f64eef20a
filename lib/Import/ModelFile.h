//===- ModelFile.h - A model file, mapped and parsed ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_MODELFILE_H
#define SLUICE_LIB_IMPORT_MODELFILE_H

#include "Proto.h"

#include "sluice/Import/Import.h"

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sluice::import {

/// Bytes together with the file mapping that they lie in.
struct MappedBytes {
  llvm::StringRef bytes;
  std::shared_ptr<llvm::MemoryBuffer> file;
};

/// An ONNX file. Its protobuf is parsed without the raw data of its tensors, which stays in the mapping:
/// what TensorProto::raw_data() holds in model() is only a reference for rawData().
class ModelFile {
public:
  /// Maps and parses the file. The error's text says what is wrong with it, without the path.
  /// Of `options`, which outlive it, what concerns files counts.
  static llvm::Expected<std::unique_ptr<ModelFile>> open(const std::string &path,
                                                         const ImportOptions &options);

  explicit ModelFile(const ImportOptions &options) : options(options) {}

  const pb::ModelProto &model() const { return proto; }

  /// Says that a file is read; an error if it is one that will be written.
  llvm::Error admit(const FileRole &file) const;

  /// The raw data of a tensor that is part of model() or was parsed from its unknown fields.
  MappedBytes rawData(const pb::TensorProto &tensor) const;

  /// `length` bytes (all from `offset` on, if none is given) of a file of external data. `location` is
  /// relative to the model's directory and must not lead out of it, not even through links.
  llvm::Expected<MappedBytes> externalData(llvm::StringRef location, uint64_t offset,
                                           std::optional<uint64_t> length);

private:
  llvm::Expected<std::shared_ptr<llvm::MemoryBuffer>> mapExternal(llvm::StringRef location);

  std::string path;
  const ImportOptions &options;
  std::shared_ptr<llvm::MemoryBuffer> file;
  pb::ModelProto proto;
  /// External files by location.
  std::map<std::string, std::shared_ptr<llvm::MemoryBuffer>> externalFiles;
};

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_MODELFILE_H
