//===- OnnxOps.cpp - Verifiers and folders of the onnx dialect ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/onnx/OnnxDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/StringSet.h"

namespace sluice::onnx {

/// `{ "name"(%argument: type, ...) { ... } ... }`.
static mlir::ParseResult parseGraphs(mlir::OpAsmParser &parser, mlir::ArrayAttr &names,
                                     llvm::SmallVectorImpl<std::unique_ptr<mlir::Region>> &graphs) {
  llvm::SmallVector<mlir::Attribute> parsed;
  if (parser.parseLBrace())
    return mlir::failure();
  while (mlir::failed(parser.parseOptionalRBrace())) {
    mlir::StringAttr name;
    llvm::SmallVector<mlir::OpAsmParser::Argument> arguments;
    auto graph = std::make_unique<mlir::Region>();
    if (parser.parseAttribute(name) ||
        parser.parseArgumentList(arguments, mlir::OpAsmParser::Delimiter::Paren, /*allowType=*/true) ||
        parser.parseRegion(*graph, arguments))
      return mlir::failure();
    parsed.push_back(name);
    graphs.push_back(std::move(graph));
  }
  names = parser.getBuilder().getArrayAttr(parsed);
  return mlir::success();
}

static void printGraphs(mlir::OpAsmPrinter &printer, mlir::Operation *, mlir::ArrayAttr names,
                        mlir::MutableArrayRef<mlir::Region> graphs) {
  printer << '{';
  printer.increaseIndent();
  for (auto [name, graph] : llvm::zip(names, graphs)) {
    printer.printNewline();
    printer << name << '(';
    llvm::interleaveComma(graph.getArguments(), printer,
                          [&](mlir::BlockArgument argument) { printer.printRegionArgument(argument); });
    printer << ") ";
    printer.printRegion(graph, /*printEntryBlockArgs=*/false);
  }
  printer.decreaseIndent();
  printer.printNewline();
  printer << '}';
}

} // namespace sluice::onnx

#define GET_OP_CLASSES
#include "dialects/onnx/OnnxOps.cpp.inc"

namespace sluice::onnx {

/// Whether `type` can be the element of an ONNX tensor.
static bool isElementType(mlir::Type type) {
  if (auto integer = llvm::dyn_cast<mlir::IntegerType>(type)) {
    unsigned width = integer.getWidth();
    if (width == 1)
      return integer.isSignless();
    return !integer.isSigned() && llvm::is_contained({2u, 4u, 8u, 16u, 32u, 64u}, width);
  }
  return llvm::isa<mlir::FloatType, mlir::ComplexType, StringType>(type);
}

/// Whether `attr` is one of the forms that the op's description lists.
static bool isNodeAttribute(mlir::Attribute attr) {
  if (auto array = llvm::dyn_cast<mlir::ArrayAttr>(attr))
    return llvm::all_of(array, [](mlir::Attribute element) {
      return llvm::isa<mlir::StringAttr, mlir::ElementsAttr, mlir::TypeAttr>(element);
    });
  if (auto integer = llvm::dyn_cast<mlir::IntegerAttr>(attr))
    return integer.getType().isSignlessInteger(64);
  if (auto real = llvm::dyn_cast<mlir::FloatAttr>(attr))
    return real.getType().isF32();
  return llvm::isa<mlir::StringAttr, mlir::TypeAttr, mlir::DenseF32ArrayAttr, mlir::DenseI64ArrayAttr,
                   mlir::ElementsAttr>(attr);
}

static mlir::LogicalResult verifyElementTypes(mlir::Operation *op, mlir::TypeRange types,
                                              llvm::StringRef kind) {
  for (auto [index, type] : llvm::enumerate(types)) {
    auto tensor = llvm::dyn_cast<mlir::TensorType>(type);
    if (tensor && !isElementType(tensor.getElementType()))
      return op->emitOpError() << kind << " #" << index << " has element type " << tensor.getElementType()
                               << ", which no ONNX tensor has";
  }
  return mlir::success();
}

mlir::Block *NodeOp::getGraph(llvm::StringRef name) {
  for (auto [known, graph] :
       llvm::zip_equal(getGraphNames().getAsValueRange<mlir::StringAttr>(), getGraphs()))
    if (known == name)
      return &graph.front();
  return nullptr;
}

/// Checks that each graph has a name of its own and says what its outputs are.
static mlir::LogicalResult verifyGraphs(NodeOp op) {
  if (op.getGraphNames().size() != op.getGraphs().size())
    return op.emitOpError() << "has " << op.getGraphNames().size() << " names for " << op.getGraphs().size()
                            << " graphs";
  llvm::StringSet<> seen;
  for (auto [name, graph] :
       llvm::zip_equal(op.getGraphNames().getAsValueRange<mlir::StringAttr>(), op.getGraphs())) {
    if (name.empty())
      return op.emitOpError("has a graph without a name");
    if (op.getOnnxAttributes().contains(name) || !seen.insert(name).second)
      return op.emitOpError() << "attribute '" << name << "' is given twice";
    if (graph.front().empty() || !llvm::isa<YieldOp>(graph.front().back()))
      return op.emitOpError() << "graph '" << name << "' does not end with 'onnx.yield'";
    if (mlir::failed(verifyElementTypes(op, graph.getArgumentTypes(), ("graph '" + name + "' input").str())))
      return mlir::failure();
  }
  return mlir::success();
}

mlir::LogicalResult NodeOp::verify() {
  if (getOpType().empty())
    return emitOpError("has no operator type");
  if (getDomain().empty())
    return emitOpError("has no domain; the default one is written 'ai.onnx'");
  int64_t version = getVersionAttr().getInt();
  if (version < 1)
    return emitOpError() << "has operator set version " << version << ", below 1";
  for (mlir::NamedAttribute attribute : getOnnxAttributes())
    if (!isNodeAttribute(attribute.getValue()))
      return emitOpError() << "attribute '" << attribute.getName().getValue() << "' has the value "
                           << attribute.getValue() << ", which no ONNX attribute has";
  if (mlir::failed(verifyElementTypes(*this, getInputs().getTypes(), "input")))
    return mlir::failure();
  if (mlir::failed(verifyGraphs(*this)))
    return mlir::failure();
  return verifyElementTypes(*this, getOutputs().getTypes(), "output");
}

mlir::LogicalResult ConstantOp::verify() {
  return verifyElementTypes(*this, getResult().getType(), "result");
}

mlir::OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }

} // namespace sluice::onnx
