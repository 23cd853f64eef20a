//===- ConstantInputsTest.cpp - Inputs given when compiling ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ImportFixture.h"

#include <cstring>

using sluice::ConstantInputs;
using sluice::ElementType;
using sluice::HostTensor;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Data = onnx::TensorProto;

namespace {

class ConstantInputsTest : public ImportFixture {
protected:
  void SetUp() override {
    ImportFixture::SetUp();
    addInput("x", {"2"});
    addNode(graph(), "Some", {"x"}, {"y"});
    addOutput("y", {"2"});
  }

  std::string given(const std::vector<std::string> &assignments,
                    const std::map<std::string, int64_t> &dims = {}) {
    return import(dims, {{}, assignments});
  }

  /// The constant as text after its type's attribute form, "dense<...> : tensor<...>".
  std::string text(const std::string &name) {
    std::string result;
    llvm::raw_string_ostream os(result);
    if (mlir::ElementsAttr value = module ? constant(name) : mlir::ElementsAttr())
      os << value;
    return result;
  }

  template <typename T>
  static HostTensor tensor(ElementType type, std::vector<int64_t> shape, const std::vector<T> &values) {
    HostTensor result;
    result.type = type;
    result.shape = std::move(shape);
    result.data.assign(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
    return result;
  }
};

/// Numbers take the element type and the shape that the model declares; the input is an argument no more.
TEST_F(ConstantInputsTest, Numbers) {
  addInput("flag", {"1"}, Data::BOOL);
  addInput("scalar", {}, Data::BOOL);
  addInput("axes", {"3"}, Data::INT64);
  addInput("table", {"2", "2"}, Data::INT8);
  addInput("scale", {"2", "1"}, Data::FLOAT);
  addInput("half", {"3"}, Data::FLOAT16);
  addInput("none", {"0"}, Data::INT64);
  addInput("big", {}, Data::INT64);
  addInput("byte", {"2"}, Data::UINT8);
  addInput("free", {"n"}, Data::INT32);
  const std::string module =
      given({"flag=true", "scalar=0", "axes=0, -1 ,2", "table=[[1,-2],[3,4]]", "scale=0.1,1e-3",
             "half=65504,inf,-0.0", "none=[]", "big=9223372036854775807", "byte=255,0", "free=5,6,7"});
  EXPECT_THAT(errors, ElementsAre());
  EXPECT_THAT(module, HasSubstr("@main(%arg0: tensor<2xf32> {onnx.name = \"x\"})"));
  EXPECT_EQ(text("flag"), "dense<true> : tensor<1xi1>");
  EXPECT_EQ(text("scalar"), "dense<false> : tensor<i1>");
  EXPECT_EQ(text("axes"), "dense<[0, -1, 2]> : tensor<3xi64>");
  EXPECT_EQ(text("table"), "dense<[[1, -2], [3, 4]]> : tensor<2x2xi8>");
  EXPECT_EQ(text("scale"), "dense<[[1.000000e-01], [1.000000e-03]]> : tensor<2x1xf32>");
  EXPECT_EQ(text("half"), "dense<[6.550400e+04, 0x7C00, -0.000000e+00]> : tensor<3xf16>");
  EXPECT_EQ(text("none"), "dense<> : tensor<0xi64>");
  EXPECT_EQ(text("big"), "dense<9223372036854775807> : tensor<i64>");
  EXPECT_EQ(text("byte"), "dense<[255, 0]> : tensor<2xui8>");
  EXPECT_EQ(text("free"), "dense<[5, 6, 7]> : tensor<3xi32>");
}

/// Files and tensors in memory; a large one keeps its values as a resource.
TEST_F(ConstantInputsTest, Tensors) {
  addInput("file", {"2"}, Data::INT64);
  addInput("memory", {"n", "3"}, Data::FLOAT);
  addInput("large", {"100"}, Data::INT32);
  addInput("narrow", {"2"}, Data::BFLOAT16);
  const HostTensor file = tensor<int64_t>(ElementType::Int64, {2}, {4, -5});
  const std::string npy = write("file.npy", sluice::formatNpy(file));
  std::vector<int32_t> many(100);
  for (int i = 0; i < 100; ++i)
    many[i] = i * i;
  ConstantInputs inputs;
  inputs.values["memory"] = tensor<float>(ElementType::Float, {1, 3}, {1, 2, 3});
  inputs.values["large"] = tensor<int32_t>(ElementType::Int32, {100}, many);
  // An array of the patterns, as NumPy has it.
  inputs.values["narrow"] = tensor<uint16_t>(ElementType::UInt16, {2}, {0x3f80, 0xc000});
  inputs.assignments = {"file=" + npy};
  import({}, inputs);
  EXPECT_THAT(errors, ElementsAre());
  EXPECT_EQ(text("file"), "dense<[4, -5]> : tensor<2xi64>");
  EXPECT_EQ(text("memory"), "dense<[[1.000000e+00, 2.000000e+00, 3.000000e+00]]> : tensor<1x3xf32>");
  EXPECT_EQ(text("narrow"), "dense<[1.000000e+00, -2.000000e+00]> : tensor<2xbf16>");
  auto large = llvm::cast<mlir::DenseResourceElementsAttr>(constant("large"));
  ASSERT_EQ(large.getData().size(), 400u);
  EXPECT_EQ(std::memcmp(large.getData().data(), many.data(), 400), 0);
}

/// Axes that have no size yet get theirs, which counts for all inputs and for formulas.
TEST_F(ConstantInputsTest, BindAxes) {
  addInput("mask", {"batch", "past + new"}, Data::INT64);
  addInput("cache", {"batch", "past"});
  addInput("ids", {"batch", "new"}, Data::INT64);
  EXPECT_THAT(given({"mask=[[1,1,1],[1,0,1]]"}, {{"new", 1}}),
              HasSubstr("tensor<2x2xf32> {onnx.name = \"cache\"}"));
  given({"mask=[[1,1,1],[1,0,1]]"}, {{"new", 1}, {"batch", 1}});
  EXPECT_THAT(errors.front(), HasSubstr("--constant-input=mask: axis 0 is 2, 'batch' is given as 1"));
  given({"mask=[[1,1,1],[1,0,1]]", "ids=[[5,5]]", "cache=[[1],[2]]"});
  EXPECT_THAT(errors.front(), HasSubstr("--constant-input=ids: axis 0 is 1, of input 'mask' 'batch' is 2"));
}

/// The value that an initialiser gives is one that an option may replace.
TEST_F(ConstantInputsTest, ReplaceInitialisers) {
  addInput("k", {"1"}, Data::INT64);
  addInitializer("k", Data::INT64, {1})->add_int64_data(7);
  import();
  EXPECT_EQ(text("k"), "dense<7> : tensor<1xi64>");
  given({"k=8"});
  EXPECT_EQ(text("k"), "dense<8> : tensor<1xi64>");
}

/// Names may hold '='; the longest counts. Where a shorter one has a meaning, too, nothing is guessed.
TEST_F(ConstantInputsTest, NamesWithEquals) {
  addInput("a", {"2"}, Data::INT64);
  addInput("a=1", {"2"}, Data::INT64);
  given({"a=1=2,3", "a=4,5"});
  EXPECT_THAT(errors, ElementsAre());
  EXPECT_EQ(text("a=1"), "dense<[2, 3]> : tensor<2xi64>");
  EXPECT_EQ(text("a"), "dense<[4, 5]> : tensor<2xi64>");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  const std::string npy = sluice::formatNpy(tensor<int64_t>(ElementType::Int64, {2}, {6, 7}));
  write("f.npy", npy);
  given({"a=1=f.npy", "a=1,1"});
  EXPECT_EQ(text("a=1"), "dense<[6, 7]> : tensor<2xi64>");
  write("1=f.npy", npy);
  given({"a=1=f.npy"});
  EXPECT_THAT(errors.front(),
              HasSubstr("--constant-input=a=1=f.npy: it can be for input 'a=1' or for input 'a'"));
  std::filesystem::current_path(before);
}

/// All that is wrong is said at once, each with its input.
TEST_F(ConstantInputsTest, AllAtOnce) {
  addInput("i", {"2"}, Data::INT64);
  addInput("u", {"1"}, Data::UINT8);
  addInput("b", {"1"}, Data::BOOL);
  addInput("m", {"2", "2"}, Data::FLOAT);
  addInput("n", {"p", "q"}, Data::FLOAT);
  addInput("h", {}, Data::FLOAT16);
  addInput("s", {"1"}, Data::STRING);
  addInput("sequence", {});
  graph().mutable_input()->rbegin()->mutable_type()->mutable_sequence_type();
  ConstantInputs inputs;
  inputs.values["i"] = tensor<int32_t>(ElementType::Int32, {2}, {1, 2});
  inputs.values["other"] = std::string("1");
  inputs.assignments = {"nowhere=1", "x",     "i=1,2", "u=256",      "b=maybe",   "m=1,2,3",
                        "n=1,2",     "h=1e6", "s=a",   "sequence=1", "x=gone.npy"};
  import({}, inputs);
  EXPECT_FALSE(module);
  std::string all;
  for (const std::string &error : errors)
    all += error + "\n";
  for (const char *expected : {
           "constant input 'other': there is no such input; the inputs are 'x', 'i', 'u', 'b', 'm', 'n', "
           "'h', 's', "
           "'sequence'",
           "--constant-input=nowhere=1: there is no such input; the inputs are 'x',",
           "--constant-input=x: expected NAME=VALUE or NAME=FILE; the inputs are",
           "--constant-input=i: the input is given twice",
           "constant input 'i': needs type int64, has int32",
           "--constant-input=u: '256' is no file, nor is it numbers for the input: 256 is beyond uint8",
           "--constant-input=b: 'maybe' is no file, nor is it numbers for the input: 'maybe' is no bool",
           "--constant-input=m: 3 numbers are given, its shape [2, 2] takes 4",
           "--constant-input=n: not all sizes of its axes are known; write nested lists, or a file",
           "--constant-input=h: '1e6' is no file, nor is it numbers for the input: 1e6 is beyond float16",
           "--constant-input=s: 'a' is no file, nor is it numbers for the input: the model declares no "
           "element type",
           "--constant-input=sequence: the input is no tensor",
           "--constant-input=x: ",
       })
    EXPECT_THAT(all, HasSubstr(expected));
  EXPECT_THAT(all, HasSubstr("gone.npy: No such file"));
}

/// Lists that are no tensor are refused with what is wrong with them.
TEST_F(ConstantInputsTest, Lists) {
  addInput("m", {"2", "2"}, Data::INT64);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[[1,2],[3]]", "lists side by side have 2 and 1 items"},
      {"[[1,2],3]", "numbers and lists stand side by side"},
      {"[1,[2,3]]", "numbers and lists stand side by side"},
      {"[[],2]", "numbers and lists stand side by side"},
      {"[[1,2],[3,4]", "a ']' is missing"},
      {"[[1,2],[3,4]]]", "something follows the list"},
      {"[[1,2],[3,4]],1", "something follows the list"},
      {"[[1,2][3,4]]", "a comma is missing"},
      {"1,2,,3", "a number is missing"},
      {"1,2,3,", "a number is missing"},
      {"", "a number is missing"},
      {"]", "a ']' closes nothing"},
      {"1]", "a ']' closes nothing"},
      {"[[1,2],[3,4.5]]", "'4.5' is no int64"},
      {"[[1,2],[3,99999999999999999999]]", "99999999999999999999 is beyond int64"},
      {"[1,2,3,4]", "it has 1 axes, the model declares 2"},
      {"[[1,2,3],[4,5,6]]", "axis 1 is 3, the model declares 2"},
      {std::string(100000, '['), "is missing"},
  };
  for (const auto &[list, reason] : cases) {
    given({"m=" + list});
    ASSERT_FALSE(errors.empty()) << list;
    EXPECT_THAT(errors.front(), HasSubstr(reason)) << list;
  }
  given({"m= [ [ 1 , 2 ] , [ 3 , 4 ] ] "});
  EXPECT_THAT(errors, ElementsAre());
}

} // namespace
