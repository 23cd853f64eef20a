//===- MapOp.cpp - Elementwise functions ------------------------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/stensor/ScalarOps.h"
#include "dialects/stensor/StensorDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace sluice::stensor;

void MapOp::build(OpBuilder &builder, OperationState &state, TypeRange resultTypes, ValueRange inputs,
                  function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)> body) {
  state.addTypes(resultTypes);
  state.addOperands(inputs);
  SmallVector<Type> types;
  for (Value input : inputs)
    types.push_back(cast<RankedTensorType>(input.getType()).getElementType());
  SmallVector<Location> locations(types.size(), state.location);
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(state.addRegion(), {}, types, locations);
  YieldOp::create(builder, state.location, body(builder, state.location, block->getArguments()));
  IRRewriter rewriter(builder);
  simplifyBody(rewriter, *block);
}

// map ::= `stensor.map` (`ins` `(` operands `:` types `)`)? `outs` `(` types `)`
//         (`attributes` attr-dict)? region
ParseResult MapOp::parse(OpAsmParser &parser, OperationState &state) {
  SmallVector<OpAsmParser::UnresolvedOperand> inputs;
  SmallVector<Type> inputTypes, resultTypes;
  SMLoc location = parser.getCurrentLocation();
  if (succeeded(parser.parseOptionalKeyword("ins")) &&
      (parser.parseLParen() || parser.parseOperandList(inputs) || parser.parseColonTypeList(inputTypes) ||
       parser.parseRParen()))
    return failure();
  if (parser.parseKeyword("outs") || parser.parseLParen() || parser.parseTypeList(resultTypes) ||
      parser.parseRParen() || parser.parseOptionalAttrDictWithKeyword(state.attributes) ||
      parser.parseRegion(*state.addRegion()))
    return failure();
  state.addTypes(resultTypes);
  return parser.resolveOperands(inputs, inputTypes, location, state.operands);
}

void MapOp::print(OpAsmPrinter &printer) {
  if (!getInputs().empty())
    printer << " ins(" << getInputs() << " : " << getInputs().getTypes() << ")";
  printer << " outs(" << getResultTypes() << ")";
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs());
  printer << ' ';
  printer.printRegion(getBody());
}

static LogicalResult verifyShapes(MapOp op) {
  ArrayRef<int64_t> shape = op.getShape();
  for (auto [index, type] : llvm::enumerate(op.getResultTypes()))
    if (cast<RankedTensorType>(type).getShape() != shape)
      return op.emitOpError() << "result " << index << " is " << type << ", but result 0 has shape [" << shape
                              << "]";
  for (auto [index, input] : llvm::enumerate(op.getInputs())) {
    auto type = cast<RankedTensorType>(input.getType());
    if (type.getRank() != static_cast<int64_t>(shape.size()))
      return op.emitOpError() << "input " << index << " has rank " << type.getRank() << ", the results "
                              << shape.size();
    for (auto [dim, size] : llvm::enumerate(type.getShape()))
      if (size != 1 && size != shape[dim])
        return op.emitOpError() << "input " << index << " has size " << size << " in dimension " << dim
                                << ", need 1 or " << shape[dim];
  }
  return success();
}

static LogicalResult verifyBody(MapOp op) {
  Block &block = op.getBlock();
  if (!isa<YieldOp>(block.back()))
    return op.emitOpError() << "body ends with " << block.back().getName() << ", need stensor.yield";
  if (block.getNumArguments() != op.getInputs().size())
    return op.emitOpError() << "has " << op.getInputs().size() << " inputs, but its body has "
                            << block.getNumArguments() << " arguments";
  for (auto [index, input] : llvm::enumerate(op.getInputs())) {
    Type need = cast<RankedTensorType>(input.getType()).getElementType();
    Type have = block.getArgument(index).getType();
    if (have != need)
      return op.emitOpError() << "body argument " << index << " is " << have << ", need " << need;
  }
  if (block.empty() || !isa<YieldOp>(block.back()))
    return op.emitOpError() << "body does not end in stensor.yield";
  if (op.getYielded().size() != op.getNumResults())
    return op.emitOpError() << "has " << op.getNumResults() << " results, but its body yields "
                            << op.getYielded().size() << " values";
  for (auto [index, value] : llvm::enumerate(op.getYielded())) {
    Type need = cast<RankedTensorType>(op.getResult(index).getType()).getElementType();
    if (value.getType() != need)
      return op.emitOpError() << "yields " << value.getType() << " as result " << index << ", need " << need;
  }
  for (Operation &inner : block)
    if (!isScalarOp(&inner)) {
      InFlightDiagnostic diagnostic = op.emitOpError()
                                      << "body holds an operation that is not one machine operation";
      diagnostic.attachNote(inner.getLoc()) << inner.getName() << " of (" << inner.getOperandTypes()
                                            << ") -> (" << inner.getResultTypes() << ")";
      return diagnostic;
    }
  return success();
}

LogicalResult MapOp::verify() {
  if (getNumResults() == 0)
    return emitOpError() << "has no results";
  if (failed(verifyShapes(*this)))
    return failure();
  return verifyBody(*this);
}

namespace {

/// Inputs that the body does not read and inputs that are given twice go away.
struct DropRedundantInputs : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    SmallVector<Value> kept;
    SmallVector<unsigned> position;
    llvm::BitVector dropped(op.getInputs().size());
    Block &block = op.getBlock();
    for (auto [index, input] : llvm::enumerate(op.getInputs())) {
      const auto *first = llvm::find(kept, input);
      position.push_back(static_cast<unsigned>(first - kept.begin()));
      if (first != kept.end() || block.getArgument(index).use_empty())
        dropped.set(index);
      else
        kept.push_back(input);
    }
    if (dropped.none())
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      SmallVector<BlockArgument> keptArguments;
      for (auto [index, argument] : llvm::enumerate(block.getArguments())) {
        if (!dropped.test(index))
          keptArguments.push_back(argument);
        else if (!argument.use_empty())
          argument.replaceAllUsesWith(keptArguments[position[index]]);
      }
      block.eraseArguments(dropped);
      op.getInputsMutable().assign(kept);
    });
    return success();
  }
};

/// Results that nobody reads and results that repeat a value of the body go away.
struct DropRedundantResults : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    SmallVector<Value> yielded;
    SmallVector<Type> types;
    SmallVector<int> position;
    for (auto [result, value] : llvm::zip_equal(op.getResults(), op.getYielded())) {
      if (result.use_empty()) {
        position.push_back(-1);
        continue;
      }
      const auto *first = llvm::find(yielded, value);
      position.push_back(static_cast<int>(first - yielded.begin()));
      if (first == yielded.end()) {
        yielded.push_back(value);
        types.push_back(result.getType());
      }
    }
    if (yielded.empty() || yielded.size() == op.getNumResults())
      return failure();
    OperationState state(op.getLoc(), MapOp::getOperationName(), op.getInputs(), types, op->getAttrs());
    state.addRegion()->takeBody(op.getBody());
    auto smaller = cast<MapOp>(rewriter.create(state));
    rewriter.modifyOpInPlace(smaller, [&] { smaller.getBlock().getTerminator()->setOperands(yielded); });
    SmallVector<Value> replacements;
    for (auto [result, index] : llvm::zip_equal(op.getResults(), position))
      replacements.push_back(index < 0 ? Value() : smaller.getResult(index));
    rewriter.replaceOp(op, replacements);
    return success();
  }
};

/// The one value of all elements of a constant.
static std::optional<uint32_t> splatRegister(Value value) {
  DenseElementsAttr constant;
  if (!matchPattern(value, m_Constant(&constant)) || !constant.isSplat())
    return std::nullopt;
  return scalarRegister(constant.getSplatValue<Attribute>());
}

/// An input that is the same number everywhere becomes an immediate of the body.
struct InlineSplats : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    Block &block = op.getBlock();
    bool changed = false;
    rewriter.setInsertionPointToStart(&block);
    for (auto [index, input] : llvm::enumerate(op.getInputs())) {
      BlockArgument argument = block.getArgument(index);
      std::optional<uint32_t> value = splatRegister(input);
      if (!value || argument.use_empty())
        continue;
      Value constant =
          arith::ConstantOp::create(rewriter, op.getLoc(), scalarAttribute(argument.getType(), *value));
      rewriter.replaceAllUsesWith(argument, constant);
      changed = true;
    }
    return success(changed);
  }
};

struct SimplifyBody : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    return success(simplifyBody(rewriter, op.getBlock()));
  }
};

/// A map that only hands an input of the full shape on is that input.
struct ForwardIdentity : OpRewritePattern<MapOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    SmallVector<Value> inputs;
    for (auto [result, value] : llvm::zip_equal(op.getResults(), op.getYielded())) {
      auto argument = dyn_cast<BlockArgument>(value);
      if (!argument || op.getInputs()[argument.getArgNumber()].getType() != result.getType())
        return failure();
      inputs.push_back(op.getInputs()[argument.getArgNumber()]);
    }
    rewriter.replaceOp(op, inputs);
    return success();
  }
};

} // namespace

void MapOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<DropRedundantInputs, DropRedundantResults, ForwardIdentity, InlineSplats, SimplifyBody>(
      context);
}
