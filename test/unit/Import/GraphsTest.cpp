//===- GraphsTest.cpp - Graphs that nodes hold ----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ImportFixture.h"

#include "dialects/onnx/OnnxDialect.h"

#include "gmock/gmock.h"

using testing::ElementsAre;
using testing::HasSubstr;

namespace {

class GraphsTest : public ImportFixture {
protected:
  void SetUp() override {
    ImportFixture::SetUp();
    addInput("x", {"2"});
  }

  static onnx::GraphProto *addGraph(onnx::NodeProto *node, const std::string &name) {
    auto *attribute = addAttribute(node, name, onnx::AttributeProto::GRAPH);
    attribute->mutable_g()->set_name(name);
    return attribute->mutable_g();
  }

  /// "location: operator(where each operand comes from)" of every node, inner ones first.
  std::vector<std::string> nodes() {
    std::vector<std::string> texts;
    module->walk([&](sluice::onnx::NodeOp op) {
      llvm::raw_string_ostream text(texts.emplace_back());
      text << nameOf(op.getLoc()) << ": " << op.getOpType() << "(";
      llvm::interleaveComma(op.getInputs(), text, [&](mlir::Value input) { text << nameOf(input.getLoc()); });
      text << ")";
    });
    return texts;
  }

private:
  static std::string nameOf(mlir::Location loc) {
    auto name = llvm::dyn_cast<mlir::NameLoc>(loc);
    return name ? name.getName().str() : "";
  }
};

/// A graph reads values around it, wherever in the file they are computed, and hides names; its nodes are
/// named after the node that holds them.
TEST_F(GraphsTest, Captures) {
  auto *loop = addNode(graph(), "Loop", {"", "", "x"}, {"y"}, "loop");
  auto *body = addGraph(loop, "body");
  declare(body->add_input(), "i", {}, onnx::TensorProto::INT64);
  declare(body->add_input(), "c", {}, onnx::TensorProto::BOOL);
  declare(body->add_input(), "x", {"n"});
  auto *weight = body->add_initializer();
  weight->set_name("w");
  weight->set_data_type(onnx::TensorProto::FLOAT);
  weight->add_dims(1);
  weight->add_float_data(1);
  addNode(*body, "Mul", {"sum", "late"}, {"r"}, "mul");
  addNode(*body, "Add", {"x", "w"}, {"sum"}, "add");
  declare(body->add_output(), "c", {});
  declare(body->add_output(), "r", {"n"});
  addNode(graph(), "Neg", {"x"}, {"late"}, "neg");
  addOutput("y", {"2"});
  EXPECT_THAT(import(), HasSubstr("graphs {\n      \"body\"(%arg1: tensor<i64>, %arg2: tensor<i1>, %arg3: "
                                  "tensor<?xf32>) {"));
  EXPECT_THAT(nodes(), ElementsAre("neg: Neg(x)", "loop/add: Add(loop/x, loop/w)",
                                   "loop/mul: Mul(loop/add, neg)", "loop: Loop(, , x)"));
}

/// Inside a function a graph knows the function's values and attributes; a graph that the function is given
/// knows those of the caller, even where names are the same.
TEST_F(GraphsTest, Functions) {
  importOpset("local", 1);
  auto *function = model.add_functions();
  function->set_name("Choose");
  function->set_domain("local");
  function->add_input("c");
  function->add_output("r");
  function->add_attribute("other");
  function->add_attribute("to");
  function->add_opset_import()->set_version(16);
  addNode(*function, "Abs", {"c"}, {"x"}, "abs");
  auto *choose = addNode(*function, "If", {"c"}, {"r"}, "if");
  auto *own = addGraph(choose, "then_branch");
  auto *cast = addNode(*own, "Cast", {"x"}, {"a"}, "cast");
  addAttribute(cast, "to", onnx::AttributeProto::INT)->set_ref_attr_name("to");
  declare(own->add_output(), "a", {});
  addAttribute(choose, "else_branch", onnx::AttributeProto::GRAPH)->set_ref_attr_name("other");
  auto *call = addNode(graph(), "Choose", {"c"}, {"y"}, "call");
  call->set_domain("local");
  addAttribute(call, "to", onnx::AttributeProto::INT)->set_i(7);
  auto *other = addGraph(call, "other");
  addNode(*other, "Neg", {"x"}, {"b"}, "neg");
  declare(other->add_output(), "b", {});
  addInput("c", {}, onnx::TensorProto::BOOL);
  addOutput("y", {"2"});
  EXPECT_THAT(import(), HasSubstr("to = 7"));
  EXPECT_THAT(nodes(), ElementsAre("call/abs: Abs(c)", "call/if/cast: Cast(call/abs)", "call/if/neg: Neg(x)",
                                   "call/if: If(c)"));
}

/// Faults inside graphs are told with those around, at the nodes inside.
TEST_F(GraphsTest, Errors) {
  auto *node = addNode(graph(), "If", {"x"}, {"y"}, "if");
  auto *branch = addGraph(node, "then_branch");
  addNode(*branch, "Neg", {"nothing"}, {"a"}, "neg");
  addNode(*branch, "Abs", {"x"}, {"a"}, "abs");
  declare(branch->add_output(), "b", {});
  addAttribute(node, "then_branch", onnx::AttributeProto::GRAPH);
  addNode(graph(), "Neg", {"a"}, {"z"}, "outside");
  addOutput("y", {"2"});
  import();
  EXPECT_THAT(errors, ElementsAre("if: If: attribute 'then_branch' is given twice",
                                  "if/neg: Neg: input 'nothing' is not defined",
                                  "if/abs: value 'a' is defined more than once",
                                  "if: If: graph 'then_branch': output 'b' is not defined",
                                  "outside: Neg: input 'a' is not defined"));
}

/// A value that a graph captures can close a cycle.
TEST_F(GraphsTest, Cycle) {
  auto *node = addNode(graph(), "If", {"x"}, {"y"}, "if");
  auto *branch = addGraph(node, "then_branch");
  addNode(*branch, "Neg", {"z"}, {"a"}, "neg");
  declare(branch->add_output(), "a", {});
  addNode(graph(), "Abs", {"y"}, {"z"}, "abs");
  addOutput("y", {"2"});
  import();
  EXPECT_THAT(errors, ElementsAre("if: If: its result depends on itself\n  note: abs: by way of Abs"));
}

/// A function that calls itself from a graph ends in one error.
TEST_F(GraphsTest, EndlessCalls) {
  importOpset("local", 1);
  auto *function = model.add_functions();
  function->set_name("Self");
  function->set_domain("local");
  function->add_input("a");
  function->add_output("r");
  function->add_opset_import()->set_version(16);
  auto *choose = addNode(*function, "If", {"a"}, {"r"}, "if");
  for (const char *name : {"then_branch", "else_branch"}) {
    auto *branch = addGraph(choose, name);
    addNode(*branch, "Self", {"a"}, {"b"}, "call")->set_domain("local");
    declare(branch->add_output(), "b", {});
  }
  addNode(graph(), "Self", {"x"}, {"y"}, "call")->set_domain("local");
  addOutput("y", {"2"});
  import();
  EXPECT_THAT(errors, ElementsAre("model.onnx: function 'local.Self' calls itself"));
}

} // namespace
