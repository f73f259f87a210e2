#include "pincer/engine/weight_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "engine/model/weight_specs.h"
#include "engine/parallel/arena.h"
#include "engine/pool/pool_file.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

namespace fs = std::filesystem;

// A tiny model's file, and pools of it.
class WeightPoolTest : public testing::Test {
 protected:
  WeightPoolTest() { write_model(1); }

  void write_model(unsigned seed) {
    test::TinyShape shape;
    shape.seed = seed;
    test::tiny_gguf(shape).write(folder_ / "tiny.gguf");
  }

  Result<std::shared_ptr<const WeightPool>> open() {
    source_ = std::make_unique<gguf::File>(*gguf::File::open(folder_ / "tiny.gguf"));
    config_ = *read_model_config(*source_);
    const auto specs = *plan_weights(*source_, config_, layouts_, nullptr);
    Arena arena(2);
    return WeightPool::open_or_pack({folder_ / "pool", "tiny", *source_key(*source_, specs)},
                                    *source_, specs, arena);
  }

  std::vector<fs::path> files() const {
    std::vector<fs::path> out;
    for (const auto& e : fs::directory_iterator(folder_ / "pool")) out.push_back(e.path());
    return out;
  }

  test::TemporaryFolder folder_;
  WeightLayouts layouts_;
  std::unique_ptr<gguf::File> source_;
  ModelConfig config_;
};

std::vector<char> bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const fs::path& file, const std::vector<char>& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST_F(WeightPoolTest, PacksOnce) {
  const auto first = open();
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_TRUE((*first)->packed_now());
  EXPECT_EQ((*first)->repacked_because(), "");
  const auto second = open();
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE((*second)->packed_now());
  EXPECT_EQ(files().size(), 1u) << "something was left beside the pool";
}

TEST_F(WeightPoolTest, HoldsTheWeights) {
  const auto pool = open();
  ASSERT_TRUE(pool.ok());
  const kernels::PackedMatrix down = (*pool)->matrix(weight_names::down(1));
  EXPECT_EQ(down.n(), 64);
  EXPECT_EQ(down.k(), 96);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(down.header) % 64, 0u);
  std::vector<float> norm(64);
  source_->tensor("output_norm.weight")->row(0, norm.data());
  const float* held = (*pool)->floats(weight_names::kOutputNorm);
  EXPECT_TRUE(std::equal(norm.begin(), norm.end(), held));
}

TEST_F(WeightPoolTest, AChangedByteAnywhereIsNoticed) {
  ASSERT_TRUE(open().ok());
  const fs::path file = files().at(0);
  const std::vector<char> good = bytes_of(file);
  const PoolEntry* entries = reinterpret_cast<const PoolEntry*>(good.data() + kPoolAlign);
  PoolHeader header;
  std::memcpy(&header, good.data(), sizeof header);
  std::vector<std::size_t> places = {0, 9, 17, 30, 50, static_cast<std::size_t>(kPoolAlign) + 3};
  for (std::uint32_t i = 0; i < header.entries;
       ++i) {  // first, middle and last byte of every weight
    places.push_back(entries[i].offset);
    places.push_back(entries[i].offset + entries[i].bytes / 2);
    places.push_back(entries[i].offset + entries[i].bytes - 1);
  }
  for (const std::size_t place : places) {
    std::vector<char> bad = good;
    bad[place] = static_cast<char>(bad[place] ^ 0x10);
    write_bytes(file, bad);
    const auto pool = open();
    ASSERT_TRUE(pool.ok());
    ASSERT_TRUE((*pool)->packed_now()) << "byte " << place;
    ASSERT_NE((*pool)->repacked_because(), "");
    ASSERT_EQ(bytes_of(file), good) << "packing is not repeatable";
  }
}

TEST_F(WeightPoolTest, ATruncatedOrForeignFileIsPackedAgain) {
  ASSERT_TRUE(open().ok());
  const fs::path file = files().at(0);
  const std::vector<char> good = bytes_of(file);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{71}, std::size_t{4096},
                                 good.size() / 2, good.size() - 1}) {
    write_bytes(file, {good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
    const auto pool = open();
    ASSERT_TRUE(pool.ok()) << size;
    EXPECT_TRUE((*pool)->packed_now()) << size;
  }
  std::vector<char> longer = good;
  longer.resize(good.size() + 4096);
  write_bytes(file, longer);
  EXPECT_TRUE((*open())->packed_now());
  // Another model's pool under this name.
  write_model(2);
  const auto other = open();
  ASSERT_TRUE(other.ok());
  ASSERT_EQ(files().size(), 2u);
  for (const fs::path& f : files()) {
    if (f != file) fs::rename(f, file);
  }
  write_model(1);
  EXPECT_TRUE((*open())->packed_now());
}

TEST_F(WeightPoolTest, AChangedSourceGetsAnotherPool) {
  ASSERT_TRUE(open().ok());
  write_model(2);
  const auto second = open();
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE((*second)->packed_now());
  EXPECT_EQ((*second)->repacked_because(), "");
}

TEST_F(WeightPoolTest, AFullDiskIsAClearErrorAndLeavesNothing) {
  struct rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = old;
  small.rlim_cur = 64 << 10;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto pool = open();
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(pool.ok());
  EXPECT_EQ(pool.error().code, ErrorCode::no_space);
  EXPECT_NE(pool.error().message.find("PINCER_HOME"), std::string::npos) << pool.error().message;
  EXPECT_EQ(pool.error().message.find('\n'), std::string::npos);
  EXPECT_TRUE(files().empty()) << files().at(0);
}

TEST_F(WeightPoolTest, AFolderThatCannotBeMadeIsNamed) {
  write_bytes(folder_ / "pool", {'x'});
  const auto pool = open();
  ASSERT_FALSE(pool.ok());
  EXPECT_NE(pool.error().message.find((folder_ / "pool").string()), std::string::npos)
      << pool.error().message;
}

class WeightPoolConcurrency : public WeightPoolTest {};

TEST_F(WeightPoolConcurrency, ManyAtOncePackOnce) {
  const gguf::File source = *gguf::File::open(folder_ / "tiny.gguf");
  const ModelConfig config = *read_model_config(source);
  const auto specs = *plan_weights(source, config, layouts_, nullptr);
  const WeightPool::Place place{folder_ / "pool", "tiny", *source_key(source, specs)};
  std::atomic<int> packed = 0, failed = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Arena arena(1);
      const auto pool = WeightPool::open_or_pack(place, source, specs, arena);
      failed += pool.ok() ? 0 : 1;
      packed += pool.ok() && (*pool)->packed_now() ? 1 : 0;
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(packed, 1);
  EXPECT_EQ(files().size(), 1u);
}

}  // namespace
}  // namespace pincer
