//===- Operands.h - Which operands an operator takes ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_OPERANDS_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_OPERANDS_H

#include "Emitter.h"

#include "llvm/ADT/StringMap.h"

#include <cstdint>
#include <string>

namespace sluice::conversion {

/// What an operator's operands are, from a text such as "X:real[3..] W:real[3..] B?:real[1]". A node that
/// does not have them is refused before its conversion runs, which therefore need not look.
///
///     operands ::= operand (' ' operand)*
///     operand  ::= name mark? (':' type)? ('[' (rank ('..' rank?)? | shape | '~') ']')? '!'?
///     mark     ::= '?'    it may be left out
///                | '*'    as the last: any number of such operands
///                | '+'    as the last: one or more
///                | '*?'   as the last: any number, each of which may be left out
///     type     ::= 'real' | 'integer' | 'bool' | 'number' (real or integer) | 'any' (sequences and
///     optionals, too)
///     shape    ::= ('..' ',')? size (',' size)* (',' '..')?    '..' stands for any other axes
///     size     ::= name (equal wherever an operand has it, a letter first) | number | '_' (any)
///
/// '~' stands for shapes that broadcast with those of all other operands that have it, '!' for exactly one
/// element. Without a type, any tensor will do; without ranks, any shape. A shape of one number is its rank.
class OperandList {
public:
  OperandList() = default;
  /// `text` is part of the program: one that is malformed ends it.
  explicit OperandList(llvm::StringRef text);

  /// Why a node with as many operands, of which `isAbsent` tells those left out, cannot be converted; empty
  /// if it can.
  std::string misfit(size_t count, llvm::function_ref<bool(size_t)> isAbsent) const;
  /// Why it cannot be converted with these operands, of which misfit has nothing to say; empty if it can.
  std::string misfit(llvm::ArrayRef<Tensor> operands) const;
  /// "input 1 (W)": what stands at `index`.
  std::string place(size_t index) const;
  /// Where the operand of that name stands; behind all if there is none.
  size_t placeOf(llvm::StringRef name) const {
    return llvm::find_if(all, [&](const Operand &operand) { return operand.name == name; }) - all.begin();
  }
  /// "input 0 (X) has shape 2x3, input 1 (W) has shape 4x5": those of `operands` that are there.
  std::string shapes(llvm::ArrayRef<Tensor> operands) const;
  llvm::StringRef getText() const { return text; }

private:
  enum class Kind { Tensor, Real, Integer, Bool, Number, Any };
  struct Operand {
    std::string name;
    bool isOptional = false;
    Kind kind = Kind::Tensor;
    int64_t leastRank = 0, mostRank = INT64_MAX;
    bool isOne = false, broadcasts = false;
    /// Sizes as they are written, if a shape is.
    llvm::SmallVector<std::string> sizes;
    /// Axes before or behind those of `sizes` are any.
    bool anyBefore = false, anyBehind = false;
  };
  /// Sizes that names stand for.
  using Sizes = llvm::StringMap<int64_t>;

  static Operand parse(llvm::StringRef text, llvm::StringRef &mark);
  static bool parseShape(llvm::StringRef text, Operand &operand);
  /// What stands at `index`, which there is.
  const Operand &at(size_t index) const { return all[std::min(index, all.size() - 1)]; }
  static bool isOf(Kind kind, const Tensor &tensor);
  static std::string misfit(const Operand &operand, const Tensor &tensor);
  static bool agree(const Operand &operand, llvm::ArrayRef<int64_t> shape, Sizes &known);
  static std::string expected(const Operand &operand, const Sizes &known);
  std::string whyNotBroadcast(llvm::ArrayRef<Tensor> operands) const;
  /// Whether operand `index` is a tensor that the list says something of.
  bool isListed(llvm::ArrayRef<Tensor> operands, size_t index) const {
    return operands[index] && (index < all.size() || isVariadic);
  }

  std::string text;
  llvm::SmallVector<Operand> all;
  bool isVariadic = false; ///< the last stands for any number
  size_t least = 0;        ///< operands that there are at least
};

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_OPERANDS_H
