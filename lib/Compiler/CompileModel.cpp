//===- CompileModel.cpp - The compiler without its IR ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Session.h"

#include "sluice/Compiler/Compiler.h"
#include "sluice/Support/Cancellation.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace sluice {

absl::StatusOr<binary::Program> compileModel(const std::string &path, const CompileOptions &options) {
  auto session = std::make_shared<Session>(options);
  FailureOr<binary::Program> program = compile(path, options, session->context);
  if (failed(program) || isCancelled())
    return session->failure();
  if (!options.leavesData)
    binary::makeData(*program);
  // What is not made yet is made of the session's constants.
  for (binary::Card &card : program->cards)
    if (card.source)
      card.source = std::shared_ptr<const binary::DataSource>(
          card.source.get(), [session, source = card.source](const binary::DataSource *) {});
  return *std::move(program);
}

absl::StatusOr<std::string> lowerModel(const std::string &path, const CompileOptions &options) {
  Session session(options);
  FailureOr<OwningOpRef<ModuleOp>> module = lower(path, options, session.context);
  if (failed(module) || isCancelled())
    return session.failure();
  std::string text;
  llvm::raw_string_ostream os(text);
  (*module)->print(os, OpPrintingFlags().enableDebugInfo());
  os << "\n";
  return text;
}

} // namespace sluice
