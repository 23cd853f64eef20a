//===- Activations.cpp - Activation functions -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

using namespace mlir;

namespace sluice::conversion {

/// A named attribute with its default.
struct Parameter {
  const char *name;
  double otherwise;
};

/// A function of one element and up to two parameters.
using Activation = Value (*)(Scalars &, Value x, double first, double second);

static void addActivation(OperatorTable &table, llvm::StringRef opType, Activation function,
                          Parameter first = {nullptr, 0}, Parameter second = {nullptr, 0}) {
  table.add(opType, 1, "X:real", [=](Node &node) -> Results {
    double a = first.name ? node.realAttr(first.name, first.otherwise) : 0;
    double b = second.name ? node.realAttr(second.name, second.otherwise) : 0;
    const Tensor &input = node.input(0);
    return {{node.map(input, input.element,
                      [&](Scalars &s, llvm::ArrayRef<Value> x) { return function(s, x[0], a, b); })}};
  });
}

Value sigmoid(Scalars &s, Value x) {
  Value one = s.real(1);
  return s.div(one, s.add(one, s.exp(s.negate(x))));
}

Value softplus(Scalars &s, Value x) {
  Value tail = s.log(s.add(s.real(1), s.exp(s.negate(s.absolute(x)))));
  return s.add(s.max(x, s.real(0)), tail);
}

/// alpha (e^(x / scale) - 1).
static Value exponential(Scalars &s, Value x, double alpha, double scale) {
  Value power = s.exp(scale == 1 ? x : s.div(x, s.real(scale)));
  return s.mul(s.real(alpha), s.sub(power, s.real(1)));
}

/// erf x = tanh(x P(x^2)) with P fitted by least squares on |x| < 3.92, where erf reaches 1 in f32: absolute
/// and relative error 1e-7.
static Value errorFunction(Scalars &s, Value x) {
  static constexpr std::array<double, 7> coefficients = {
      1.128379225730896,     0.10276905447244644,    -0.0001918298366945237, -0.0006197855109348893,
      8.763766527408734e-05, -5.668532139679883e-06, 1.4185550867296115e-07};
  Value square = s.min(s.mul(x, x), s.real(15.4));
  return s.tanh(s.mul(x, s.polynomial(square, coefficients)));
}

Value gelu(Scalars &s, Value x, bool byTanh) {
  Value half = s.mul(x, s.real(0.5)), gate;
  if (byTanh) {
    Value cubic = s.fma(s.mul(x, x), s.real(0.044715), s.real(1));
    Value scaled = s.mul(x, s.real(std::numbers::sqrt2 * std::numbers::inv_sqrtpi));
    gate = s.tanh(s.mul(scaled, cubic));
  } else {
    gate = errorFunction(s, s.mul(x, s.real(1 / std::numbers::sqrt2)));
  }
  return s.fma(half, gate, half);
}

static Results convertGelu(Node &node) {
  llvm::StringRef approximate = node.stringAttr("approximate", "none");
  const Tensor &input = node.input(0);
  if (approximate != "none" && approximate != "tanh")
    return node.refuse("approximate = '" + approximate + "' is not supported");
  return {{node.map(input, input.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return gelu(s, x[0], approximate == "tanh");
  })}};
}

/// ONNX Runtime's forms: FastGelu is the one by tanh, and a bias may be added first.
static Results convertBiasedGelu(Node &node) {
  bool byTanh = node.opType() == "FastGelu";
  llvm::SmallVector<Tensor> operands = {node.input(0)};
  if (failed(node.needBroadcast(1, node.input(0).shape)))
    return failure();
  if (node.has(1))
    operands.push_back(node.input(1));
  return {{node.map(operands, node.input(0).element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return gelu(s, x.size() == 2 ? s.add(x[0], x[1]) : x[0], byTanh);
  })}};
}

static Results convertErf(Node &node) {
  const Tensor &input = node.input(0);
  if (isDouble(input.element))
    return {{node.mapDoubles(input, [](llvm::ArrayRef<double> x) { return std::erf(x[0]); })}};
  return {{node.map(input, input.element,
                    [](Scalars &s, llvm::ArrayRef<Value> x) { return errorFunction(s, x[0]); })}};
}

static Results convertPRelu(Node &node) {
  if (failed(node.needBroadcast(1, node.input(0).shape)))
    return failure();
  Type element = node.input(0).element;
  return {{node.map(node.operands(), element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(s.isNegative(x[0], element), s.mul(x[0], x[1]), x[0]);
  })}};
}

static Results convertRelu(Node &node) {
  if (node.input(0).element.isUnsignedInteger())
    return {{node.input(0)}};
  return {{node.map(node.input(0), node.input(0).element, [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value zero = llvm::isa<FloatType>(x[0].getType()) ? s.real(0) : s.integer(0);
    return s.max(x[0], zero);
  })}};
}

/// Swish of the first operand times the second.
static Results convertSwiGlu(Node &node) {
  double alpha = node.realAttr("alpha", 1);
  return {{node.map(node.operands(), node.input(0).element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value gate = s.mul(x[0], sigmoid(s, alpha == 1 ? x[0] : s.mul(x[0], s.real(alpha))));
    return s.mul(gate, x[1]);
  })}};
}

static Results convertQuickGelu(Node &node) {
  double alpha = node.realAttr("alpha", 1.702);
  return {{node.map(node.input(0), node.input(0).element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.mul(x[0], sigmoid(s, s.mul(x[0], s.real(alpha))));
  })}};
}

void addActivations(OperatorTable &table) {
  table.add("Relu", 1, "X:number", convertRelu);
  table.add("PRelu", 7, "X:number slope:number", convertPRelu);
  table.add("Gelu", 20, "X:real", convertGelu);
  addActivation(table, "Sigmoid", [](Scalars &s, Value x, double, double) { return sigmoid(s, x); });
  addActivation(table, "Tanh", [](Scalars &s, Value x, double, double) { return s.tanh(x); });
  table.add("Erf", 1, "X:real", convertErf);
  addActivation(table, "Softplus", [](Scalars &s, Value x, double, double) { return softplus(s, x); });
  addActivation(table, "Softsign", [](Scalars &s, Value x, double, double) {
    return s.div(x, s.add(s.real(1), s.absolute(x)));
  });
  addActivation(table, "Mish",
                [](Scalars &s, Value x, double, double) { return s.mul(x, s.tanh(softplus(s, x))); });
  addActivation(table, "Swish",
                [](Scalars &s, Value x, double alpha, double) {
                  return s.mul(x, sigmoid(s, alpha == 1 ? x : s.mul(x, s.real(alpha))));
                },
                {"alpha", 1});
  addActivation(table, "LeakyRelu",
                [](Scalars &s, Value x, double alpha, double) {
                  return s.select(s.less(x, s.real(0)), s.mul(x, s.real(alpha)), x);
                },
                {"alpha", 0.01});
  addActivation(table, "ThresholdedRelu",
                [](Scalars &s, Value x, double alpha, double) {
                  return s.select(s.less(s.real(alpha), x), x, s.real(0));
                },
                {"alpha", 1});
  addActivation(table, "Elu",
                [](Scalars &s, Value x, double alpha, double) {
                  return s.select(s.less(x, s.real(0)), exponential(s, x, alpha, 1), x);
                },
                {"alpha", 1});
  addActivation(table, "Celu",
                [](Scalars &s, Value x, double alpha, double) {
                  return s.select(s.less(x, s.real(0)), exponential(s, x, alpha, alpha), x);
                },
                {"alpha", 1});
  addActivation(table, "Selu",
                [](Scalars &s, Value x, double alpha, double gamma) {
                  return s.mul(s.real(gamma), s.select(s.less(s.real(0), x), x, exponential(s, x, alpha, 1)));
                },
                {"alpha", 1.67326319217681884765625}, {"gamma", 1.05070102214813232421875});
  addActivation(table, "HardSigmoid",
                [](Scalars &s, Value x, double alpha, double beta) {
                  return s.max(s.real(0), s.min(s.real(1), s.fma(x, s.real(alpha), s.real(beta))));
                },
                {"alpha", 0.2}, {"beta", 0.5});
  addActivation(table, "HardSwish", [](Scalars &s, Value x, double, double) {
    Value gate = s.max(s.real(0), s.min(s.real(1), s.fma(x, s.real(1.0 / 6), s.real(0.5))));
    return s.mul(x, gate);
  });
  addActivation(table, "Shrink",
                [](Scalars &s, Value x, double bias, double lambda) {
                  Value shrunk = s.select(s.less(s.real(lambda), x), s.sub(x, s.real(bias)), s.real(0));
                  return s.select(s.less(x, s.real(-lambda)), s.add(x, s.real(bias)), shrunk);
                },
                {"bias", 0}, {"lambd", 0.5});
  table.add("SwiGLU", 1, "X:real[~] Y:real[~]", convertSwiGlu);
  for (llvm::StringRef opType : {"Gelu", "FastGelu", "BiasGelu"})
    table.add(opType, 1, "X:real bias?:real", convertBiasedGelu, onnx::kMicrosoftDomain);
  table.add("QuickGelu", 1, "X:real", convertQuickGelu, onnx::kMicrosoftDomain);
}

} // namespace sluice::conversion
