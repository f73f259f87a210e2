#include "server/metrics/gen_ai_metrics.h"

#include <gtest/gtest.h>

#include "server/metrics/gateway_metrics.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

std::string text(const GenAiMetrics& metrics) {
  MetricsText out;
  metrics.write(out);
  return "\n" + out.text();
}

RequestRecord answered() {
  RequestRecord record;
  record.model = "m";
  record.tokens_arrived(11, 0.2);
  Finish finish;
  finish.prompt_tokens = 30;
  finish.generated_tokens = 11;
  finish.queued_seconds = 0.05;
  record.add(finish, true);
  return record;
}

TEST(GenAiMetrics, AnAnswerCountsInAll) {
  GenAiMetrics metrics;
  metrics.observe("chat", answered(), 200, 1.2);
  const std::string out = text(metrics);
  const std::string labels =
      R"(gen_ai_operation_name="chat",gen_ai_provider_name="pincer",gen_ai_request_model="m")";
  const auto value = [&](const std::string& name, const std::string& more = {}) {
    return metric(out, name + "{" + labels + more + "}");
  };
  EXPECT_EQ(value("gen_ai_server_request_duration_seconds_sum"), 1.2);
  EXPECT_EQ(value("gen_ai_server_time_to_first_token_seconds_sum"), 0.2);
  EXPECT_NEAR(value("gen_ai_server_time_per_output_token_seconds_sum"), 0.1, 1e-9);
  EXPECT_EQ(value("gen_ai_server_time_per_output_token_seconds_bucket", R"(,le="0.075")"), 0);
  EXPECT_EQ(value("gen_ai_server_time_per_output_token_seconds_bucket", R"(,le="0.15")"), 1);
  EXPECT_EQ(value("gen_ai_client_token_usage_sum", R"(,gen_ai_token_type="input")"), 30);
  EXPECT_EQ(value("gen_ai_client_token_usage_sum", R"(,gen_ai_token_type="output")"), 11);
  EXPECT_EQ(value("pincer_queue_duration_seconds_sum"), 0.05);
}

TEST(GenAiMetrics, ErrorsHaveTheirTypeAndNoTokenTimes) {
  GenAiMetrics metrics;
  metrics.observe("chat", {}, 429, 0.001);
  RequestRecord broken = answered();
  broken.error = "timeout";
  metrics.observe("chat", broken, 200, 1);
  const std::string out = text(metrics);
  EXPECT_EQ(
      metric(out, R"(gen_ai_server_request_duration_seconds_count{gen_ai_operation_name="chat",)"
                  R"(gen_ai_provider_name="pincer",error_type="429"})"),
      1);
  EXPECT_NE(out.find(R"(error_type="timeout")"), std::string::npos);
  EXPECT_EQ(out.find("time_to_first_token"), std::string::npos);
}

TEST(GenAiMetrics, TheNumberOfSeriesIsBounded) {
  GenAiMetrics metrics;
  for (int i = 0; i < 2000; ++i) {
    RequestRecord record = answered();
    record.model = "model-" + std::to_string(i);
    metrics.observe("chat", record, 200, 1);
  }
  const std::string out = text(metrics);
  EXPECT_LT(out.size(), 6u << 20);
  EXPECT_EQ(out.find("model-1000"), std::string::npos);
  EXPECT_NE(out.find(R"(gen_ai_request_model="other")"), std::string::npos);
}

TEST(GenAiMetrics, OperationsAreThoseOfTheRoutes) {
  EXPECT_EQ(gen_ai_operation("/v1/messages"), "chat");
  EXPECT_EQ(gen_ai_operation("/v1/completions"), "text_completion");
  EXPECT_EQ(gen_ai_operation("/v1/embeddings"), "embeddings");
  EXPECT_EQ(gen_ai_operation("/health"), "");
}

TEST(GatewayMetrics, AreWhatTheEndpointPickerReads) {
  const auto backend = std::make_shared<FakeBackend>("m");
  Models models;
  models.add(backend);
  models.announce("loading");
  auto& stats = const_cast<EngineStats&>(backend->stats());
  stats.kv_blocks_total = 8;
  stats.kv_blocks_used = 2;
  stats.queued = 3;
  MetricsText out;
  write_gateway_metrics(out, models.list());
  EXPECT_EQ(metric(out.text(), R"(vllm:num_requests_waiting{model_name="m"})"), 3);
  EXPECT_EQ(metric(out.text(), R"(vllm:kv_cache_usage_perc{model_name="m"})"), 0.25);
  EXPECT_EQ(metric(out.text(),
                   R"(vllm:cache_config_info{model_name="m",block_size="32",num_gpu_blocks="8"})"),
            1);
  EXPECT_EQ(out.text().find("loading"), std::string::npos);
  stats.queued = 0;
}

}  // namespace
}  // namespace pincer::test
