//===- Run.h - Programs as text, tensors as numbers ------------ -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TEST_UNIT_GOLDEN_RUN_H
#define SLUICE_TEST_UNIT_GOLDEN_RUN_H

#include "dialects/stensor/StensorDialect.h"
#include "sluice/Golden/Interpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <string>
#include <vector>

namespace sluice::golden {

/// Parses a module with one function @main and interprets it.
class Program {
public:
  explicit Program(llvm::StringRef text)
      : context(registry()), handler(&context, [this](mlir::Diagnostic &diagnostic) {
          errors += diagnostic.str() + "\n";
          return mlir::success();
        }) {
    context.loadAllAvailableDialects();
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << errors;
  }

  /// Adds the next argument's value.
  template <class T>
  Program &with(const std::vector<T> &elements) {
    auto type = llvm::cast<mlir::RankedTensorType>(main().getArgumentTypes()[inputs.size()]);
    llvm::ArrayRef<char> bytes(reinterpret_cast<const char *>(elements.data()), elements.size() * sizeof(T));
    EXPECT_EQ(bytes.size(),
              static_cast<size_t>(type.getNumElements() * stensor::elementBytes(type.getElementType())));
    inputs.emplace_back(type, bytes);
    return *this;
  }

  /// The elements of a result; empty if the program faults (see `errors`).
  template <class T>
  std::vector<T> run(unsigned result = 0) {
    mlir::FailureOr<TensorValues> results = interpret(main(), inputs);
    if (failed(results))
      return {};
    return (*results)[result].as<T>().vec();
  }

  mlir::func::FuncOp main() { return module->lookupSymbol<mlir::func::FuncOp>("main"); }

  std::string errors;

private:
  static mlir::DialectRegistry registry() {
    mlir::DialectRegistry registry;
    registry.insert<stensor::StensorDialect, mlir::func::FuncDialect, mlir::arith::ArithDialect,
                    mlir::math::MathDialect>();
    return registry;
  }

  mlir::MLIRContext context;
  mlir::ScopedDiagnosticHandler handler;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  TensorValues inputs;
};

} // namespace sluice::golden

#endif // SLUICE_TEST_UNIT_GOLDEN_RUN_H
