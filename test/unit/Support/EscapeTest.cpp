//===- EscapeTest.cpp - Text from files, fit to be printed ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/Escape.h"

#include "gtest/gtest.h"

using namespace sluice;

TEST(Escape, LeavesWhatIsVisible) {
  for (const char *text :
       {"", "layers.0/attn:0", "a b\\n'\"", "gr\xc3\xbc\xc3\x9f", "\xe6\xbc\xa2", "\xf0\x9f\x98\x80"})
    EXPECT_EQ(escapeLine(text), text);
}

TEST(Escape, ShowsControlCharacters) {
  EXPECT_EQ(escapeLine("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(escapeLine("\x1b[2Jx\x07\x7f"), "\\x1b[2Jx\\x07\\x7f");
  EXPECT_EQ(escapeLine(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(escapeLine("\xc2\x9b"), "\\u009b") << "the one-character CSI";
}

// Marks that turn the direction, separators of lines, characters without width, tags.
TEST(Escape, ShowsInvisibleCharacters) {
  EXPECT_EQ(escapeLine("a\xe2\x80\xae"
                       "b"),
            "a\\u202eb");
  EXPECT_EQ(escapeLine("\xe2\x81\xa6\xe2\x80\xa8\xe2\x80\x8b\xef\xbb\xbf"), "\\u2066\\u2028\\u200b\\ufeff");
  EXPECT_EQ(escapeLine("\xf3\xa0\x81\x81"), "\\U000e0041");
}

// Bytes that no UTF-8 has, cut characters, overlong ones, surrogates and code points beyond the last.
TEST(Escape, ShowsWhatIsNoUtf8) {
  EXPECT_EQ(escapeLine("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(escapeLine("\xc3"), "\\xc3");
  EXPECT_EQ(escapeLine("\xc3("), "\\xc3(");
  EXPECT_EQ(escapeLine("\xe6\xbc"), "\\xe6\\xbc");
  EXPECT_EQ(escapeLine("\xc0\x8a"), "\\xc0\\x8a") << "an overlong line end";
  EXPECT_EQ(escapeLine("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(escapeLine("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(Escape, TwiceIsOnce) {
  std::string all;
  for (int byte = 0; byte != 256; ++byte)
    all += static_cast<char>(byte);
  const std::string once = escapeLine(all);
  EXPECT_EQ(escapeLine(once), once);
  EXPECT_EQ(once.find_first_of("\n\r\x1b"), std::string::npos);
  EXPECT_EQ(escapeLines("a\nb\r\x1b"), "a\nb\\r\\x1b");
}

TEST(Escape, MakesStringsOfJson) {
  EXPECT_EQ(jsonString("a\"b\\c/"), "\"a\\\"b\\\\c/\"");
  EXPECT_EQ(jsonString("\n\x1b\x7f\xc3\xbc\xff"), "\"\\u000a\\u001b\\u007f\\u00fc\\ufffd\"");
  EXPECT_EQ(jsonString("\xf0\x9f\x98\x80"), "\"\\ud83d\\ude00\"");
}
