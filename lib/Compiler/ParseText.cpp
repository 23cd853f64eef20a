//===- ParseText.cpp - Programs from IR text ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParseText.h"

#include "sluice/Support/Files.h"

#include "mlir/Parser/Parser.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

namespace sluice {

static constexpr uint64_t kMostResults = 1 << 16;

/// The number in a use "%name#number" that begins at `use`; 0 where there is none.
static uint64_t resultNumber(StringRef use) {
  const size_t name =
      1 + use.drop_front()
              .take_while([](char c) { return llvm::isAlnum(c) || StringRef("$._-").contains(c); })
              .size();
  uint64_t number = 0;
  if (use.substr(name).starts_with("#"))
    use.substr(name + 1).take_while(llvm::isDigit).getAsInteger(10, number);
  return number;
}

LogicalResult checkTextOptions(StringRef path, const CompileOptions &options, MLIRContext &context) {
  if (options.constantInputs.empty())
    return success();
  return emitError(UnknownLoc::get(&context))
         << path << ": constant inputs are given to ONNX models, not to IR text";
}

OwningOpRef<ModuleOp> parseTextFile(StringRef path, MLIRContext &context) {
  auto refuse = [&](const std::string &fault) -> OwningOpRef<ModuleOp> {
    emitError(UnknownLoc::get(&context)) << "cannot open " << path << ": " << fault;
    return {};
  };
  if (std::string fault = regularFileFault(path.str()); !fault.empty())
    return refuse(fault);
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!file)
    return refuse(file.getError().message());
  llvm::SourceMgr sources;
  StringRef text = (*file)->getBuffer();
  sources.AddNewSourceBuffer(std::move(*file), llvm::SMLoc());
  for (size_t use = text.find('%'); use != StringRef::npos; use = text.find('%', use + 1))
    if (uint64_t number = resultNumber(text.substr(use)); number >= kMostResults) {
      auto [line, column] = sources.getLineAndColumn(llvm::SMLoc::getFromPointer(text.data() + use));
      emitError(FileLineColLoc::get(&context, path, line, column))
          << "names result " << number << " of an operation, which has at most " << kMostResults;
      return {};
    }
  return parseSourceFile<ModuleOp>(sources, &context);
}

} // namespace sluice
