//===- ContractUnitTest.cpp - How many rows a unit of a contraction has ---===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Conversion/StensorToTile/ContractUnit.h"

#include <gtest/gtest.h>

using namespace sluice;
using sluice::tiling::rowsOfGroup;

namespace {

class RowsOfGroupTest : public ::testing::Test {
protected:
  int64_t rows(int64_t rows, int64_t units, int64_t bytes) const {
    return rowsOfGroup(rows, units, 1, bytes, target);
  }
  const target::Target target = target::targetByName("tsp1").value();
};

// One column of int8 tiles keeps four planes busy with 16 rows each, in the 20 cycles of an install.
TEST_F(RowsOfGroupTest, CutsWhatLeavesPlanesIdle) { EXPECT_EQ(rows(64, 1, 1), 16); }

// Four columns or more do so by themselves.
TEST_F(RowsOfGroupTest, LeavesWhatFillsThePlanes) {
  EXPECT_EQ(rows(64, 4, 1), 64);
  EXPECT_EQ(rows(64, 8, 1), 64);
}

// So few rows hide no installation: more units would only install.
TEST_F(RowsOfGroupTest, LeavesWhatOnlyInstalls) { EXPECT_EQ(rows(20, 1, 1), 20); }

// The tiles of a tandem take all streams, rows wait for them: no planes are given rows that take less than
// that.
TEST_F(RowsOfGroupTest, CountsInstallsOfTandems) {
  EXPECT_EQ(rows(4, 1, 2), 4);
  EXPECT_EQ(rows(64, 1, 2), 32);
}

TEST_F(RowsOfGroupTest, KeepsToTheAccumulators) { EXPECT_EQ(rows(1280, 4, 1), 640); }

} // namespace
