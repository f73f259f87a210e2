#include "server/cli/plan_report.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

RoutePlan cascade() {
  RoutePlan plan;
  plan.upstreams = {"home", "sky"};
  plan.reasons = {{"score", "0.1 < 0.7", "home"}};
  plan.score = 0.125;
  plan.cascade = true;
  plan.cause = "cascade";
  return plan;
}

TEST(PlanReport, IsOneJsonObject) {
  EXPECT_EQ(plan_json(cascade()),
            R"({"schema":1,"plan":["home","sky"],"cause":"cascade","cascade":true,)"
            R"("fail_closed":false,"reasons":[{"rule":"score","value":"0.1 < 0.7",)"
            R"("effect":"home"}],"score":1.25E-1})");
  EXPECT_NE(plan_json({}).find(R"("plan":[],)"), std::string::npos);
  EXPECT_NE(plan_json({}).find(R"("score":null)"), std::string::npos);
}

TEST(PlanReport, ReadsAsText) {
  const std::string text = plan_text(cascade());
  EXPECT_NE(text.find("plan     home, then sky\n"), std::string::npos) << text;
  EXPECT_NE(text.find("home begins; its first tokens decide whether sky answers"),
            std::string::npos);
  EXPECT_NE(text.find("0.1 < 0.7"), std::string::npos);
  EXPECT_NE(plan_text({}).find("plan     none\n"), std::string::npos);
}

}  // namespace
}  // namespace pincer
