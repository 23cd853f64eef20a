//===- RecurrentCells.h - One step of RNN, GRU and LSTM -------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_RECURRENTCELLS_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_RECURRENTCELLS_H

#include "Node.h"

namespace sluice::conversion {

/// An activation function by name.
struct ActivationFunction {
  llvm::StringRef name;
  bool takesAlpha, takesBeta;
  double alpha, beta;
};

/// One direction of a recurrent layer: g gates of H elements each.
struct RecurrentLayer {
  Tensor weights;    ///< of the hidden state, [g, H, 1, H]
  Tensor hiddenBias; ///< [g, 1, H], or absent
  Tensor peepholes;  ///< [3, 1, H] for the input, output and forget gates, or absent
  llvm::ArrayRef<ActivationFunction> functions;
  double clip = 0; ///< of what functions are applied to; 0: none
  bool inputForget = false, linearBeforeReset = false;
};

/// What goes from step to step, [B, H] in f32; `cell` for LSTM alone.
struct RecurrentState {
  Tensor hidden, cell;
};

/// A kind of recurrence. `step` gives the next state from the inputs' part of the gates, [g, B, H].
struct RecurrentCell {
  int64_t gates;
  llvm::SmallVector<llvm::StringRef, 3> functions; ///< by default
  RecurrentState (*step)(Node &, const RecurrentLayer &, const Tensor &inputs, const RecurrentState &);
};

RecurrentCell rnnCell();
RecurrentCell gruCell();
RecurrentCell lstmCell();

/// rows [R, K] times the weights [g, H, 1, K] of gates [first, first + count), as [count, R, H].
Tensor gateProducts(Node &node, const Tensor &rows, const Tensor &weights, int64_t first, int64_t count);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_RECURRENTCELLS_H
