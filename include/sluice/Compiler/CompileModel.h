//===- CompileModel.h - The compiler without its IR -------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a program needs that embeds the compiler and does not look at its IR;
// includes nothing of MLIR. Compiler.h is the other door.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_COMPILER_COMPILEMODEL_H
#define SLUICE_COMPILER_COMPILEMODEL_H

#include "sluice/Binary/Program.h"
#include "sluice/Conversion/F32Matmul.h"
#include "sluice/Import/ConstantInputs.h"
#include "sluice/Support/Files.h"
#include "sluice/Support/HostTensor.h"
#include "sluice/Support/OutputFiles.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// The levels of a compilation in order; each is reached by one step of the driver.
enum class Phase : uint8_t { Onnx, Stensor, Tile, Slice, Sched, Binary };

/// "onnx" ... "binary".
std::string_view phaseName(Phase phase);
/// The phase of that name.
std::optional<Phase> phaseByName(std::string_view name);

/// The files that CompileOptions::dumpPhasesTo gets, one a phase.
std::vector<std::string> phaseFiles(const std::string &directory);

struct CompileOptions {
  /// Name of a shipped target description.
  std::string targetName = "tsp1";
  /// Cards of one node that share the program.
  unsigned cards = 1;
  /// Sizes of the model's dynamic axes by name.
  std::map<std::string, int64_t> dims;
  /// Inputs of the ONNX model that are given now, so that the program has them no more.
  ConstantInputs constantInputs;
  F32Matmul f32Matmul = F32Matmul::F16;
  /// Computes float64 as float32, instead of in constants alone and refusing what reaches a run.
  bool demoteF64 = false;
  /// Threads that compile; 0: one a core. Never changes the result.
  unsigned threads = 0;
  /// Schedules in random order with random slack, from this seed: legal, long, and of the same bits. For
  /// tests of the compiler.
  std::optional<uint64_t> scheduleSeed;
  /// Leaves the initial memory of the cards to be made when the binary is written (see binary::DataSource).
  bool leavesData = false;
  /// Last phase that runs.
  Phase compileTo = Phase::Binary;
  /// Directory that receives the IR of every phase run, as "1-onnx.mlir" ... "5-sched.mlir", large
  /// constants left out; created if absent. Empty: none.
  std::string dumpPhasesTo;
  /// Files that will be written: one of them that is the model, or has data of it or of a constant input, is
  /// refused.
  std::vector<FileRole> outputs;
  /// Called when a phase begins.
  std::function<void(Phase)> onPhase;
  /// Called when the binary is there and its proof begins.
  std::function<void()> onProof;
  /// Called with the text of each warning.
  std::function<void(const std::string &)> onWarning;
};

/// Compiles the ONNX model (or, when its name ends in ".mlir", the IR of any level) at `path` to a binary
/// that the verifier has proven. The error's message holds all diagnostics, one a line; it is Cancelled where
/// that was asked for (see Support/Cancellation.h). Any number of threads may compile at the same time.
absl::StatusOr<binary::Program> compileModel(const std::string &path, const CompileOptions &options);

/// The same, stopped before Phase::Binary: the IR of `options.compileTo` as text, constants
/// included, which compileModel can read again.
absl::StatusOr<std::string> lowerModel(const std::string &path, const CompileOptions &options);

/// An ONNX model (or stensor IR, when its name ends in ".mlir") that is ready for the reference interpreter.
/// One thread at a time may use it.
class ReferenceModel {
public:
  /// Reads the model at `path`. Only `targetName`, `dims`, `constantInputs`, `f32Matmul`, `demoteF64`,
  /// `outputs` and `onWarning` count: a program whose tensors take more than the cards of the target's nodes
  /// have is refused before any is made (see checkFootprint). The error's message holds all diagnostics, one
  /// a line.
  static absl::StatusOr<ReferenceModel> load(const std::string &path, const CompileOptions &options);
  ReferenceModel(ReferenceModel &&);
  ~ReferenceModel();

  /// The names of its inputs, in the graph's order.
  std::vector<std::string> inputs() const;
  /// The files that it was read from: the model, those of its external data and of constant
  /// inputs.
  const std::vector<FileRole> &files() const;
  /// The outputs, in the graph's order, that the interpreter computes. The error's message holds all that is
  /// wrong with the inputs, or all diagnostics.
  absl::StatusOr<NamedTensors> run(const std::map<std::string, HostTensor> &inputs) const;

private:
  struct State;
  explicit ReferenceModel(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

/// The outputs that a ReferenceModel of `path` computes from `inputs`.
absl::StatusOr<NamedTensors> interpretModel(const std::string &path,
                                            const std::map<std::string, HostTensor> &inputs,
                                            const CompileOptions &options);

} // namespace sluice

#endif // SLUICE_COMPILER_COMPILEMODEL_H
