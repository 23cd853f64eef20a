//===- TensorText.h - Tensors written as numbers ----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_TENSORTEXT_H
#define SLUICE_LIB_IMPORT_TENSORTEXT_H

#include "sluice/Support/HostTensor.h"

#include "mlir/IR/Types.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace sluice::import {

/// Numbers as a user writes them: "3", "1,2", "[[1,2],[3,4]]".
struct TensorText {
  /// Row-major, each as it stands in the text.
  llvm::SmallVector<llvm::StringRef> numbers;
  /// What the brackets say; none where there are no brackets.
  std::optional<std::vector<int64_t>> shape;
};

/// Takes the text apart, whose bytes the result refers to. The error says what is wrong with its form; what
/// stands between commas and brackets is any word.
llvm::Expected<TensorText> parseTensorText(llvm::StringRef text);

/// The numbers as a tensor of elements of the MLIR type `element`, rounded to nearest even where that is a
/// floating-point type. The error names a word that is no number of the type, or one beyond it.
llvm::Expected<HostTensor> makeTensor(const TensorText &text, std::vector<int64_t> shape, mlir::Type element);

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_TENSORTEXT_H
