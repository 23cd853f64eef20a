//===- ImportTest.cpp - Graphs, names and dynamic axes --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ImportFixture.h"

using testing::ElementsAre;
using testing::HasSubstr;

namespace {

class ImportTest : public ImportFixture {
protected:
  /// Operators and locations in the order of the IR.
  std::vector<std::string> nodes() {
    std::vector<std::string> names;
    module->walk([&](sluice::onnx::NodeOp op) {
      names.push_back(op.getOpType().str() + " " + llvm::cast<mlir::NameLoc>(op.getLoc()).getName().str());
    });
    return names;
  }
};

/// The whole of a small graph: edges with names, attributes, versions, left-out inputs, declared and
/// undeclared types.
TEST_F(ImportTest, Graph) {
  importOpset("com.example", 2);
  addInput("x", {"2", "3"});
  addInput("t", {"3"}, onnx::TensorProto::UINT8);
  addOutput("y", {"2", "3"});
  auto *add = addNode(graph(), "Some", {"x", "", "t", ""}, {"h", "", "i", ""}, "some");
  add->set_domain("com.example");
  addAttribute(add, "axis", onnx::AttributeProto::INT)->set_i(-1);
  addNode(graph(), "Relu", {"h"}, {"y"});
  declare(graph().add_value_info(), "i", {"4", "later"}, onnx::TensorProto::BOOL);

  const std::string text = import();
  ASSERT_TRUE(module) << errors.front();
  EXPECT_THAT(text,
              HasSubstr(R"(func.func @main(%arg0: tensor<2x3xf32> {onnx.name = "x"}, %arg1: tensor<3xui8> )"
                        R"({onnx.name = "t"}) -> (tensor<2x3xf32> {onnx.name = "y"}))"));
  EXPECT_THAT(
      text, HasSubstr(R"(onnx.node "Some" of "com.example" 2(%arg0, %0, %arg1) attributes {axis = -1 : i64} )"
                      R"(: (tensor<2x3xf32>, none, tensor<3xui8>) -> (!onnx.any, none, tensor<4x?xi1>))"));
  EXPECT_THAT(text, HasSubstr(R"(onnx.node "Relu" of "ai.onnx" 13(%1#0) : (!onnx.any) -> tensor<2x3xf32>)"));
  EXPECT_THAT(nodes(), ElementsAre("Some some", "Relu Relu:y"));
}

/// An input that an initialiser gives a value is a constant, no argument.
TEST_F(ImportTest, InitialisedInput) {
  addInput("x", {"1"});
  addInput("w", {"1"});
  addInitializer("w", onnx::TensorProto::FLOAT, {1})->add_float_data(2);
  addNode(graph(), "Add", {"x", "w"}, {"y"});
  addOutput("y", {"1"});
  const std::string text = import();
  ASSERT_TRUE(module) << errors.front();
  EXPECT_THAT(text, HasSubstr("@main(%arg0: tensor<1xf32> {onnx.name = \"x\"})"));
  EXPECT_THAT(text, HasSubstr("onnx.constant dense<2.000000e+00> : tensor<1xf32>"));
}

/// Nodes that stand before those that they need are moved behind them; the others keep their order.
TEST_F(ImportTest, UnsortedNodes) {
  addInput("x", {"1"});
  addNode(graph(), "Add", {"b", "a"}, {"y"}, "last");
  addNode(graph(), "Neg", {"a"}, {"b"}, "second");
  addNode(graph(), "Abs", {"x"}, {"a"}, "first");
  addNode(graph(), "Exp", {"x"}, {"c"}, "free");
  addOutput("y", {"1"});
  import();
  ASSERT_TRUE(module) << errors.front();
  EXPECT_THAT(nodes(), ElementsAre("Abs first", "Neg second", "Add last", "Exp free"));
}

/// One size binds all axes of its name; axes without a name go by input and position.
TEST_F(ImportTest, BoundAxes) {
  addInput("x", {"batch", "3", ""});
  addInput("z", {"batch"});
  addNode(graph(), "Some", {"x", "z"}, {"y"});
  addOutput("y", {"batch", "unknown"});
  const std::string text = import({{"batch", 4}, {"x.2", 0}});
  ASSERT_TRUE(module) << errors.front();
  EXPECT_THAT(text, HasSubstr("%arg0: tensor<4x3x0xf32>"));
  EXPECT_THAT(text, HasSubstr("%arg1: tensor<4xf32>"));
  EXPECT_THAT(text, HasSubstr("-> tensor<4x?xf32>"));
}

/// All axes without a size are in one error, each name with its places and the option.
TEST_F(ImportTest, UnboundAxes) {
  addInput("x", {"batch", "", "seq"});
  addInput("z", {"seq", "batch"});
  addNode(graph(), "Some", {"x", "z"}, {"y"});
  addOutput("y", {"1"});
  import({{"seq", 8}});
  EXPECT_FALSE(module);
  EXPECT_THAT(errors, ElementsAre("model.onnx: 2 dynamic axes have no size; give one to each, for example:\n"
                                  "  note: batch (axis 0 of input 'x', axis 1 of input 'z'): --dim=batch=1\n"
                                  "  note: x.1 (axis 1 of input 'x'): --dim=x.1=1"));
}

/// Sizes for axes that no input has and impossible sizes are errors, not ignored.
TEST_F(ImportTest, WrongSizes) {
  addInput("x", {"batch", "seq"});
  addNode(graph(), "Neg", {"x"}, {"y"});
  addOutput("y", {"batch", "seq"});
  import({{"batch", -2}, {"bacth", 1}, {"seq", 1}});
  EXPECT_FALSE(module);
  EXPECT_THAT(
      errors,
      ElementsAre("model.onnx: no input has a dynamic axis 'bacth'; the dynamic axes are 'batch', 'seq'",
                  "model.onnx: the size -2 of dynamic axis 'batch' is negative"));

  graph().clear_input();
  addInput("x", {"1", "2"});
  import({{"batch", 1}});
  EXPECT_THAT(errors,
              ElementsAre("model.onnx: no input has a dynamic axis 'batch'; all axes have fixed sizes"));
}

/// The oldest and the newest operator set pass, their neighbours do not; newer IR versions do not matter.
TEST_F(ImportTest, Versions) {
  addInput("x", {"1"});
  addNode(graph(), "Neg", {"x"}, {"y"});
  addOutput("y", {"1"});
  model.set_ir_version(99);
  for (int64_t version : {1, 28}) {
    model.mutable_opset_import(0)->set_version(version);
    EXPECT_THAT(import(), HasSubstr("\"Neg\" of \"ai.onnx\" " + std::to_string(version) + "("));
  }
  for (int64_t version : {0, 29}) {
    model.mutable_opset_import(0)->set_version(version);
    import();
    EXPECT_THAT(errors, ElementsAre("model.onnx: version " + std::to_string(version) +
                                    " of operator set 'ai.onnx' is not supported; versions 1 to 28 are"));
  }
}

/// Both spellings of the default domain are one.
TEST_F(ImportTest, DefaultDomain) {
  addInput("x", {"1"});
  addNode(graph(), "Neg", {"x"}, {"y"})->set_domain("ai.onnx");
  addOutput("y", {"1"});
  EXPECT_THAT(import(), HasSubstr("\"Neg\" of \"ai.onnx\" 13("));
}

/// Every form of attribute, with and without the type that the first IR version leaves out.
TEST_F(ImportTest, Attributes) {
  using Attribute = onnx::AttributeProto;
  addInput("x", {"1"});
  auto *node = addNode(graph(), "Some", {"x"}, {"y"});
  addAttribute(node, "f", Attribute::FLOAT)->set_f(0.5);
  addAttribute(node, "i", Attribute::UNDEFINED)->set_i(7);
  addAttribute(node, "s", Attribute::STRING)->set_s("text");
  auto *floats = addAttribute(node, "fs", Attribute::FLOATS);
  floats->add_floats(1);
  floats->add_floats(2);
  auto *ints = addAttribute(node, "is", Attribute::UNDEFINED);
  ints->add_ints(3);
  addAttribute(node, "none", Attribute::INTS);
  addAttribute(node, "ss", Attribute::STRINGS)->add_strings("a");
  auto *tensor = addAttribute(node, "t", Attribute::TENSOR)->mutable_t();
  tensor->set_data_type(onnx::TensorProto::INT32);
  tensor->add_int32_data(9);
  *addAttribute(node, "ts", Attribute::TENSORS)->add_tensors() = *tensor;
  addAttribute(node, "tp", Attribute::TYPE_PROTO)->mutable_tp()->mutable_tensor_type()->set_elem_type(1);
  addOutput("y", {"1"});
  const std::string text = import();
  ASSERT_TRUE(module) << errors.front();
  EXPECT_THAT(text,
              HasSubstr(R"(attributes {f = 5.000000e-01 : f32, fs = array<f32: 1.000000e+00, 2.000000e+00>, )"
                        R"(i = 7 : i64, is = array<i64: 3>, none = array<i64>, s = "text", ss = ["a"], )"
                        R"(t = dense<9> : tensor<i32>, tp = tensor<*xf32>, ts = [dense<9> : tensor<i32>]})"));
}

} // namespace
