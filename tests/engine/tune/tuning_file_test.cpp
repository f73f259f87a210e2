#include "engine/tune/tuning_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "pincer/engine/tuned_products.h"
#include "tests/engine/support/temporary_folder.h"

namespace pincer {
namespace {

using kernels::Split;
using kernels::TunedBand;

class TuningFile : public testing::Test {
 protected:
  void SetUp() override {
    if (products_.gemm->isa == kernels::Isa::scalar) GTEST_SKIP() << "scalar kernels are not tuned";
  }
  // Plans that differ from the usual ones in everything.
  kernels::Tuning unusual() const {
    std::vector<TunedBand> bands;
    for (const kernels::Band& band : kernels::bands()) {
      bands.push_back({.plan = {kernels_for(products_, limit_, band.rows).back(), 2, Split::rows},
                       .usual = usual_plan(products_, band, 4),
                       .ns = 10,
                       .usual_ns = 25});
    }
    return kernels::Tuning(std::move(bands));
  }

  const kernels::Isa limit_ = kernels::isa_choice().isa;
  const kernels::ProductKernels products_ = kernels::choose_kernels(limit_).s8;
  const TuningKey key_{products_, limit_, 4};
};

TEST_F(TuningFile, ReadsWhatItWrote) {
  const kernels::Tuning written = unusual();
  const auto read = read_tuning(key_, write_tuning(key_, written));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->bands().size(), written.bands().size());
  for (std::size_t i = 0; i < written.bands().size(); ++i) {
    EXPECT_EQ(read->bands()[i].plan, written.bands()[i].plan);
    EXPECT_EQ(read->bands()[i].usual, written.bands()[i].usual);
    EXPECT_EQ(read->bands()[i].ns, 10);
    EXPECT_EQ(read->bands()[i].usual_ns, 25);
  }
}

// Else such a machine would measure at every start.
TEST(ScalarTuningFile, IsReadToo) {
  const kernels::ProductKernels scalar = kernels::choose_kernels(kernels::Isa::scalar).s8;
  const TuningKey key{scalar, kernels::Isa::scalar, 2};
  const auto read = read_tuning(key, write_tuning(key, kernels::Tuning(scalar, 2)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->plan(1, 64, 64).kernel, scalar.gemv);
}

TEST_F(TuningFile, IsNotForOtherThreadsOrKernels) {
  const std::string text = write_tuning(key_, unusual());
  EXPECT_FALSE(read_tuning({products_, limit_, 3}, text));
  EXPECT_FALSE(read_tuning({kernels::choose_kernels(limit_).s4, limit_, 4}, text));
  EXPECT_FALSE(read_tuning({products_, kernels::Isa::scalar, 4}, text));
}

// Cut anywhere, with anything in place of a word: nothing, never a plan that cannot run.
TEST_F(TuningFile, DamageIsAsIfThereWereNone) {
  const std::string text = write_tuning(key_, unusual());
  for (std::size_t end = 0; end + 3 < text.size(); end += 7) {
    EXPECT_FALSE(read_tuning(key_, text.substr(0, end))) << end;
  }
  const std::string name(kernels_for(products_, limit_, 1).back()->name);
  for (const auto& [from, to] : {std::pair<std::string, std::string>{" rows ", " columns "},
                                 {"\n1 ", "\n0 "},
                                 {" 2 rows", " 5 rows"},
                                 {" 2 rows", " 0 rows"},
                                 {"\n1 1048576 " + name, "\n1 1048576 gemm_of_tomorrow"}}) {
    std::string damaged = text;
    const std::size_t at = damaged.find(from, key_.head().size());
    ASSERT_NE(at, std::string::npos) << from;
    damaged.replace(at, from.size(), to);
    EXPECT_FALSE(read_tuning(key_, damaged)) << from << " -> " << to;
  }
  EXPECT_FALSE(read_tuning(key_, text + "more"));
}

TEST_F(TuningFile, IsMeasuredOnceAndThenRead) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(read_tuned_products(folder.path(), products_, limit_, 4));
  const kernels::Tuning first =
      measure_products(folder.path(), products_, limit_, 4, [] { return false; });
  EXPECT_GT(first.bands()[0].ns, 0);
  EXPECT_TRUE(read_tuned_products(folder.path(), products_, limit_, 4));
  // A file that only measuring could not have written: it is read, not measured again.
  std::ofstream(tuning_path(folder.path(), products_, limit_, 4)) << write_tuning(key_, unusual());
  const kernels::Tuning second = tuned_products(folder.path(), products_, limit_, 4);
  for (const TunedBand& band : second.bands()) EXPECT_EQ(band.usual_ns, 25);
}

TEST_F(TuningFile, NeedsNoFolderThatCanBeWritten) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "file";
  std::ofstream(file) << "in the way";
  const auto quiet = [] { return false; };
  EXPECT_GT(measure_products(file / "below", products_, limit_, 4, quiet).bands()[0].ns, 0);
}

// Times that were measured beside others mean nothing, and would stay.
TEST_F(TuningFile, IsNotMadeOnABusyMachine) {
  const test::TemporaryFolder folder;
  int calls = 0;
  const auto busy_soon = [&] { return ++calls > 2; };
  const kernels::Tuning tuning = measure_products(folder.path(), products_, limit_, 4, busy_soon);
  for (const TunedBand& band : tuning.bands()) EXPECT_EQ(band.plan, band.usual);
  EXPECT_FALSE(read_tuned_products(folder.path(), products_, limit_, 4));
}

}  // namespace
}  // namespace pincer
