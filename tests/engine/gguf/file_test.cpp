// What a well-formed file gives.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>

#include "pincer/engine/gguf.h"
#include "tests/engine/support/gguf_writer.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/text_match.h"

namespace pincer::gguf {
namespace {

using test::contains;
using test::GgufWriter;

using Floats = std::vector<float>;

Floats row_of(const Tensor& tensor, std::int64_t row) {
  Floats out(static_cast<std::size_t>(tensor.cols()));
  tensor.row(row, out.data());
  return out;
}

File parsed(const std::vector<std::byte>& bytes) {
  Result<File> file = File::parse(bytes, "test.gguf");
  EXPECT_TRUE(file) << file.error().message;
  return file ? *file : File();
}

TEST(GgufFile, ReadsEveryKindOfNumber) {
  const auto bytes = GgufWriter()
                         .set("u8", std::uint8_t{255})
                         .set("i8", std::int8_t{-128})
                         .set("u16", std::uint16_t{65535})
                         .set("i16", std::int16_t{-32768})
                         .set("u32", std::uint32_t{4294967295u})
                         .set("i32", std::numeric_limits<std::int32_t>::min())
                         .set("i64", std::numeric_limits<std::int64_t>::min())
                         .set("u64", std::uint64_t{1} << 62)
                         .set("u64max", ~std::uint64_t{0})
                         .set("f32", 0.5f)
                         .set("f64", -1e300)
                         .set("yes", true)
                         .set("no", false)
                         .build();
  const File file = parsed(bytes);
  EXPECT_EQ(file.get_int("u8"), 255);
  EXPECT_EQ(file.get_int("i8"), -128);
  EXPECT_EQ(file.get_int("u16"), 65535);
  EXPECT_EQ(file.get_int("i16"), -32768);
  EXPECT_EQ(file.get_int("u32"), 4294967295);
  EXPECT_EQ(file.get_int("i32"), std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(file.get_int("i64"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(file.get_int("u64"), std::int64_t{1} << 62);
  EXPECT_EQ(file.get_int("u64max"), std::nullopt) << "does not fit";
  EXPECT_EQ(file.get_float("u64max"), 18446744073709551616.0);
  EXPECT_EQ(file.get_float("f32"), 0.5);
  EXPECT_EQ(file.get_float("f64"), -1e300);
  EXPECT_EQ(file.get_float("i8"), -128.0) << "any number will do";
  EXPECT_EQ(file.get_bool("yes"), true);
  EXPECT_EQ(file.get_bool("no"), false);
  EXPECT_EQ(file.metadata().size(), 13u);
}

TEST(GgufFile, ReadsStringsAndArrays) {
  const auto bytes = GgufWriter()
                         .set("text", "h\xc3\xa9llo")
                         .set("empty", "")
                         .set_array<std::string>("words", {"a", "", "ccc"})
                         .set_array<std::int32_t>("ints", {-1, 2})
                         .set_array<std::uint64_t>("big", {std::uint64_t{1} << 40})
                         .set_array<float>("floats", {1.5f, -2})
                         .set_array<double>("doubles", {})
                         .build();
  const File file = parsed(bytes);
  ASSERT_NE(file.get_string("text"), nullptr);
  EXPECT_EQ(*file.get_string("text"), "h\xc3\xa9llo");
  EXPECT_EQ(*file.get_string("empty"), "");
  ASSERT_NE(file.get_strings("words"), nullptr);
  EXPECT_EQ(*file.get_strings("words"), (std::vector<std::string>{"a", "", "ccc"}));
  ASSERT_NE(file.get_ints("ints"), nullptr);
  EXPECT_EQ(*file.get_ints("ints"), (std::vector<std::int64_t>{-1, 2}));
  EXPECT_EQ(*file.get_ints("big"), (std::vector<std::int64_t>{std::int64_t{1} << 40}));
  ASSERT_NE(file.get_floats("floats"), nullptr);
  EXPECT_EQ(*file.get_floats("floats"), (std::vector<double>{1.5, -2.0}));
  ASSERT_NE(file.get_floats("doubles"), nullptr);
  EXPECT_TRUE(file.get_floats("doubles")->empty());
}

TEST(GgufFile, ReadsArraysOfBooleans) {
  test::ByteWriter bytes;
  bytes.header(0, 1).text("flags").put(test::GgufType::array).put(test::GgufType::boolean);
  bytes.put(std::uint64_t{3}).put(true).put(false).put(true);
  const File file = parsed(bytes.bytes());
  const auto* array = std::get_if<Array>(&file.metadata().at("flags"));
  ASSERT_NE(array, nullptr);
  EXPECT_EQ(std::get<std::vector<bool>>(*array), (std::vector<bool>{true, false, true}));
}

TEST(GgufFile, LookUpsOfAnotherTypeOrAnAbsentKeyGiveNothing) {
  const auto bytes = GgufWriter().set("n", std::int32_t{1}).set("s", "1").set("f", 1.0f).build();
  const File file = parsed(bytes);
  EXPECT_EQ(file.get_int("s"), std::nullopt);
  EXPECT_EQ(file.get_int("f"), std::nullopt);
  EXPECT_EQ(file.get_int("absent"), std::nullopt);
  EXPECT_EQ(file.get_float("s"), std::nullopt);
  EXPECT_EQ(file.get_bool("n"), std::nullopt);
  EXPECT_EQ(file.get_string("n"), nullptr);
  EXPECT_EQ(file.get_strings("s"), nullptr);
  EXPECT_EQ(file.get_ints("n"), nullptr);
  EXPECT_EQ(file.get_floats("f"), nullptr);
  EXPECT_EQ(file.tensor("s"), nullptr);
}

class GgufFileOfVersion : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(GgufFileOfVersion, FindsTensorData) {
  const auto bytes = GgufWriter(GetParam())
                         .tensor("vector", {3}, {1, 2, 3})
                         .tensor("matrix", {2, 3}, {1, 2, 3, 4, 5, 6})
                         .tensor("cube", {1, 2, 2, 1}, {7, 8, 9, 10})
                         .build();
  const File file = parsed(bytes);
  EXPECT_EQ(file.version(), GetParam());
  EXPECT_EQ(file.size(), bytes.size());
  ASSERT_EQ(file.tensors().size(), 3u);
  EXPECT_EQ(file.tensors()[1].name, "matrix") << "in the file's order";
  const Tensor* vector = file.tensor("vector");
  ASSERT_NE(vector, nullptr);
  EXPECT_EQ(vector->rows(), 1);
  EXPECT_EQ(row_of(*vector, 0), (Floats{1, 2, 3}));
  const Tensor* matrix = file.tensor("matrix");
  ASSERT_NE(matrix, nullptr);
  EXPECT_EQ(matrix->cols(), 2);
  EXPECT_EQ(matrix->rows(), 3);
  EXPECT_EQ(matrix->data.size(), 24u);
  EXPECT_EQ(row_of(*matrix, 0), (Floats{1, 2}));
  EXPECT_EQ(row_of(*matrix, 2), (Floats{5, 6}));
  EXPECT_EQ(file.tensor("cube")->rows(), 4);
  EXPECT_EQ(row_of(*file.tensor("cube"), 3), (Floats{10}));
}

INSTANTIATE_TEST_SUITE_P(Versions, GgufFileOfVersion, ::testing::Values(2u, 3u));

class GgufFileAligned : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(GgufFileAligned, FindsTensorData) {
  const auto bytes =
      GgufWriter().align(GetParam()).tensor("a", {1}, {1}).tensor("b", {2}, {2, 3}).build();
  const File file = parsed(bytes);
  ASSERT_NE(file.tensor("b"), nullptr);
  EXPECT_EQ((file.tensor("b")->data.data() - bytes.data()) % GetParam(), 0);
  EXPECT_EQ(row_of(*file.tensor("b"), 0), (Floats{2, 3}));
}

INSTANTIATE_TEST_SUITE_P(PowersOfTwo, GgufFileAligned,
                         ::testing::Values(8u, 16u, 32u, 64u, 4096u, 1u << 20));

TEST(GgufFile, NeedsNoAlignedMemory) {
  const auto bytes = GgufWriter().set("k", 1.0f).tensor("t", {2}, {5, 6}).build();
  std::vector<std::byte> shifted(bytes.size() + 1);
  std::copy(bytes.begin(), bytes.end(), shifted.begin() + 1);
  Result<File> file = File::parse(std::span(shifted).subspan(1), "shifted");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(row_of(*file->tensor("t"), 0), (Floats{5, 6}));
}

TEST(GgufFile, NeedsNoTensors) {
  const auto bytes = GgufWriter().set("general.architecture", "llama").build();
  EXPECT_TRUE(parsed(bytes).tensors().empty());
  EXPECT_TRUE(parsed(GgufWriter().build()).metadata().empty());
}

TEST(GgufFile, ReadsTheOnlyPartOfAModelInOnePart) {
  const auto bytes = GgufWriter().set("split.count", std::uint16_t{1}).build();
  EXPECT_EQ(parsed(bytes).get_int("split.count"), 1);
}

TEST(GgufFile, CopiesKeepTheMapping) {
  const test::TemporaryFolder folder;
  const auto path = folder / "model.gguf";
  GgufWriter().tensor("t", {2}, {3, 4}).write(path);
  std::optional<File> copy;
  {
    Result<File> file = File::open(path);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->path(), path);
    copy = *file;
  }
  std::filesystem::remove(path);
  EXPECT_EQ(row_of(*copy->tensor("t"), 0), (Floats{3, 4}));
}

TEST(GgufFile, OpenSaysWhatCannotBeOpened) {
  const test::TemporaryFolder folder;
  const auto message = [](const std::filesystem::path& path) {
    const Result<File> file = File::open(path);
    EXPECT_FALSE(file);
    return file ? std::string() : file.error().message;
  };
  const auto missing = folder / "missing.gguf";
  EXPECT_TRUE(contains(message(missing), missing.string() + ": cannot be opened: No such file"));
  EXPECT_EQ(File::open(missing).error().code, ErrorCode::not_found);
  EXPECT_TRUE(contains(message(folder.path()), "is a folder"));
  const auto pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(contains(message(pipe), "not a regular file"));
  const auto empty = folder / "empty.gguf";
  std::ofstream(empty).flush();
  EXPECT_TRUE(contains(message(empty), "is empty"));
  const auto strange = folder / "two\nlines.gguf";
  std::ofstream(strange) << "<html>";
  EXPECT_TRUE(contains(message(strange), "two\\x0alines.gguf: is not a GGUF file"));
}

TEST(GgufFile, ReadsARealModel) {
  const char* path = std::getenv("PINCER_TEST_MODEL");
  if (path == nullptr) GTEST_SKIP() << "PINCER_TEST_MODEL names no model";
  const Result<File> file = File::open(path);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_NE(file->get_strings("tokenizer.ggml.tokens"), nullptr);
  const Tensor* embedding = file->tensor("token_embd.weight");
  ASSERT_NE(embedding, nullptr);
  EXPECT_EQ(embedding->rows(),
            static_cast<std::int64_t>(file->get_strings("tokenizer.ggml.tokens")->size()));
  for (const float weight : row_of(*embedding, embedding->rows() - 1)) {
    ASSERT_LT(std::abs(weight), 100.0f);
  }
}

}  // namespace
}  // namespace pincer::gguf
