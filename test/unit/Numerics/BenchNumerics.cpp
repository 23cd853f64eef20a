//===- BenchNumerics.cpp - Speed of dot products and scalar operations ----===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// items_per_second are products of the tiles, elements of everything else, on one core.
//
//===----------------------------------------------------------------------===//

#include "sluice/Numerics/Dot.h"
#include "sluice/Numerics/Scalar.h"

#include "benchmark/benchmark.h"

#include <bit>
#include <random>
#include <vector>

using namespace sluice::numerics;

namespace {

constexpr size_t size = 320;

std::vector<uint32_t> normalValues(size_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<uint32_t> values(count);
  for (uint32_t &value : values)
    value = std::bit_cast<uint32_t>(normal(random));
  return values;
}

std::vector<uint16_t> normalHalves(size_t count) {
  std::vector<uint32_t> values = normalValues(count);
  std::vector<uint16_t> halves(count);
  floatToHalf(values.data(), halves.data(), count);
  return halves;
}

void runHalfTile(benchmark::State &state, const std::vector<uint16_t> &weights) {
  std::vector<uint16_t> row = normalHalves(size);
  std::vector<float> out(size);
  HalfTile tile(weights.data(), size, size, size);
  for (auto step : state) {
    tile.multiply(row.data(), out.data());
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(int64_t(state.iterations()) * size * size);
}

void halfTile(benchmark::State &state) { runHalfTile(state, normalHalves(size * size)); }

/// One tiny and one huge weight a column: double precision alone does not do.
void halfTileWideRange(benchmark::State &state) {
  std::vector<uint16_t> weights = normalHalves(size * size);
  for (size_t c = 0; c < size; ++c) {
    weights[c * size] = 0x0001;
    weights[c * size + 1] = 0x7bff;
  }
  runHalfTile(state, weights);
}

void byteTile(benchmark::State &state) {
  const auto count = size_t(state.range(0));
  std::vector<int8_t> weights(size * size, 77), rows(size * count, -55);
  std::vector<int32_t> out(size * count);
  ByteTile tile(weights.data(), size, size, size);
  for (auto step : state) {
    tile.multiply(rows.data(), size, count, out.data(), size);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(int64_t(state.iterations() * size * size * count));
}

/// Preparing a tile: what a single row pays on top. Items are weights.
void halfTileBuild(benchmark::State &state) {
  std::vector<uint16_t> weights = normalHalves(size * size);
  for (auto step : state) {
    HalfTile tile(weights.data(), size, size, size);
    benchmark::DoNotOptimize(&tile);
  }
  state.SetItemsProcessed(int64_t(state.iterations()) * size * size);
}

void byteTileBuild(benchmark::State &state) {
  std::vector<int8_t> weights(size * size, 77);
  for (auto step : state) {
    ByteTile tile(weights.data(), size, size, size);
    benchmark::DoNotOptimize(&tile);
  }
  state.SetItemsProcessed(int64_t(state.iterations()) * size * size);
}

void scalarOp(benchmark::State &state, ScalarOp op) {
  std::vector<uint32_t> a = normalValues(size), out(size);
  for (auto step : state) {
    evaluate(op, a.data(), a.data(), a.data(), out.data(), size);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(int64_t(state.iterations()) * size);
}

} // namespace

BENCHMARK(halfTile);
BENCHMARK(halfTileWideRange);
BENCHMARK(byteTile)->Arg(1)->Arg(64);
BENCHMARK(halfTileBuild);
BENCHMARK(byteTileBuild);
#define SLUICE_SCALAR(Name, mnemonic, number, operands, latency, description)                                \
  BENCHMARK_CAPTURE(scalarOp, Name, ScalarOp::Name);
#include "sluice/Numerics/ScalarOps.def"

BENCHMARK_MAIN();
