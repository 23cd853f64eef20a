//===- TensorsTest.cpp - Values of constants in all their forms -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ImportFixture.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <numeric>

using testing::ElementsAre;
using testing::HasSubstr;
using Tensor = onnx::TensorProto;

namespace {

class TensorsTest : public ImportFixture {
protected:
  std::string print(const std::string &name) {
    std::string text;
    llvm::raw_string_ostream(text) << constant(name);
    return text;
  }
  /// The bytes of a constant that is large enough for a resource.
  llvm::ArrayRef<char> bytes(const std::string &name) {
    return llvm::cast<mlir::DenseResourceElementsAttr>(constant(name)).getRawHandle().getBlob()->getData();
  }
};

/// Typed fields, by the table in onnx.proto.
TEST_F(TensorsTest, TypedData) {
  addInitializer("f32", Tensor::FLOAT, {2})->add_float_data(1.5);
  graph().mutable_initializer(0)->add_float_data(-2);
  addInitializer("f64", Tensor::DOUBLE, {1})->add_double_data(0.25);
  addInitializer("i64", Tensor::INT64, {})->add_int64_data(-(int64_t{1} << 40));
  addInitializer("u64", Tensor::UINT64, {1})->add_uint64_data(~uint64_t{0});
  addInitializer("u32", Tensor::UINT32, {1})->add_uint64_data(4000000000);
  addInitializer("i32", Tensor::INT32, {1})->add_int32_data(-7);
  addInitializer("i16", Tensor::INT16, {1})->add_int32_data(-300);
  addInitializer("u16", Tensor::UINT16, {1})->add_int32_data(60000);
  addInitializer("i8", Tensor::INT8, {1})->add_int32_data(-128);
  addInitializer("u8", Tensor::UINT8, {1})->add_int32_data(255);
  addInitializer("f16", Tensor::FLOAT16, {1})->add_int32_data(0x3e00);
  addInitializer("bf16", Tensor::BFLOAT16, {1})->add_int32_data(0x3fc0);
  auto *bools = addInitializer("bool", Tensor::BOOL, {2});
  bools->add_int32_data(0);
  bools->add_int32_data(1);
  auto *complex = addInitializer("c64", Tensor::COMPLEX64, {1});
  complex->add_float_data(1);
  complex->add_float_data(2);
  addInitializer("text", Tensor::STRING, {1})->add_string_data("ab");
  addInitializer("empty", Tensor::INT64, {0});
  auto *i4 = addInitializer("i4", 22, {3});
  i4->add_int32_data(0x7f);
  i4->add_int32_data(0x08);
  import();
  ASSERT_TRUE(module) << errors.front();
  EXPECT_EQ(print("f32"), "dense<[1.500000e+00, -2.000000e+00]> : tensor<2xf32>");
  EXPECT_EQ(print("f64"), "dense<2.500000e-01> : tensor<1xf64>");
  EXPECT_EQ(print("i64"), "dense<-1099511627776> : tensor<i64>");
  EXPECT_EQ(print("u64"), "dense<18446744073709551615> : tensor<1xui64>");
  EXPECT_EQ(print("u32"), "dense<4000000000> : tensor<1xui32>");
  EXPECT_EQ(print("i32"), "dense<-7> : tensor<1xi32>");
  EXPECT_EQ(print("i16"), "dense<-300> : tensor<1xi16>");
  EXPECT_EQ(print("u16"), "dense<60000> : tensor<1xui16>");
  EXPECT_EQ(print("i8"), "dense<-128> : tensor<1xi8>");
  EXPECT_EQ(print("u8"), "dense<255> : tensor<1xui8>");
  EXPECT_EQ(print("f16"), "dense<1.500000e+00> : tensor<1xf16>");
  EXPECT_EQ(print("bf16"), "dense<1.500000e+00> : tensor<1xbf16>");
  EXPECT_EQ(print("bool"), "dense<[false, true]> : tensor<2xi1>");
  EXPECT_EQ(print("c64"), "dense<(1.000000e+00,2.000000e+00)> : tensor<1xcomplex<f32>>");
  EXPECT_EQ(print("text"), "dense<\"ab\"> : tensor<1x!onnx.string>");
  EXPECT_EQ(print("empty"), "dense<> : tensor<0xi64>");
  // Low nibble first: 0xf, 0x7, 0x8.
  EXPECT_EQ(print("i4"), "dense<[-1, 7, -8]> : tensor<3xi4>");
}

/// Raw data is little endian; bools other than 0 and 1 become 1.
TEST_F(TensorsTest, RawData) {
  addInitializer("i16", Tensor::INT16, {2})->set_raw_data(std::string("\x01\x02\xff\xff", 4));
  addInitializer("bool", Tensor::BOOL, {3})->set_raw_data(std::string("\x00\x02\x01", 3));
  addInitializer("u4", 21, {3})->set_raw_data("\x21\x0f");
  addInitializer("f8", 17, {1})->set_raw_data("\x38");
  addInitializer("scalar", Tensor::INT8, {})->set_raw_data("\x05");
  import();
  ASSERT_TRUE(module) << errors.front();
  EXPECT_EQ(print("i16"), "dense<[513, -1]> : tensor<2xi16>");
  EXPECT_EQ(print("bool"), "dense<[false, true, true]> : tensor<3xi1>");
  EXPECT_EQ(print("u4"), "dense<[1, 2, 15]> : tensor<3xui4>");
  EXPECT_EQ(print("f8"), "dense<1.000000e+00> : tensor<1xf8E4M3FN>");
  EXPECT_EQ(print("scalar"), "dense<5> : tensor<i8>");
}

/// Large raw data lies in a resource with the tensor's name and keeps its bytes after the model is gone.
TEST_F(TensorsTest, Resources) {
  std::string raw(5000, '\0');
  std::iota(raw.begin(), raw.end(), '\1');
  addInitializer("w", Tensor::FLOAT, {1250})->set_raw_data(raw);
  auto *typed = addInitializer("t", Tensor::INT32, {200});
  for (int i = 0; i < 200; ++i)
    typed->add_int32_data(i);
  EXPECT_THAT(import(), HasSubstr("dense_resource<w> : tensor<1250xf32>"));
  ASSERT_TRUE(module) << errors.front();
  std::filesystem::remove(folder / "model.onnx");
  EXPECT_EQ(std::string(bytes("w").begin(), bytes("w").end()), raw);
  ASSERT_EQ(bytes("t").size(), 800u);
  EXPECT_EQ(bytes("t")[4 * 150], static_cast<char>(150));
}

/// External data: a file of its own, a part of a shared one, a folder below.
TEST_F(TensorsTest, ExternalData) {
  auto external = [&](const std::string &name, const std::vector<std::string> &entries) {
    auto *tensor = addInitializer(name, Tensor::INT8, {4});
    tensor->set_data_location(Tensor::EXTERNAL);
    for (size_t i = 0; i < entries.size(); i += 2) {
      auto *entry = tensor->add_external_data();
      entry->set_key(entries[i]);
      entry->set_value(entries[i + 1]);
    }
  };
  std::filesystem::create_directory(folder / "sub");
  write("w.bin", "\x01\x02\x03\x04\x05\x06\x07\x08");
  write("sub/v.bin", "\x09\x0a\x0b\x0c");
  external("all", {"location", "sub/v.bin"});
  external("part", {"location", "w.bin", "offset", "3", "length", "4"});
  import();
  ASSERT_TRUE(module) << errors.front();
  EXPECT_EQ(print("all"), "dense<[9, 10, 11, 12]> : tensor<4xi8>");
  EXPECT_EQ(print("part"), "dense<[4, 5, 6, 7]> : tensor<4xi8>");

  graph().clear_initializer();
  std::filesystem::create_symlink("/", folder / "link");
  external("a", {"location", "../w.bin"});
  external("b", {"location", "/etc/hostname"});
  external("c", {"location", "link/etc/passwd"});
  external("d", {"location", "none.bin"});
  external("e", {"location", "w.bin", "offset", "6"});
  external("f", {"location", "w.bin", "length", "5"});
  external("g", {"location", "w.bin", "offset", "-1"});
  external("h", {});
  external("i", {"location", "w.bin", "offset", "18446744073709551615", "length", "4"});
  import();
  EXPECT_THAT(
      errors,
      ElementsAre(
          "model.onnx: initialiser 'a': external data '../w.bin' is outside the model's directory",
          "model.onnx: initialiser 'b': external data '/etc/hostname' is outside the model's directory",
          "model.onnx: initialiser 'c': external data 'link/etc/passwd' is outside the model's directory",
          "model.onnx: initialiser 'd': external data 'none.bin': cannot open: No such file or directory",
          "model.onnx: initialiser 'e': external data 'w.bin': 4 bytes at offset 6 reach beyond the file's 8 "
          "bytes",
          "model.onnx: initialiser 'f': its shape takes 4 bytes, its data has 5",
          "model.onnx: initialiser 'g': external data: offset '-1' is no byte count",
          "model.onnx: initialiser 'h': external data '' is outside the model's directory",
          "model.onnx: initialiser 'i': external data 'w.bin': 4 bytes at offset 18446744073709551615 reach "
          "beyond the file's 8 bytes"));
}

/// Shapes and data that do not go together.
TEST_F(TensorsTest, Mismatches) {
  addInitializer("raw", Tensor::FLOAT, {2})->set_raw_data("1234567");
  addInitializer("typed", Tensor::FLOAT, {2})->add_float_data(1);
  addInitializer("range", Tensor::UINT8, {1})->add_int32_data(256);
  addInitializer("negative", Tensor::FLOAT, {-1});
  addInitializer("huge", Tensor::FLOAT, {int64_t{1} << 62, int64_t{1} << 62})->set_raw_data("1");
  addInitializer("strings", Tensor::STRING, {2})->add_string_data("a");
  addInitializer("segment", Tensor::FLOAT, {1})->mutable_segment();
  import();
  EXPECT_THAT(errors,
              ElementsAre("model.onnx: initialiser 'raw': its shape takes 8 bytes, its data has 7",
                          "model.onnx: initialiser 'typed': its shape has 2 elements, float_data 1",
                          "model.onnx: initialiser 'range': int32_data holds 256, outside the range of its "
                          "data type",
                          "model.onnx: initialiser 'negative': a dimension is -1",
                          "model.onnx: initialiser 'huge': its dimensions are too large",
                          "model.onnx: initialiser 'strings': its shape has 2 elements, string_data 1",
                          "model.onnx: initialiser 'segment': tensors in segments are not supported"));
}

/// Constant nodes in each of their forms.
TEST_F(TensorsTest, ConstantNodes) {
  using Attribute = onnx::AttributeProto;
  auto form = [&](const std::string &name, Attribute::AttributeType type) {
    return addAttribute(addNode(graph(), "Constant", {}, {name}, name), name, type);
  };
  auto *value = form("value", Attribute::TENSOR)->mutable_t();
  value->set_data_type(Tensor::INT8);
  value->set_raw_data("\x03");
  form("value_float", Attribute::FLOAT)->set_f(0.5);
  form("value_int", Attribute::INT)->set_i(-4);
  form("value_string", Attribute::STRING)->set_s("s");
  form("value_floats", Attribute::FLOATS)->add_floats(2);
  form("value_ints", Attribute::INTS);
  form("value_strings", Attribute::STRINGS)->add_strings("t");
  import();
  ASSERT_TRUE(module) << errors.front();
  EXPECT_EQ(print("value"), "dense<3> : tensor<i8>");
  EXPECT_EQ(print("value_float"), "dense<5.000000e-01> : tensor<f32>");
  EXPECT_EQ(print("value_int"), "dense<-4> : tensor<i64>");
  EXPECT_EQ(print("value_string"), "dense<\"s\"> : tensor<!onnx.string>");
  EXPECT_EQ(print("value_floats"), "dense<2.000000e+00> : tensor<1xf32>");
  EXPECT_EQ(print("value_ints"), "dense<> : tensor<0xi64>");
  EXPECT_EQ(print("value_strings"), "dense<\"t\"> : tensor<1x!onnx.string>");
}

} // namespace
