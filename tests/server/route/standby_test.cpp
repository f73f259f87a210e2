#include "server/route/standby.h"

#include "tests/server/support/fake_backend.h"
#include "tests/server/support/flight_test.h"

namespace pincer {
namespace {

using test::end_news;
using test::failure_news;
using test::text_news;

class StandbyTest : public test::FlightTest {
 protected:
  StandbyTest() {
    route_.stream_failure.warm_standby = true;
    models_->add(std::make_shared<test::FakeBackend>("chat"));
  }
};

// What was read and what is sent on a break begin alike: the prefix cache knows the beginning.
TEST_F(StandbyTest, ReadsAlongWithACloud) {
  test::FakeUpstream::Script script;
  for (int i = 0; i < 130; ++i) script.news.push_back(text_news(std::to_string(i) + " "));
  script.news.push_back(failure_news(FailureClass::reset));
  request_.max_tokens = 500;
  fake("cloud").answer(std::move(script));
  for (int i = 0; i < 5; ++i) fake("local").answer({{text_news("x"), end_news()}, {}});
  fake("local").answer({{text_news("130"), end_news()}, {}});
  fly();
  const std::vector<ChatRequest>& asked = fake("local").requests();
  ASSERT_EQ(asked.size(), 6u) << "at the first word, at 33, 65, 97 and 129, and to go on";
  const std::string& whole = asked.back().messages.back().content;
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(asked[i].max_tokens, 1);
    EXPECT_LT(asked[i].priority, 0);
    EXPECT_TRUE(asked[i].background);
    EXPECT_TRUE(whole.starts_with(asked[i].messages.back().content));
  }
  EXPECT_EQ(asked[4].messages.back().content.substr(0, 4), "0 1 ");
  EXPECT_EQ(router_->metrics().standby_readings.value({"local", "chat"}), 5);
  EXPECT_EQ(text_.substr(text_.size() - 7), "129 130") << "and nobody sees what it wrote";
  EXPECT_EQ(log().attempts, 2);
}

// Loading one for a guess could take the place of a model that is used.
TEST_F(StandbyTest, LoadsNoModel) {
  models_->remove("chat");
  fake("cloud").answer({{text_news("1"), text_news("2"), end_news()}, {}});
  fly();
  EXPECT_TRUE(fake("local").requests().empty());
}

TEST_F(StandbyTest, ReadsNoLongPromptsNorForALocalStream) {
  fake("cloud").answer({{text_news("1"), end_news()}, {}});
  route_.stream_failure.max_prefill_tokens = 2;
  fly();
  EXPECT_TRUE(fake("local").requests().empty());
  route_.stream_failure.max_prefill_tokens = 2048;
  plan_.upstreams = {"local", "cloud"};
  fake("local").answer({{text_news("1"), end_news()}, {}});
  fly();
  EXPECT_EQ(fake("local").requests().size(), 1u);
  EXPECT_EQ(router_->metrics().standby_readings.value({"local", "chat"}), 0);
}

}  // namespace
}  // namespace pincer
