// Model files whose weights are packed already.
#include "pincer/engine/quantize.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstddef>
#include <cstring>
#include <fstream>

#include "engine/model/packed_file.h"
#include "engine/pool/pool_file.h"
#include "tests/engine/support/forward_harness.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

namespace fs = std::filesystem;

class QuantizeTest : public testing::Test {
 protected:
  QuantizeTest() { test::tiny_gguf({}).write(in_); }

  Result<QuantizedModel> quantize(WeightFormat format) {
    QuantizeOptions options;
    options.format = format;
    options.threads = 2;
    return quantize_model(in_, out_, options);
  }

  Result<LoadedModel> load(const fs::path& file, WeightFormat format = kDefaultWeights) const {
    LoadOptions options;
    options.format = format;
    options.pool_dir = folder_ / "pool";
    options.threads = 2;
    return load_model(file, options);
  }

  std::vector<char> bytes() const {
    std::ifstream in(out_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::vector<char>& bytes) const {
    std::ofstream(out_, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()));
  }

  test::TemporaryFolder folder_;
  const fs::path in_ = folder_ / "in.gguf", out_ = folder_ / "out.gguf";
};

TEST_F(QuantizeTest, LoadsWithoutPackingAndAnswersAsItsOriginal) {
  std::vector<TokenId> tokens(40);
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<TokenId>(i % 7);
  for (const WeightFormat format :
       {WeightFormat::int8, WeightFormat::int8g32, WeightFormat::int4g32}) {
    const auto quantized = quantize(format);
    ASSERT_TRUE(quantized.ok()) << quantized.error().message;
    const auto packed = load(out_), original = load(in_, format);
    ASSERT_TRUE(packed.ok()) << packed.error().message;
    ASSERT_TRUE(original.ok());
    EXPECT_FALSE(packed->packed_now);
    EXPECT_EQ(packed->model->format, format) << "the file says which, not the caller";
    EXPECT_EQ(test::run_chunked(*packed->model, tokens, 40),
              test::run_chunked(*original->model, tokens, 40))
        << name(format);
  }
}

TEST_F(QuantizeTest, SaysWhatItDid) {
  const auto eight = quantize(WeightFormat::int8), four = quantize(WeightFormat::int4g32);
  ASSERT_TRUE(eight.ok() && four.ok());
  ASSERT_EQ(eight->kinds.size(), 5u);
  EXPECT_EQ(eight->kinds[0].name, "qkv");
  EXPECT_EQ(eight->kinds[0].weights, 2 * (64 + 32 + 32) * 64);
  EXPECT_EQ(eight->kinds.back().name, "head");
  // 8 bits leave errors of about 1 %, 4 bits about sixteen times that, and half the bytes.
  for (std::size_t i = 0; i + 1 < eight->kinds.size(); ++i) {
    EXPECT_GT(eight->kinds[i].relative_rms(), 0.003);
    EXPECT_LT(eight->kinds[i].relative_rms(), 0.02);
    EXPECT_GT(four->kinds[i].relative_rms(), 0.05);
    EXPECT_LT(four->kinds[i].relative_rms(), 0.3);
    EXPECT_LT(four->kinds[i].bytes, 0.7 * static_cast<double>(eight->kinds[i].bytes));
    EXPECT_GT(eight->kinds[i].sqnr_db(), four->kinds[i].sqnr_db() + 15);
  }
  EXPECT_EQ(static_cast<std::uintmax_t>(four->file_bytes), fs::file_size(out_));
}

TEST_F(QuantizeTest, ReadsWhatItCannotOverwrite) {
  const auto same = quantize_model(in_, in_, {});
  ASSERT_FALSE(same.ok());
  EXPECT_EQ(same.error().code, ErrorCode::invalid_argument);
  fs::create_hard_link(in_, out_);
  EXPECT_FALSE(quantize(WeightFormat::int8).ok()) << "the same file by another name";
  fs::remove(out_);
  EXPECT_FALSE(quantize_model(in_, folder_.path(), {}).ok()) << "a folder";
  EXPECT_FALSE(quantize_model(in_, folder_ / "no" / "folder.gguf", {}).ok());
  EXPECT_FALSE(quantize_model(folder_ / "none.gguf", out_, {}).ok());
  EXPECT_EQ(files(), 1u) << "something was left behind";
}

TEST_F(QuantizeTest, PackedFilesAreNoSource) {
  ASSERT_TRUE(quantize(WeightFormat::int8).ok());
  const auto again = quantize_model(out_, folder_ / "again.gguf", {});
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().message.find("original"), std::string::npos) << again.error().message;
  LoadOptions reference;
  reference.reference = true;
  const auto floats = load_model(out_, reference);
  ASSERT_FALSE(floats.ok());
  EXPECT_NE(floats.error().message.find("original"), std::string::npos) << floats.error().message;
}

// A sound image whose key is not that of the layouts here.
TEST_F(QuantizeTest, AnotherCpuIsRefused) {
  ASSERT_TRUE(quantize(WeightFormat::int8).ok());
  std::vector<char> file = bytes();
  gguf::File gguf = *gguf::File::open(out_);
  const auto packed = *read_packed_file(gguf);
  ASSERT_TRUE(packed.has_value());
  char* image = file.data() + packed->image.offset;
  PoolHeader header;
  std::memcpy(&header, image, sizeof header);
  header.key[0] ^= 1;
  header.header_digest = digest64(&header, offsetof(PoolHeader, header_digest));
  std::memcpy(image, &header, sizeof header);
  write(file);
  const auto loaded = load(out_);
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(loaded.error().message.find("CPU"), std::string::npos) << loaded.error().message;
  EXPECT_NE(loaded.error().message.find("pincer quantize"), std::string::npos)
      << loaded.error().message;
}

TEST_F(QuantizeTest, ChangedAndTruncatedFilesAreRefused) {
  ASSERT_TRUE(quantize(WeightFormat::int8).ok());
  const std::vector<char> good = bytes();
  gguf::File file = *gguf::File::open(out_);
  const auto packed = *read_packed_file(file);
  ASSERT_TRUE(packed.has_value());
  const auto image = static_cast<std::size_t>(packed->image.offset);
  // The pool's header, its directory and, at some places, its weights.
  std::vector<std::size_t> places = {image, image + 9, image + 30, image + 4096 + 3};
  for (std::size_t at = image + 2 * 4096 + 100; at + 4096 < good.size(); at += 11 * 4096) {
    places.push_back(at);
  }
  for (const std::size_t place : places) {
    std::vector<char> bad = good;
    bad[place] = static_cast<char>(bad[place] ^ 0x10);
    write(bad);
    const auto loaded = load(out_);
    if (loaded.ok()) {  // the gap between weights holds nothing
      EXPECT_EQ(good[place], 0) << "byte " << place;
      continue;
    }
    EXPECT_NE(loaded.error().message.find("out.gguf"), std::string::npos);
  }
  for (const std::size_t size :
       {good.size() - 1, good.size() / 2, image + 4096, image + 1, image, image / 2}) {
    write({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT_FALSE(load(out_).ok()) << size;
  }
}

TEST_F(QuantizeTest, AFullDiskIsAClearErrorAndLeavesNothing) {
  struct rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = old;
  small.rlim_cur = 64 << 10;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto quantized = quantize(WeightFormat::int8);
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(quantized.ok());
  EXPECT_EQ(quantized.error().code, ErrorCode::no_space);
  EXPECT_NE(quantized.error().message.find("out.gguf"), std::string::npos);
  EXPECT_EQ(files(), 1u);
}

}  // namespace
}  // namespace pincer
