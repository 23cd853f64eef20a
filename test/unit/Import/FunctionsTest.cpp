//===- FunctionsTest.cpp - Local functions --------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ImportFixture.h"

#include <chrono>

using testing::ElementsAre;
using testing::HasSubstr;
using Attribute = onnx::AttributeProto;

namespace {

class FunctionsTest : public ImportFixture {
protected:
  void SetUp() override {
    ImportFixture::SetUp();
    importOpset("local", 1);
    addInput("x", {"1"});
    addOutput("y", {"1"});
  }

  onnx::FunctionProto *addFunction(const std::string &name, const std::vector<std::string> &inputs,
                                   const std::vector<std::string> &outputs) {
    onnx::FunctionProto *function = model.add_functions();
    function->set_name(name);
    function->set_domain("local");
    for (const std::string &input : inputs)
      function->add_input(input);
    for (const std::string &output : outputs)
      function->add_output(output);
    auto *import = function->add_opset_import();
    import->set_version(14);
    import = function->add_opset_import();
    import->set_domain("local");
    import->set_version(1);
    return function;
  }
  template <typename Owner>
  onnx::NodeProto *addCall(Owner &owner, const std::string &name, const std::vector<std::string> &inputs,
                           const std::vector<std::string> &outputs, const std::string &node) {
    onnx::NodeProto *call = addNode(owner, name, inputs, outputs, node);
    call->set_domain("local");
    return call;
  }
  static void addReference(onnx::NodeProto *node, const std::string &name, const std::string &to) {
    addAttribute(node, name, Attribute::INT)->set_ref_attr_name(to);
  }

  /// "location: operator version attributes" of every node.
  std::vector<std::string> nodes() {
    std::vector<std::string> names;
    module->walk([&](sluice::onnx::NodeOp op) {
      std::string text = llvm::cast<mlir::NameLoc>(op.getLoc()).getName().str() + ": " +
                         op.getOpType().str() + " " + std::to_string(op.getVersion());
      for (mlir::NamedAttribute attribute : op.getOnnxAttributes())
        llvm::raw_string_ostream(text)
            << " " << attribute.getName().getValue() << "=" << attribute.getValue();
      names.push_back(text);
    });
    return names;
  }
};

/// Calls within calls are replaced by their bodies, with the functions' own operator sets; references
/// reach through the calls, and left-out attributes are left out.
TEST_F(FunctionsTest, NestedCalls) {
  auto *outer = addFunction("Outer", {"a"}, {"r"});
  outer->add_attribute("k");
  outer->add_attribute("unused");
  addReference(addCall(*outer, "Inner", {"a"}, {"t"}, "in"), "n", "k");
  addNode(*outer, "Neg", {"t"}, {"r"}, "neg");
  auto *inner = addFunction("Inner", {"a", "b"}, {"r"});
  inner->add_attribute("n");
  auto *op = addNode(*inner, "Some", {"a", "b"}, {"r"}, "op");
  addReference(op, "axis", "n");
  auto *constant = addNode(*inner, "Constant", {}, {"c"}, "c");
  addReference(constant, "value_int", "n");
  addNode(graph(), "Abs", {"x"}, {"h"}, "abs");
  addAttribute(addCall(graph(), "Outer", {"h"}, {"y"}, "call"), "k", Attribute::INT)->set_i(3);

  const std::string text = import();
  ASSERT_TRUE(module) << errors.front();
  EXPECT_THAT(nodes(), ElementsAre("abs: Abs 13", "call/in/op: Some 14 axis=3 : i64", "call/neg: Neg 14"));
  EXPECT_THAT(text, HasSubstr("14(%1, %0) attributes {axis = 3 : i64} : (!onnx.any, none)"));
  EXPECT_THAT(text, HasSubstr("onnx.constant dense<3> : tensor<i64>"));
}

/// A default value (a field younger than the schema) counts where the caller gives none.
TEST_F(FunctionsTest, DefaultAttributes) {
  auto *function = addFunction("F", {"a"}, {"r"});
  onnx::AttributeProto value;
  value.set_name("k");
  value.set_type(Attribute::TENSOR);
  value.mutable_t()->set_data_type(onnx::TensorProto::INT8);
  value.mutable_t()->set_raw_data("\x07");
  constexpr int kAttributeProto = 11;
  function->mutable_unknown_fields()->AddLengthDelimited(kAttributeProto, value.SerializeAsString());
  addReference(addNode(*function, "Some", {"a"}, {"r"}, "op"), "v", "k");
  addCall(graph(), "F", {"x"}, {"h"}, "default");
  auto *call = addCall(graph(), "F", {"h"}, {"y"}, "given");
  addAttribute(call, "k", Attribute::INT)->set_i(1);
  import();
  ASSERT_TRUE(module) << errors.front();
  EXPECT_THAT(nodes(),
              ElementsAre("default/op: Some 14 v=dense<7> : tensor<i8>", "given/op: Some 14 v=1 : i64"));
}

/// Functions of one name are told apart by their overload (a younger field).
TEST_F(FunctionsTest, Overloads) {
  constexpr int kNodeOverload = 8;
  constexpr int kFunctionOverload = 13;
  for (const std::string op : {"Neg", "Abs"}) {
    auto *function = addFunction("F", {"a"}, {"r"});
    function->mutable_unknown_fields()->AddLengthDelimited(kFunctionOverload, op);
    addNode(*function, op, {"a"}, {"r"}, "op");
  }
  addCall(graph(), "F", {"x"}, {"y"}, "call")
      ->mutable_unknown_fields()
      ->AddLengthDelimited(kNodeOverload, "Abs");
  import();
  ASSERT_TRUE(module) << errors.front();
  EXPECT_THAT(nodes(), ElementsAre("call/op: Abs 14"));
}

/// What a call gets wrong is reported at the calling node.
TEST_F(FunctionsTest, WrongCalls) {
  auto *function = addFunction("F", {"a"}, {"r", "missing"});
  addNode(*function, "Neg", {"a"}, {"r"}, "neg");
  addReference(addNode(*function, "Abs", {"nothing"}, {"b"}, "abs"), "k", "none");
  auto *call = addCall(graph(), "F", {"x", "x"}, {"y", "z", "w"}, "call");
  addAttribute(call, "k", Attribute::INT);
  addFunction("F", {}, {});
  import();
  EXPECT_THAT(
      errors,
      ElementsAre(
          "model.onnx: function 'local.F' is defined twice",
          "call: F: it has 2 inputs, function 'local.F' takes 1",
          "call: F: function 'local.F' has no attribute 'k'", "call/abs: Abs: input 'nothing' is not defined",
          "call/abs: Abs: attribute 'k' refers to 'none', which is no attribute of the function around "
          "it",
          "call: F: function 'local.F' computes no output 1 ('z')",
          "call: F: function 'local.F' computes no output 2 ('w')"));
}

/// Endless calls end in one error that names them.
TEST_F(FunctionsTest, EndlessCalls) {
  auto *self = addFunction("Self", {"a"}, {"r"});
  addCall(*self, "Self", {"a"}, {"t"}, "left");
  addCall(*self, "Self", {"t"}, {"r"}, "right");
  addCall(graph(), "Self", {"x"}, {"y"}, "call");
  import();
  EXPECT_THAT(errors, ElementsAre("model.onnx: function 'local.Self' calls itself"));
}

/// Every circle of calls is named once, by the way that it takes; a function that leads to one is none.
TEST_F(FunctionsTest, CirclesOfCalls) {
  const std::vector<std::pair<std::string, std::string>> calls = {
      {"Start", "A"}, {"A", "B"}, {"B", "C"}, {"C", "A"}, {"C", "B"}, {"Unused", "Unused"}};
  for (const std::string name : {"Start", "A", "B", "C", "Unused"}) {
    auto *function = addFunction(name, {"a"}, {"r"});
    std::string last = "a";
    for (const auto &[caller, callee] : calls) {
      if (caller != name)
        continue;
      addCall(*function, callee, {last}, {"to" + callee}, "to" + callee);
      last = "to" + callee;
    }
    addNode(*function, "Neg", {last}, {"r"}, "neg");
  }
  addCall(graph(), "Start", {"x"}, {"y"}, "call");
  import();
  EXPECT_THAT(errors,
              ElementsAre("model.onnx: function 'local.A' calls itself by way of 'local.B', 'local.C'",
                          "model.onnx: function 'local.B' calls itself by way of 'local.C'"));
  graph().clear_node();
  addNode(graph(), "Neg", {"x"}, {"y"});
  import();
  EXPECT_TRUE(module) << "what nobody calls does not matter";
}

/// Calls that multiply at every level are counted, not expanded: the error has the number, and comes at once.
TEST_F(FunctionsTest, MultiplyingCalls) {
  // Level n has 2^(n+1) - 1 nodes of its own below the call, each call being one, too.
  auto addLevels = [&](int levels) {
    for (int level = 0; level < levels; ++level) {
      auto *function = addFunction("L" + std::to_string(level), {"a"}, {"r"});
      for (const auto &[from, to] : {std::pair("a", "t"), std::pair("t", "r")}) {
        if (level == 0)
          addNode(*function, "Neg", {from}, {to});
        else
          addCall(*function, "L" + std::to_string(level - 1), {from}, {to}, to);
      }
    }
    addCall(graph(), "L" + std::to_string(levels - 1), {"x"}, {"y"}, "call");
  };
  addLevels(40);
  const auto start = std::chrono::steady_clock::now();
  import();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_THAT(errors, ElementsAre("model.onnx: with its calls of functions expanded the model has "
                                  "2199023255551 nodes; at most 1048576 are imported"));
  model.clear_functions();
  graph().clear_node();
  addLevels(64);
  import();
  EXPECT_THAT(errors, ElementsAre("model.onnx: with its calls of functions expanded the model has more than "
                                  "2^64 nodes; at most 1048576 are imported"));
  model.clear_functions();
  graph().clear_node();
  addLevels(6);
  import();
  EXPECT_EQ(nodes().size(), 64u) << "what is within bounds is expanded";
}

/// A chain of calls is refused by its length, however long the file's chain is.
TEST_F(FunctionsTest, LongChains) {
  for (int level = 0; level < 20000; ++level)
    addCall(*addFunction("L" + std::to_string(level), {"a"}, {"r"}), "L" + std::to_string(level + 1), {"a"},
            {"r"}, "next");
  addCall(graph(), "L0", {"x"}, {"y"}, "call");
  import();
  EXPECT_THAT(errors, ElementsAre("model.onnx: functions call each other deeper than 64 levels, at function "
                                  "'local.L64'"));
}

} // namespace
