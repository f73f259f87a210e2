#include "server/cli/bench_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <sstream>

namespace pincer {
namespace {

namespace json = boost::json;

// 100 tokens at a median of 50 a second: 2 s.
BenchRow row() {
  BenchRow r;
  r.model = "a-model";
  r.name = "batch4";
  r.threads = 2;
  r.batch = 4;
  r.depth = 128;
  r.speed.tokens_per_s = {50, 25, 80};
  r.speed.tokens = 100;
  r.speed.macs = 200'000'000'000;
  r.speed.weight_bytes = 30'000'000'000;
  r.speed.kv_bytes = 10'000'000'000;
  return r;
}

BenchReport report() {
  BenchReport r;
  r.cpu = "a CPU";
  r.date = "2026-11-25";
  r.kernels = "some kernels";
  r.weights = "int8";
  r.context = 256;
  r.weight_bytes = 1'000'000;
  r.limits[2] = {40, 80, 1000};
  r.rows = {row()};
  return r;
}

BenchReport with_layers() {
  BenchReport r = report();
  std::array<LayerTrace::Cell, kPhases> layer{}, head{};
  layer[static_cast<std::size_t>(Phase::qkv)] = {4, 8000};
  head[static_cast<std::size_t>(Phase::head)] = {4, 4000};
  r.rows[0].layers = {layer, head};
  return r;
}

TEST(BenchFigures, FollowFromTheMedian) {
  const BenchFigures f = figures(row(), {40, 80, 1000});
  EXPECT_DOUBLE_EQ(f.tokens_per_s, 50);
  EXPECT_DOUBLE_EQ(f.min, 25);
  EXPECT_DOUBLE_EQ(f.max, 80);
  EXPECT_DOUBLE_EQ(f.gb_s, 20);
  EXPECT_DOUBLE_EQ(f.gmac_s, 100);
  EXPECT_DOUBLE_EQ(f.share_of_read, 0.5);
  EXPECT_DOUBLE_EQ(f.share_of_read_weights, 0.25);
  EXPECT_DOUBLE_EQ(f.share_of_int8_peak, 0.1);
}

TEST(BenchReport, JsonHasTheFieldsThatOthersRead) {
  const json::value parsed = json::parse(to_json(report()));
  EXPECT_EQ(parsed.at("schema"), 1);
  EXPECT_EQ(parsed.at("machine").at("cpu"), "a CPU");
  EXPECT_EQ(parsed.at("weights"), "int8");
  EXPECT_EQ(parsed.at("limits").at("read_gb_s").at("2"), 40.0);
  EXPECT_EQ(parsed.at("limits").at("read_weights_gb_s").at("2"), 80.0);
  EXPECT_EQ(parsed.at("limits").at("int8_gmac_s").at("2"), 1000.0);
  const json::value& r = parsed.at("results").at(0);
  EXPECT_EQ(r.at("model"), "a-model");
  EXPECT_EQ(r.at("test"), "batch4");
  EXPECT_EQ(r.at("threads"), 2);
  EXPECT_EQ(r.at("batch"), 4);
  EXPECT_EQ(r.at("depth"), 128);
  EXPECT_EQ(r.at("tokens_per_s").at("median"), 50.0);
  EXPECT_EQ(r.at("tokens_per_s").at("min"), 25.0);
  EXPECT_EQ(r.at("tokens_per_s").at("max"), 80.0);
  EXPECT_EQ(r.at("tokens_per_s").at("samples").as_array().size(), 3u);
  EXPECT_EQ(r.at("gb_s"), 20.0);
  EXPECT_EQ(r.at("gmac_s"), 100.0);
  EXPECT_EQ(r.at("share_of_read"), 0.5);
  EXPECT_EQ(r.at("share_of_int8_peak"), 0.1);
  EXPECT_FALSE(r.as_object().contains("layers"));
}

TEST(BenchReport, LayersAreInJsonAndInATable) {
  const json::value parsed = json::parse(to_json(with_layers()));
  const json::array& layers = parsed.at("results").at(0).at("layers").as_array();
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0].at("layer"), 0);
  EXPECT_EQ(layers[0].at("us").at("qkv"), 2.0);  // the mean of four
  EXPECT_EQ(layers[0].at("us").as_object().size(), 1u);
  EXPECT_EQ(layers[1].at("layer"), "head");
  EXPECT_NE(to_markdown(with_layers()).find("batch4, 2 threads: microseconds a step"),
            std::string::npos);
}

TEST(BenchReport, SaysWhatIsLongerThanTheModelWasTrainedFor) {
  EXPECT_EQ(to_markdown(report()).find("trained for"), std::string::npos);
  BenchReport beyond = report();
  beyond.rows[0].beyond_context = true;
  EXPECT_NE(to_markdown(beyond).find("| batch4* |"), std::string::npos);
  EXPECT_NE(to_markdown(beyond).find("256 tokens that the model was trained for"),
            std::string::npos);
  EXPECT_EQ(json::parse(to_json(beyond)).at("results").at(0).at("beyond_context"), true);
}

TEST(BenchReport, RowsHaveAValueForEveryColumn) {
  std::istringstream csv(to_csv(report()));
  std::string head, line;
  std::getline(csv, head);
  std::getline(csv, line);
  EXPECT_EQ(std::ranges::count(line, ','), std::ranges::count(head, ','));
  EXPECT_TRUE(line.starts_with("a-model,batch4,2,4,128,50.00,")) << line;
  std::istringstream table(to_markdown(with_layers()));
  std::ptrdiff_t columns = 0;
  while (std::getline(table, line)) {
    if (!line.starts_with("|")) {
      columns = 0;
      continue;
    }
    if (columns != 0) {
      EXPECT_EQ(std::ranges::count(line, '|'), columns) << line;
    }
    columns = std::ranges::count(line, '|');
  }
}

}  // namespace
}  // namespace pincer
