//===- OperatorTable.h - Which operators convert, and how -------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_OPERATORTABLE_H
#define SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_OPERATORTABLE_H

#include "Node.h"
#include "Operands.h"

#include <functional>
#include <map>
#include <string>
#include <tuple>

namespace sluice::conversion {

/// Puts a node's results together; `node.refuse(...)` is the way to fail.
using Conversion = std::function<Results(Node &node)>;

/// An operator from some version on.
struct Operator {
  Conversion convert;
  OperandList operands;
};

/// Operators by domain, name and the first version of the operator set that they hold for.
class OperatorTable {
public:
  /// The table of the families below, and of those that were added.
  static const OperatorTable &get();
  /// Adds a family from outside the core; comes before any conversion.
  static void extend(void (*addFamily)(OperatorTable &));

  /// `operands` is the text of an OperandList.
  void add(llvm::StringRef opType, int64_t sinceVersion, llvm::StringRef operands, Conversion conversion,
           llvm::StringRef domain = onnx::kDefaultDomain);

  /// The newest entry not above `version`; null if there is none.
  const Operator *find(llvm::StringRef domain, llvm::StringRef opType, int64_t version) const;
  std::vector<SupportedOperator> rows() const;

private:
  static OperatorTable &known();

  using Key = std::tuple<std::string, std::string, int64_t>;
  std::map<Key, Operator> operators;
};

/// Whether constants of f64 may be operands of the operator: it computes them exactly, or only moves them.
bool computesDoubles(llvm::StringRef domain, llvm::StringRef opType);

/// The reason to refuse an operator that the table has nothing for.
std::string whyNotConverted(llvm::StringRef domain, llvm::StringRef opType);

/// The domain of classical models.
inline constexpr llvm::StringLiteral kMlDomain = "ai.onnx.ml";

/// The operator families, one file each.
void addElementwise(OperatorTable &table);
void addPowers(OperatorTable &table);
void addActivations(OperatorTable &table);
void addLogic(OperatorTable &table);
void addCasts(OperatorTable &table);
void addReductions(OperatorTable &table);
void addContractions(OperatorTable &table);
void addConvolutions(OperatorTable &table);
void addBlockQuantized(OperatorTable &table);
void addContribQuantized(OperatorTable &table);
void addIntegerContractions(OperatorTable &table);
void addIntegerConvolutions(OperatorTable &table);
void addPooling(OperatorTable &table);
void addQuantization(OperatorTable &table);
void addEinsum(OperatorTable &table);
void addResize(OperatorTable &table);
void addNormalization(OperatorTable &table);
void addMicrosoftNormalization(OperatorTable &table);
void addAttention(OperatorTable &table);
void addRotaryEmbedding(OperatorTable &table);
void addGroupQueryAttention(OperatorTable &table);
void addMultiHeadAttention(OperatorTable &table);
void addExperts(OperatorTable &table);
void addLinearAttention(OperatorTable &table);
void addRegionSampling(OperatorTable &table);
void addSampling(OperatorTable &table);
void addLosses(OperatorTable &table);
void addTopK(OperatorTable &table);
void addBitCast(OperatorTable &table);
void addFolding(OperatorTable &table);
void addCacheUpdates(OperatorTable &table);
void addDeterminant(OperatorTable &table);
void addPadding(OperatorTable &table);
void addRegionPooling(OperatorTable &table);
void addRecurrent(OperatorTable &table);
void addLayout(OperatorTable &table);
void addIndexing(OperatorTable &table);
void addShapes(OperatorTable &table);
void addControlFlow(OperatorTable &table);
void addScan(OperatorTable &table);
/// Versions 1 to 6 of operators that the families have from a later one on; comes after them.
void addOldVersions(OperatorTable &table);

} // namespace sluice::conversion

#endif // SLUICE_LIB_CONVERSION_ONNXTOSTENSOR_OPERATORTABLE_H
