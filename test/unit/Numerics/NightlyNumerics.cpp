//===- NightlyNumerics.cpp - Every function over all fp32 inputs ----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// nightly-numerics [function...]: for each function and each of the 2^32 arguments,
// proves the result within 1 ulp, prints the largest error, and how many results are not
// the correctly rounded ones. The C library's double-precision function screens: where it
// says that the result is off by more than 1/2 - 2^-16 ulp, and for every 65537th
// argument, MPFR decides. All supported instruction sets are compared on the way.
// Exit status 1 if anything is wrong.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Reference.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

using namespace sluice::numerics;
using namespace sluice::numerics::test;

namespace {

constexpr size_t chunk = 1 << 16;

struct Outcome {
  double largest = 0; ///< ulp
  uint32_t worst = 0; ///< argument of the largest error
  uint64_t notCorrectlyRounded = 0;
  uint64_t wrong = 0;
  uint32_t firstWrong = 0;

  void fail(uint32_t argument) {
    if (wrong++ == 0)
      firstWrong = argument;
  }
  void meet(double error, uint32_t argument) {
    if (error > largest) {
      largest = error;
      worst = argument;
    }
  }
  void add(const Outcome &other) {
    if (wrong == 0)
      firstWrong = other.firstWrong;
    wrong += other.wrong;
    notCorrectlyRounded += other.notCorrectlyRounded;
    meet(other.largest, other.worst);
  }
};

/// MPFR's judgement on one result.
void judge(const Elementary &function, uint32_t argument, uint32_t result, Outcome &outcome) {
  uint32_t expected = correctlyRounded(function.exact, argument);
  if (result != expected) {
    ++outcome.notCorrectlyRounded;
    if (std::isnan(asFloat(expected)) || std::isnan(asFloat(result)))
      return outcome.fail(argument);
  } else if (!std::isfinite(asFloat(expected))) {
    return;
  }
  double error = errorInUlps(function.exact, argument, result);
  if (!(error <= 1))
    return outcome.fail(argument);
  outcome.meet(error, argument);
}

void checkElementary(const Elementary &function, uint32_t argument, uint32_t result, Outcome &outcome) {
  double screen = function.screen(asFloat(argument)), value = asFloat(result);
  if (std::isnan(screen)) {
    if (result != canonicalNaN)
      outcome.fail(argument);
    return;
  }
  double error = INFINITY;
  if (std::isfinite(value) && std::isfinite(screen) && screen != 0)
    error = std::fabs(value - screen) / lastPlace(std::ilogb(screen) + 1);
  if (error <= 0.5 - 0x1p-16 && argument % 65537 != 0)
    return outcome.meet(error, argument);
  // Infinities and exact results need no further judge.
  if (bool(std::signbit(value)) == bool(std::signbit(screen)) && value == screen && argument % 65537 != 0)
    return;
  judge(function, argument, result, outcome);
}

/// Runs all 2^32 arguments through the operation on every instruction set.
Outcome checkAll(const Elementary &function) {
  Outcome total;
  std::mutex mutex;
  auto work = [&](uint64_t first, uint64_t stride) {
    std::vector<uint32_t> in(chunk), out(chunk), other(chunk);
    Outcome outcome;
    for (uint64_t base = first; base < uint64_t(1) << 32; base += stride) {
      for (size_t i = 0; i < chunk; ++i)
        in[i] = uint32_t(base + i);
      evaluate(function.op, in.data(), nullptr, nullptr, out.data(), chunk);
      for (const Kernels *set : supportedKernels()) {
        set->evaluate(function.op, in.data(), nullptr, nullptr, other.data(), chunk);
        if (std::memcmp(out.data(), other.data(), chunk * sizeof(uint32_t)) != 0)
          outcome.fail(in[0]);
      }
      for (size_t i = 0; i < chunk; ++i)
        checkElementary(function, in[i], out[i], outcome);
    }
    mpfr_free_cache();
    std::lock_guard lock(mutex);
    total.add(outcome);
  };
  unsigned count = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i)
    threads.emplace_back(work, uint64_t(i) * chunk, uint64_t(count) * chunk);
  for (std::thread &thread : threads)
    thread.join();
  return total;
}

bool selected(int argc, char **argv, const char *name) {
  for (int i = 1; i < argc; ++i)
    if (std::strcmp(argv[i], name) == 0)
      return true;
  return argc == 1;
}

} // namespace

int main(int argc, char **argv) {
  bool good = true;
  for (const Elementary &function : elementaryFunctions) {
    if (!selected(argc, argv, function.name))
      continue;
    Outcome outcome = checkAll(function);
    std::printf("%-6s largest error %.9f ulp at 0x%08" PRIx32 ", not correctly rounded %" PRIu64 "\n",
                function.name, outcome.largest, outcome.worst, outcome.notCorrectlyRounded);
    if (outcome.wrong != 0) {
      std::printf("%-6s WRONG: %" PRIu64 " results, the first at 0x%08" PRIx32 "\n", function.name,
                  outcome.wrong, outcome.firstWrong);
      good = false;
    }
    std::fflush(stdout);
  }
  return good ? 0 : 1;
}
