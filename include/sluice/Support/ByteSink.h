//===- ByteSink.h - Where bytes go as they are made -------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_BYTESINK_H
#define SLUICE_SUPPORT_BYTESINK_H

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

/// A file or a string that grows.
class ByteSink {
public:
  virtual ~ByteSink() = default;
  /// Whoever owns the sink learns of failures; what is added then is lost.
  virtual void append(std::string_view bytes) = 0;
  /// Puts `bytes` in the place of as many that were appended.
  virtual void patch(uint64_t offset, std::string_view bytes) = 0;
};

class StringSink : public ByteSink {
public:
  explicit StringSink(std::string &string) : string(string) {}
  void append(std::string_view bytes) override { string.append(bytes); }
  void patch(uint64_t offset, std::string_view bytes) override {
    string.replace(offset, bytes.size(), bytes);
  }

private:
  std::string &string;
};

} // namespace sluice

#endif // SLUICE_SUPPORT_BYTESINK_H
