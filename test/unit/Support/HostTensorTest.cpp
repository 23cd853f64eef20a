//===- HostTensorTest.cpp - Tensors in files ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/HostTensor.h"
#include "sluice/Support/Files.h"

#include "gtest/gtest.h"

#include <cstring>
#include <filesystem>

using namespace sluice;

namespace {

// Files as NumPy and onnx write them, printed by make_goldens.py.
// float32 [2, 3] in C order, version 1
constexpr std::string_view kGrid = "934e554d5059010076007b276465736372273a20273c6634272c2027666f7274"
                                   "72616e5f6f72646572273a2046616c73652c20277368617065273a2028322c20"
                                   "33292c207d202020202020202020202020202020202020202020202020202020"
                                   "202020202020202020202020202020202020202020202020202020202020200a"
                                   "000000000000803f0000004000004040000080400000a040";
// float32 [2, 3] in Fortran order, version 2
constexpr std::string_view kFortranGrid = "934e554d50590200740000007b276465736372273a20273c6634272c2027666f"
                                          "727472616e5f6f72646572273a20547275652c20277368617065273a2028322c"
                                          "2033292c207d2020202020202020202020202020202020202020202020202020"
                                          "202020202020202020202020202020202020202020202020202020202020200a"
                                          "00000000000040400000803f00008040000000400000a040";
// int64 scalar, version 3
constexpr std::string_view kScalar = "934e554d50590300740000007b276465736372273a20273c6938272c2027666f"
                                     "727472616e5f6f72646572273a2046616c73652c20277368617065273a202829"
                                     "2c207d2020202020202020202020202020202020202020202020202020202020"
                                     "202020202020202020202020202020202020202020202020202020202020200a"
                                     "fbffffffffffffff";
// bool [3]
constexpr std::string_view kBools = "934e554d5059010076007b276465736372273a20277c6231272c2027666f7274"
                                    "72616e5f6f72646572273a2046616c73652c20277368617065273a2028332c29"
                                    "2c207d2020202020202020202020202020202020202020202020202020202020"
                                    "202020202020202020202020202020202020202020202020202020202020200a"
                                    "010001";
// int32 [2], big endian
constexpr std::string_view kBigEndian = "934e554d5059010076007b276465736372273a20273e6934272c2027666f7274"
                                        "72616e5f6f72646572273a2046616c73652c20277368617065273a2028322c29"
                                        "2c207d2020202020202020202020202020202020202020202020202020202020"
                                        "202020202020202020202020202020202020202020202020202020202020200a"
                                        "0000000100000002";
// TensorProto, raw float16 [2]
constexpr std::string_view kRawHalf = "0802100a4201684a04003c00c0";
// TensorProto, typed int8 [3]
constexpr std::string_view kTypedByte = "080310032a0c80ffffffffffffffff01007f420169";
// TensorProto, typed float16 [2]
constexpr std::string_view kTypedHalf = "0802100a2a058078808003420168";
// TensorProto, string [1]
constexpr std::string_view kStrings = "08011008320178420173";

std::string fromHex(std::string_view hex) {
  std::string bytes;
  for (size_t at = 0; at != hex.size(); at += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16)));
  return bytes;
}

template <typename T>
std::vector<T> valuesOf(const HostTensor &tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

template <typename T>
std::string messageOf(const absl::StatusOr<T> &result) {
  return std::string(result.status().message().data(), result.status().message().size());
}

/// A version 1 file with `header` as it is, and `data`.
std::string npyWith(std::string_view header, std::string_view data) {
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size());
  file += '\0';
  return file.append(header).append(data);
}

} // namespace

TEST(Npy, ReadsWhatNumPyWrites) {
  absl::StatusOr<HostTensor> grid = parseNpy(fromHex(kGrid));
  ASSERT_TRUE(grid.ok()) << messageOf(grid);
  EXPECT_EQ(grid->type, ElementType::Float);
  EXPECT_EQ(grid->shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(valuesOf<float>(*grid), (std::vector<float>{0, 1, 2, 3, 4, 5}));

  absl::StatusOr<HostTensor> scalar = parseNpy(fromHex(kScalar));
  ASSERT_TRUE(scalar.ok()) << messageOf(scalar);
  EXPECT_EQ(scalar->type, ElementType::Int64);
  EXPECT_TRUE(scalar->shape.empty());
  EXPECT_EQ(valuesOf<int64_t>(*scalar), (std::vector<int64_t>{-5}));

  absl::StatusOr<HostTensor> bools = parseNpy(fromHex(kBools));
  ASSERT_TRUE(bools.ok()) << messageOf(bools);
  EXPECT_EQ(bools->type, ElementType::Bool);
  EXPECT_EQ(valuesOf<uint8_t>(*bools), (std::vector<uint8_t>{1, 0, 1}));
}

TEST(Npy, TurnsFortranOrderIntoCOrder) {
  absl::StatusOr<HostTensor> grid = parseNpy(fromHex(kFortranGrid));
  ASSERT_TRUE(grid.ok()) << messageOf(grid);
  EXPECT_EQ(grid->shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(valuesOf<float>(*grid), (std::vector<float>{0, 1, 2, 3, 4, 5}));
}

TEST(Npy, WritesTheBytesOfNumPy) {
  for (std::string_view golden : {kGrid, kBools}) {
    const std::string bytes = fromHex(golden);
    absl::StatusOr<HostTensor> tensor = parseNpy(bytes);
    ASSERT_TRUE(tensor.ok()) << messageOf(tensor);
    EXPECT_EQ(formatNpy(*tensor), bytes);
  }
}

// Other writers order, space and quote the header differently.
TEST(Npy, ReadsHeadersOfOtherWriters) {
  absl::StatusOr<HostTensor> tensor = parseNpy(npyWith(
      "{\"shape\":( 2L ,),\n 'fortran_order' :True , \"descr\" : '<u2'}", std::string_view("\1\0\2\0", 4)));
  ASSERT_TRUE(tensor.ok()) << messageOf(tensor);
  EXPECT_EQ(tensor->type, ElementType::UInt16);
  EXPECT_EQ(valuesOf<uint16_t>(*tensor), (std::vector<uint16_t>{1, 2}));
  EXPECT_TRUE(parseNpy(npyWith("{'descr':'|i1','fortran_order':False,'shape':(0,3)}", "")).ok());
}

TEST(Npy, RefusesWithAReason) {
  EXPECT_EQ(messageOf(parseNpy(fromHex(kBigEndian))),
            "the array is big endian ('>i4'); write it with dtype '<i4'");
  EXPECT_EQ(messageOf(parseNpy("abc")), "not a .npy file: the magic bytes are missing");
  EXPECT_EQ(messageOf(parseNpy(std::string_view("\x93NUMPY\x04\x00\x00\x00", 10))),
            ".npy version 4 is not supported (1 to 3 are)");
  EXPECT_EQ(messageOf(parseNpy(npyWith("{'descr':'<c8','fortran_order':False,'shape':()}", ""))),
            "the element type '<c8' is not supported");
  EXPECT_EQ(messageOf(parseNpy(npyWith("{'descr':[('a','<i4')],'fortran_order':False,'shape':()}", ""))),
            "the array is structured; only plain element types are read");
  EXPECT_EQ(messageOf(parseNpy(npyWith("{'descr':'<f4','shape':(1,)}", "abcd"))),
            "the .npy header lacks 'descr', 'fortran_order' or 'shape'");
  EXPECT_EQ(messageOf(parseNpy(npyWith("{'descr':'<f4','fortran_order':False,'shape':(2,)}", "abcd"))),
            "the .npy file holds 4 bytes of data, its shape needs 8");
  EXPECT_EQ(messageOf(parseNpy(
                npyWith("{'descr':'<f4','fortran_order':False,'shape':(4294967296,4294967296)}", ""))),
            "the shape needs more than 9223372036854775807 bytes");
  EXPECT_EQ(messageOf(parseNpy(
                npyWith("{'descr':'<f4','fortran_order':False,'shape':(99999999999999999999,)}", ""))),
            "the .npy header has a 'shape' that is no tuple of integers");
  const std::string whole = fromHex(kGrid);
  for (size_t size = 0; size != whole.size(); ++size)
    EXPECT_FALSE(parseNpy(std::string_view(whole).substr(0, size)).ok()) << size;
}

TEST(TensorProto, ReadsRawAndTypedData) {
  for (std::string_view golden : {kRawHalf, kTypedHalf}) {
    absl::StatusOr<HostTensor> tensor = parseTensorProto(fromHex(golden));
    ASSERT_TRUE(tensor.ok()) << messageOf(tensor);
    EXPECT_EQ(tensor->type, ElementType::Half);
    EXPECT_EQ(tensor->shape, (std::vector<int64_t>{2}));
    EXPECT_EQ(valuesOf<uint16_t>(*tensor), (std::vector<uint16_t>{0x3c00, 0xc000})); // 1, -2
  }
  absl::StatusOr<HostTensor> bytes = parseTensorProto(fromHex(kTypedByte));
  ASSERT_TRUE(bytes.ok()) << messageOf(bytes);
  EXPECT_EQ(valuesOf<int8_t>(*bytes), (std::vector<int8_t>{-128, 0, 127}));
}

// ONNX packs elements of less than a byte, the first in the lowest bits, the last byte padded: the values are
// those of onnx's test_cast_FLOAT_to_INT4 and test_quantizelinear_uint2.
TEST(TensorProto, UnpacksNarrowElements) {
  // int4 [3], raw: -9 and -8 less their high bits, then -7.
  absl::StatusOr<HostTensor> raw = parseTensorProto(fromHex("080310164a028709"));
  ASSERT_TRUE(raw.ok()) << messageOf(raw);
  EXPECT_EQ(raw->type, ElementType::Int4);
  EXPECT_EQ(valuesOf<int8_t>(*raw), (std::vector<int8_t>{7, -8, -7}));
  // uint2 [5], typed: bytes 228 and 1.
  absl::StatusOr<HostTensor> typed = parseTensorProto(fromHex("080510192a03e40101"));
  ASSERT_TRUE(typed.ok()) << messageOf(typed);
  EXPECT_EQ(valuesOf<uint8_t>(*typed), (std::vector<uint8_t>{0, 1, 2, 3, 1}));
  // bfloat16 [1], typed: 1.
  absl::StatusOr<HostTensor> brain = parseTensorProto(fromHex("080110102a02807f"));
  ASSERT_TRUE(brain.ok()) << messageOf(brain);
  EXPECT_EQ(valuesOf<uint16_t>(*brain), (std::vector<uint16_t>{0x3f80}));
  EXPECT_EQ(messageOf(parseTensorProto(fromHex("080310164a0187"))),
            "the tensor holds 1 bytes, its shape needs 2");
}

// Every element of every narrow integer comes back from the packed form, whatever the number of elements.
TEST(ElementTypes, PackAndUnpack) {
  for (ElementType type : {ElementType::Int4, ElementType::UInt4, ElementType::Int2, ElementType::UInt2,
                           ElementType::Float4E2M1})
    for (size_t count = 0; count != 40; ++count) {
      const bool isSigned = type == ElementType::Int4 || type == ElementType::Int2;
      const int values = packedBytes(type, 2) == 2 ? 256 : packedBytes(type, 3) == 2 ? 16 : 4;
      std::string data;
      for (size_t i = 0; i != count; ++i)
        data.push_back(static_cast<char>(int(i) % values - (isSigned ? values / 2 : 0)));
      EXPECT_EQ(rangeFault(type, data), "");
      const std::string packed = packElements(type, data);
      EXPECT_EQ(packed.size(), packedBytes(type, count));
      EXPECT_EQ(unpackElements(type, packed, count), data) << elementName(type) << " " << count;
    }
}

TEST(ElementTypes, NameWhatIsOutOfRange) {
  EXPECT_EQ(rangeFault(ElementType::UInt4, std::string_view("\x0f\x10\xff", 3)),
            "beyond uint4: 16 at element 1, 255 at element 2");
  EXPECT_EQ(rangeFault(ElementType::Int2, std::string_view("\xfe\x01\xfd\x02", 4)),
            "beyond int2: -3 at element 2, 2 at element 3");
  EXPECT_EQ(rangeFault(ElementType::Float8E5M2, "\xff"), "");
}

TEST(TensorProto, RefusesWithAReason) {
  EXPECT_EQ(messageOf(parseTensorProto("\xff\xff")), "not an ONNX TensorProto");
  EXPECT_EQ(messageOf(parseTensorProto("")), "not an ONNX TensorProto: it has no element type");
  EXPECT_EQ(messageOf(parseTensorProto(fromHex(kStrings))), "element type 8 is not supported");
  // dims 3, type int8, raw data of two bytes; then int32_data 128, beyond an int8.
  EXPECT_EQ(messageOf(parseTensorProto(fromHex("080310034a020102"))),
            "the tensor holds 2 bytes, its shape needs 3");
  EXPECT_EQ(messageOf(parseTensorProto(fromHex("080110032a028001"))),
            "the value 128 does not fit the tensor's element type");
}

// What is written is read back, by either ending; other endings and paths are named.
TEST(TensorFiles, RoundTripByEnding) {
  absl::StatusOr<HostTensor> tensor = parseNpy(fromHex(kGrid));
  ASSERT_TRUE(tensor.ok());
  const std::filesystem::path directory = testing::TempDir();
  for (const char *name : {"sluice-tensor-test.npy", "sluice-tensor-test.pb"}) {
    const std::string path = directory / name;
    ASSERT_TRUE(writeTensor(*tensor, "x", path).ok());
    absl::StatusOr<HostTensor> back = readTensor(path);
    ASSERT_TRUE(back.ok()) << messageOf(back);
    EXPECT_EQ(back->shape, tensor->shape);
    EXPECT_EQ(back->data, tensor->data);
    std::filesystem::remove(path);
  }
  EXPECT_FALSE(writeTensor(*tensor, "x", directory / "x.txt").ok());
  EXPECT_EQ(messageOf(readTensor("/no/such/x.npy")), "cannot open /no/such/x.npy: No such file or directory");
}
