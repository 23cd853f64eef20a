//===- DimensionsTest.cpp - Sizes of axes that follow from others ---------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ImportFixture.h"

#include "lib/Import/DimensionExpression.h"

using sluice::import::DimensionExpression;
using sluice::import::Fraction;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// The value of a formula as text; "none" if it has none, "name" if the text is no formula.
std::string evaluate(const std::string &text, const std::map<std::string, int64_t> &sizes = {}) {
  std::optional<DimensionExpression> expression = DimensionExpression::parse(text);
  if (!expression)
    return "name";
  std::optional<Fraction> value = expression->evaluate([&](llvm::StringRef name) -> std::optional<int64_t> {
    auto found = sizes.find(name.str());
    return found == sizes.end() ? std::nullopt : std::optional(found->second);
  });
  return value ? value->text() : "none";
}

/// What exporters write is reckoned as they mean it: usual precedence, exact '/', the others towards minus
/// infinity.
TEST(DimensionExpressionTest, Values) {
  const std::map<std::string, int64_t> sizes = {{"a", 7},  {"b", 3},      {"past_sequence_length", 8},
                                                {"s0", 5}, {"unk__1", 2}, {"größe", 4}};
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"a + b", "10"},
      {"a+b*2", "13"},
      {"(a+b)*2", "20"},
      {"2*a", "14"},
      {"a*b + 1", "22"},
      {"a - b - 1", "3"},
      {"-b + a", "4"},
      {"a/b", "7/3"},
      {"a // b", "2"},
      {"(b-a)//b", "-2"},
      {"a % b", "1"},
      {"Mod(a, b)", "1"},
      {"floor(a/2)", "3"},
      {"floor(a/2 - 1/2) + 1", "4"},
      {"ceiling(a/2)", "4"},
      {"ceil(a/b)", "3"},
      {"FloorDiv(a, 2) * 2", "6"},
      {"Max(1, b, a)", "7"},
      {"min(a, b)", "3"},
      {"floor((s0 + 1)/2) + past_sequence_length", "11"},
      {"  unk__1   *größe ", "8"},
      {"a + c", "none"},
      {"a / (b - 3)", "none"},
      {"a % 0", "none"},
  };
  for (const auto &[text, value] : cases)
    EXPECT_EQ(evaluate(text, sizes), value) << text;
}

/// Plain names, numbers and text that is no formula stay names.
TEST(DimensionExpressionTest, Names) {
  for (const std::string text : {"batch", "past sequence", "8", "2*3", "", "?", "a +", "+ a", "(a", "a)",
                                 "a b + 1", "a + b c", "f(a)", "floor(a, b)", "a ** b", "a, b", "a = b", "@"})
    EXPECT_EQ(evaluate(text), "name") << text;
  EXPECT_EQ(evaluate(std::string(100000, '(') + "a+1" + std::string(100000, ')')), "name");
}

/// Nothing is reckoned with wrapped numbers.
TEST(DimensionExpressionTest, Overflow) {
  const std::map<std::string, int64_t> sizes = {{"a", int64_t{1} << 62}, {"one", 1}};
  EXPECT_EQ(evaluate("a * a", sizes), "none");
  EXPECT_EQ(evaluate("a + a + a", sizes), "none");
  EXPECT_EQ(evaluate("one * 99999999999999999999", sizes), "name");
  EXPECT_EQ(evaluate("a - a", sizes), "0");
}

TEST(DimensionExpressionTest, Solutions) {
  auto solve = [](const std::string &text, int64_t value) {
    auto three = [](llvm::StringRef name) -> std::optional<int64_t> {
      return name == "b" ? std::optional<int64_t>(3) : std::nullopt;
    };
    return DimensionExpression::parse(text)->solve("x", value, three);
  };
  EXPECT_EQ(solve("x + b", 9), 6);
  EXPECT_EQ(solve("2*x*b - 1", 11), 2);
  EXPECT_EQ(solve("x/2 + x", 9), 6);
  EXPECT_EQ(solve("x + b", 2), std::nullopt) << "negative";
  EXPECT_EQ(solve("2*x", 3), std::nullopt) << "no integer";
  EXPECT_EQ(solve("x*x", 9), std::nullopt) << "not linear";
  EXPECT_EQ(solve("x//2", 4), std::nullopt) << "several";
  EXPECT_EQ(solve("x - x + b", 3), std::nullopt) << "any";
  EXPECT_EQ(solve("x + c", 3), std::nullopt) << "another is unknown";
}

class DimensionsTest : public ImportFixture {
protected:
  void SetUp() override {
    ImportFixture::SetUp();
    addNode(graph(), "Some", {"x"}, {"y"});
    addOutput("y", {"2*past"});
  }
};

/// An axis called by a formula follows from its parts, which need be no axes themselves, and so do the shapes
/// of values in the graph.
TEST_F(DimensionsTest, Follow) {
  addInput("x", {"past + new", "past*2"});
  const std::string text = import({{"past", 8}, {"new", 1}});
  EXPECT_THAT(errors, ElementsAre());
  EXPECT_THAT(text, HasSubstr("tensor<9x16xf32>"));
  EXPECT_THAT(text, HasSubstr("tensor<16xf32>"));
}

/// A part follows from the whole and the others.
TEST_F(DimensionsTest, FollowBack) {
  addInput("x", {"past", "new", "past + new"});
  EXPECT_THAT(import({{"past", 8}, {"past + new", 9}}), HasSubstr("tensor<8x1x9xf32>"));
}

/// Sizes that contradict each other are all reported.
TEST_F(DimensionsTest, Contradictions) {
  addInput("x", {"past + new", "past/2", "new - past", "2*new"});
  import({{"past", 7}, {"new", 1}, {"past + new", 9}, {"2*new", 2}});
  EXPECT_THAT(errors,
              ElementsAre("model.onnx: dynamic axis 'new - past' is no size: new = 1 and past = 7 make it -6",
                          "model.onnx: dynamic axis 'past + new' is 9, but past = 7 and new = 1 make it 8",
                          "model.onnx: dynamic axis 'past/2' is no size: past = 7 makes it 7/2"));
}

/// Names that are no part of anything are still refused; what is missing can be pasted into a shell, and all
/// of it together fits.
TEST_F(DimensionsTest, Advice) {
  addInput("x", {"past + new", "past", "it's"});
  import({{"old", 8}});
  EXPECT_THAT(
      errors,
      ElementsAre("model.onnx: no input has a dynamic axis 'old'; the dynamic axes are 'past + new', 'past', "
                  "'it's'",
                  "model.onnx: 3 dynamic axes have no size; give one to each, for example:\n"
                  "  note: past + new (axis 0 of input 'x'): --dim='past + new=2', or the sizes of 'past' "
                  "and 'new'\n"
                  "  note: past (axis 1 of input 'x'): --dim=past=1\n"
                  "  note: it's (axis 2 of input 'x'): --dim='it'\"'\"'s=1'"));
  EXPECT_THAT(import({{"past + new", 2}, {"past", 1}, {"it's", 1}}), HasSubstr("tensor<2x1x1xf32>"));
}

} // namespace
