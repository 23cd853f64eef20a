//===- OperatorTable.cpp - Which operators convert, and how ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"

#include "sluice/Conversion/BeyondMachine.h"

using namespace mlir;

namespace sluice::conversion {

OperatorTable &OperatorTable::known() {
  static OperatorTable table = [] {
    OperatorTable all;
    addElementwise(all);
    addPowers(all);
    addActivations(all);
    addLogic(all);
    addCasts(all);
    addReductions(all);
    addContractions(all);
    addConvolutions(all);
    addBlockQuantized(all);
    addContribQuantized(all);
    addIntegerContractions(all);
    addIntegerConvolutions(all);
    addPooling(all);
    addQuantization(all);
    addEinsum(all);
    addResize(all);
    addNormalization(all);
    addMicrosoftNormalization(all);
    addAttention(all);
    addRotaryEmbedding(all);
    addGroupQueryAttention(all);
    addMultiHeadAttention(all);
    addExperts(all);
    addLinearAttention(all);
    addRegionSampling(all);
    addSampling(all);
    addLosses(all);
    addTopK(all);
    addBitCast(all);
    addFolding(all);
    addCacheUpdates(all);
    addDeterminant(all);
    addPadding(all);
    addRegionPooling(all);
    addRecurrent(all);
    addLayout(all);
    addIndexing(all);
    addShapes(all);
    addControlFlow(all);
    addScan(all);
    addOldVersions(all);
    return all;
  }();
  return table;
}

const OperatorTable &OperatorTable::get() { return known(); }

void OperatorTable::extend(void (*addFamily)(OperatorTable &)) { addFamily(known()); }

void OperatorTable::add(llvm::StringRef opType, int64_t sinceVersion, llvm::StringRef operands,
                        Conversion conversion, llvm::StringRef domain) {
  operators[{domain.str(), opType.str(), sinceVersion}] = {std::move(conversion), OperandList(operands)};
}

const Operator *OperatorTable::find(llvm::StringRef domain, llvm::StringRef opType, int64_t version) const {
  auto next = operators.upper_bound({domain.str(), opType.str(), version});
  if (next == operators.begin())
    return nullptr;
  const auto &[key, entry] = *std::prev(next);
  return std::get<0>(key) == domain && std::get<1>(key) == opType ? &entry : nullptr;
}

std::vector<SupportedOperator> OperatorTable::rows() const {
  std::vector<SupportedOperator> rows;
  for (const auto &[key, entry] : operators)
    rows.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), entry.operands.getText()});
  return rows;
}

std::string whyNotConverted(llvm::StringRef domain, llvm::StringRef opType) {
  if (OperatorTable::get().find(domain, opType, std::numeric_limits<int64_t>::max()))
    return "this version of the operator is not supported";
  auto isOneOf = [&](llvm::ArrayRef<llvm::StringRef> names) { return llvm::is_contained(names, opType); };
  const bool isStandard = domain == onnx::kDefaultDomain;
  if (domain == "ai.onnx.preview.training" && opType == "Gradient")
    return kBeyondMachine.str() + "gradients";
  if (domain == kMlDomain && opType == "CategoryMapper")
    return kBeyondMachine.str() + "strings";
  if (domain == kMlDomain && isOneOf({"CastMap", "DictVectorizer", "ZipMap"}))
    return kBeyondMachine.str() + "maps";
  if (isStandard && isOneOf({"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform",
                             "RandomUniformLike"}))
    return kBeyondMachine.str() + "random numbers";
  if (isStandard && isOneOf({"RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit"}))
    return kBeyondMachine.str() + "strings";
  if (isStandard && isOneOf({"ImageDecoder", "NonMaxSuppression", "Unique"}))
    return kBeyondMachine.str() + "output shape depends on run-time data";
  return "the operator is not supported";
}

} // namespace sluice::conversion

std::vector<sluice::SupportedOperator> sluice::supportedOperators() {
  return conversion::OperatorTable::get().rows();
}
