#include "server/cli/tuning_report.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace pincer {
namespace {

using kernels::Split;

constexpr kernels::GemmKernel kFast{{"fast", kernels::Isa::scalar, nullptr}, 1, 1, 1, 0, {}};
constexpr kernels::GemmKernel kUsual{{"usual", kernels::Isa::scalar, nullptr}, 1, 1, 1, 0, {}};

// The first band is better off with another plan, the last was not measured.
kernels::Tuning tuning() {
  std::vector<kernels::TunedBand> bands(
      kernels::bands().size(), {{&kUsual, 2, Split::panels}, {&kUsual, 2, Split::panels}, 9, 9});
  bands.front() = {{&kFast, 1, Split::panels}, {&kUsual, 2, Split::panels}, 10, 15};
  bands.back().ns = bands.back().usual_ns = 0;
  return kernels::Tuning(std::move(bands));
}

TEST(TuningReport, NamesWhatIsFasterThanUsual) {
  const std::string text = tuning_text(tuning());
  EXPECT_NE(text.find("up to 1 rows, up to 1 Mi weights"), std::string::npos) << text;
  EXPECT_NE(text.find("fast, 1 thread: 1.50 x as fast as usual"), std::string::npos) << text;
  const std::size_t all = kernels::bands().size();
  EXPECT_NE(text.find(std::to_string(all - 1) + " of " + std::to_string(all) + " bands keep"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("1 were not measured"), std::string::npos) << text;
}

TEST(TuningReport, HasEveryBandInJson) {
  const boost::json::array rows = tuning_json(tuning());
  ASSERT_EQ(rows.size(), kernels::bands().size());
  EXPECT_EQ(rows.front().at("kernel"), "fast");
  EXPECT_EQ(rows.front().at("threads"), 1);
  EXPECT_EQ(rows.front().at("without_tuning_ns"), 15.0);
  EXPECT_TRUE(rows.back().at("rows").is_null());
  EXPECT_TRUE(rows.back().at("weights").is_null());
  EXPECT_TRUE(rows.back().at("ns").is_null());
}

}  // namespace
}  // namespace pincer
