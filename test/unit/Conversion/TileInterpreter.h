//===- TileInterpreter.h - Runs tile programs in tests ----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TEST_UNIT_CONVERSION_TILEINTERPRETER_H
#define SLUICE_TEST_UNIT_CONVERSION_TILEINTERPRETER_H

#include "sluice/Golden/Interpreter.h"
#include "sluice/Target/Target.h"

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <string>

namespace sluice::test {

using NamedTensors = std::map<std::string, golden::TensorValue>;

/// What the host reads from each card after a tile program ran with `inputs`. Lanes that no pass
/// defines hold a pattern, so that a result that depends on them is wrong. Reading a vector that nothing
/// wrote, or a permutation that takes a lane twice, is an error in `problems`.
class TileInterpreter {
public:
  TileInterpreter(mlir::ModuleOp module, const target::Target &target, unsigned cards = 1);
  NamedTensors run(const NamedTensors &inputs);

  std::vector<std::string> problems;
  /// Vectors that went through each kind of pass.
  std::map<std::string, int64_t> vectors;
  std::map<std::string, int64_t> passes;

private:
  struct Buffer {
    int64_t bytes = 0;
    std::vector<std::string> vectors; ///< lanes * bytes each; empty: not written
  };
  using Card = std::map<const void *, Buffer>;

  std::string &at(Card &card, mlir::Value buffer, int64_t vector) {
    return card[buffer.getAsOpaquePointer()].vectors[vector];
  }
  const std::string &read(Card &card, mlir::Operation *op, mlir::Value buffer, int64_t vector);
  std::vector<std::string> runBody(mlir::Block &body, const std::vector<std::string> &arguments);
  void runPass(mlir::Operation &op, Card &card, int64_t cardNumber, const NamedTensors &inputs);
  void runContract(mlir::Operation &op, Card &card);
  void runExchange(mlir::Operation &op);
  void readOutput(mlir::Operation &op, NamedTensors &outputs);

  mlir::ModuleOp module;
  const target::Target &target;
  std::vector<Card> cards;
};

} // namespace sluice::test

#endif // SLUICE_TEST_UNIT_CONVERSION_TILEINTERPRETER_H
