#include "server/cli/kernel_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <sstream>

namespace pincer {
namespace {

namespace json = boost::json;

// A product that takes 200 ns, and 400 with quantizing: 500 and 250 GMAC/s, 50 GB/s.
KernelRow product() {
  KernelRow row;
  row.test = {.kernel = "gemm_s8s8_f32_scalar_1x1x1",
              .op = "gemm",
              .model = "135M",
              .layer = "down",
              .m = 10,
              .n = 100,
              .k = 100,
              .threads = 2,
              .layout = kernels::Layout{},
              .macs = 100000,
              .bytes = 10000};
  row.timing.ns = {200, 100, 400};
  row.timing.quantized_ns = {400};
  row.level = "L2";
  row.peak_gmac_s = 1000;
  row.read_gb_s = 200;
  return row;
}

KernelRow row_operation() {
  KernelRow row;
  row.test = {.kernel = "elementwise_f32f32_f32_scalar_1x16x1",
              .op = "rms_norm",
              .model = "7B",
              .layer = "hidden",
              .n = 4096,
              .bytes = 32768};
  row.timing.ns = {1000};
  row.level = "L1";
  return row;
}

KernelReport kernel_report() {
  KernelReport r;
  r.cpu = "a CPU";
  r.date = "2026-11-23";
  r.read_gb_s[2] = {{"L1", 500}, {"memory", 30}};
  r.int8_gmac_s[2] = {{"scalar", 1000}, {"avx2", 2000}};
  r.rows = {product(), row_operation()};
  return r;
}

TEST(KernelFigures, FollowFromTheMedian) {
  const KernelFigures f = figures(product());
  EXPECT_EQ(f.median_ns, 200);
  EXPECT_EQ(f.min_ns, 100);
  EXPECT_DOUBLE_EQ(f.gmac_s, 500);
  EXPECT_DOUBLE_EQ(f.gb_s, 50);
  EXPECT_DOUBLE_EQ(f.share_of_int8_peak, 0.5);
  EXPECT_DOUBLE_EQ(f.share_of_read, 0.25);
  EXPECT_DOUBLE_EQ(f.quantized_gmac_s, 250);
}

TEST(KernelReport, JsonHasTheFieldsThatOthersRead) {
  const json::value parsed = json::parse(to_json(kernel_report()));
  EXPECT_EQ(parsed.at("schema"), 1);
  EXPECT_EQ(parsed.at("machine").at("cpu"), "a CPU");
  EXPECT_EQ(parsed.at("machine").at("date"), "2026-11-23");
  EXPECT_EQ(parsed.at("limits").at("read_gb_s").at("2"), 30.0);
  EXPECT_EQ(parsed.at("limits").at("int8_gmac_s").at("2"), 2000.0);
  EXPECT_EQ(parsed.at("limits").at("read_gb_s_by_level").at("2").at("L1"), 500.0);
  EXPECT_EQ(parsed.at("limits").at("int8_gmac_s_by_isa").at("2").at("scalar"), 1000.0);
  const json::value& row = parsed.at("results").at(0);
  EXPECT_EQ(row.at("kernel"), "gemm_s8s8_f32_scalar_1x1x1");
  EXPECT_EQ(row.at("op"), "gemm");
  EXPECT_EQ(row.at("m"), 10);
  EXPECT_EQ(row.at("n"), 100);
  EXPECT_EQ(row.at("k"), 100);
  EXPECT_EQ(row.at("threads"), 2);
  EXPECT_EQ(row.at("weights"), "warm");
  EXPECT_EQ(row.at("gmac_s"), 500.0);
  EXPECT_EQ(row.at("gb_s"), 50.0);
  EXPECT_EQ(row.at("share_of_int8_peak"), 0.5);
  EXPECT_EQ(row.at("share_of_read"), 0.25);
  EXPECT_EQ(row.at("median_ns"), 200.0);
  EXPECT_EQ(row.at("samples").as_array().size(), 3u);
  EXPECT_EQ(row.at("samples_with_quantizing").as_array().size(), 1u);
}

TEST(KernelReport, WhatARowDoesNotHaveIsNull) {
  const json::value parsed = json::parse(to_json(kernel_report()));
  const json::object& row = parsed.at("results").at(1).as_object();
  for (const char* field : {"gmac_s", "share_of_int8_peak", "share_of_read"}) {
    EXPECT_TRUE(row.at(field).is_null()) << field;
  }
  EXPECT_FALSE(row.contains("group"));
}

TEST(KernelReport, TablesHaveEqualColumns) {
  std::istringstream lines(to_markdown(kernel_report()));
  std::string line;
  std::size_t width = 0, tables = 0;
  while (std::getline(lines, line)) {
    if (!line.starts_with("|")) {
      width = 0;
      continue;
    }
    if (width == 0) ++tables;
    if (width != 0) {
      EXPECT_EQ(line.size(), width) << line;
    }
    width = line.size();
  }
  EXPECT_EQ(tables, 2u);
  EXPECT_NE(to_markdown(kernel_report()).find("rms_norm, 7B hidden"), std::string::npos);
  EXPECT_NE(to_markdown(kernel_report()).find("memory 30"), std::string::npos);
}

TEST(KernelReport, CsvHasAValueForEveryColumn) {
  std::istringstream lines(to_csv(kernel_report()));
  std::string head, line;
  std::getline(lines, head);
  int rows = 0;
  while (std::getline(lines, line)) {
    ++rows;
    EXPECT_EQ(std::ranges::count(line, ','), std::ranges::count(head, ',')) << line;
  }
  EXPECT_EQ(rows, 2);
}

TEST(KernelReport, MayBeEmpty) {
  const KernelReport none;
  EXPECT_EQ(json::parse(to_json(none)).at("results").as_array().size(), 0u);
  EXPECT_EQ(to_markdown(none), "\n");
}

}  // namespace
}  // namespace pincer
