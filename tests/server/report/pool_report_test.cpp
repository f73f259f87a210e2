#include "server/report/pool_report.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace pincer {
namespace {

const std::vector<PoolFileInfo> kFiles = {
    {"tiny", "/pool/tiny-0123456789ab.pool", "int8g32 16x4", 5000, 4000, 90}};

PoolMapping mapping(int pid) {
  PoolMapping m;
  m.pid = pid;
  m.command = "pincer";
  m.file = kFiles[0].file;
  m.bytes = 5000;
  m.resident = 4000;
  m.shared = 3000;
  m.private_bytes = 1000;
  m.pss = 2500;
  return m;
}

TEST(PoolReport, AFileCountsSharedPagesOnceAndPrivateOnesEach) {
  const auto rows = file_rows(kFiles, {mapping(7), mapping(8)});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].processes, 2);
  EXPECT_EQ(rows[0].shared, 3000);
  EXPECT_EQ(rows[0].private_bytes, 2000);
  EXPECT_EQ(rows[0].pss, 5000);
}

TEST(PoolReport, JsonHasTheFieldsOfTheContract) {
  const auto parsed = boost::json::parse(pool_json(process_rows({mapping(7)})));
  EXPECT_EQ(parsed.at("schema").as_int64(), 1);
  const auto& model = parsed.at("models").at(0).as_object();
  EXPECT_EQ(model.at("name").as_string(), "tiny");
  EXPECT_EQ(model.at("pid").as_int64(), 7);
  for (const char* key : {"bytes", "resident", "shared", "private"})
    EXPECT_TRUE(model.at(key).is_int64()) << key;
  for (const char* key : {"file", "layout"}) EXPECT_TRUE(model.at(key).is_string()) << key;
  EXPECT_TRUE(model.at("last_used_s").is_double());
}

TEST(PoolReport, TablesNameModelAndProcess) {
  const std::string processes = process_table(process_rows({mapping(4711)}));
  EXPECT_NE(processes.find("tiny"), std::string::npos);
  EXPECT_NE(processes.find("4711"), std::string::npos);
  const std::string files = file_table(file_rows(kFiles, {}));
  EXPECT_NE(files.find("int8g32 16x4"), std::string::npos) << files;
  EXPECT_NE(files.find("90 s ago"), std::string::npos) << files;
}

TEST(PoolReport, AgesHaveTheUnitThatFits) {
  EXPECT_EQ(age_text(3), "3 s");
  EXPECT_EQ(age_text(600), "10 min");
  EXPECT_EQ(age_text(36000), "10 h");
  EXPECT_EQ(age_text(864000), "10 days");
}

}  // namespace
}  // namespace pincer
