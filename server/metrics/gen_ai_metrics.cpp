#include "server/metrics/gen_ai_metrics.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace pincer {
namespace {

constexpr std::string_view kProvider = "pincer";

constexpr std::array kGenAiDurationBounds = {0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                             1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
constexpr std::array kGenAiFirstTokenBounds = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
                                               0.25,  0.5,   0.75, 1.0,  2.5,  5.0,  7.5,  10.0};
constexpr std::array kOutputTokenBounds = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,
                                           0.3,  0.4,   0.5,  0.75,  1.0, 2.5};
constexpr std::array kUsageBounds = {1.0,       4.0,       16.0,       64.0,      256.0,
                                     1024.0,    4096.0,    16384.0,    65536.0,   262144.0,
                                     1048576.0, 4194304.0, 16777216.0, 67108864.0};

std::vector<std::string_view> labels(std::string_view more = {}) {
  std::vector<std::string_view> names = {"gen_ai_operation_name", "gen_ai_provider_name",
                                         "gen_ai_request_model"};
  if (!more.empty()) names.push_back(more);
  return names;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kOperations = {{
    {"/v1/chat/completions", "chat"},
    {"/v1/responses", "chat"},
    {"/v1/messages", "chat"},
    {"/api/chat", "chat"},
    {"/v1/completions", "text_completion"},
    {"/api/generate", "text_completion"},
    {"/v1/embeddings", "embeddings"},
    {"/api/embed", "embeddings"},
    {"/api/embeddings", "embeddings"},
    {"tcp chat", "chat"},
    {"tcp completion", "text_completion"},
}};

}  // namespace

std::string_view gen_ai_operation(std::string_view pattern) {
  for (const auto& [route, operation] : kOperations) {
    if (route == pattern) return operation;
  }
  return {};
}

GenAiMetrics::GenAiMetrics()
    : duration_("gen_ai_server_request_duration_seconds",
                "From a request's headers to the end of its answer.", labels("error_type"),
                kGenAiDurationBounds),
      first_token_("gen_ai_server_time_to_first_token_seconds",
                   "From a request's headers to its first token.", labels(),
                   kGenAiFirstTokenBounds),
      output_token_("gen_ai_server_time_per_output_token_seconds",
                    "Between the tokens of an answer after the first one, its mean.", labels(),
                    kOutputTokenBounds),
      usage_("gen_ai_client_token_usage", "Tokens of prompts and answers.",
             labels("gen_ai_token_type"), kUsageBounds),
      queued_("pincer_queue_duration_seconds", "Until a generation got its place.", labels(),
              kGenAiDurationBounds) {}

void GenAiMetrics::observe(std::string_view operation, const RequestRecord& record, unsigned status,
                           double seconds) {
  HistogramFamily::Values values = {std::string(operation), std::string(kProvider), record.model};
  const auto with = [&values](std::string last) {
    HistogramFamily::Values more = values;
    more.push_back(std::move(last));
    return more;
  };
  const std::string error = status >= 400 ? fmt::format("{}", status) : record.error;
  duration_.observe(with(error), seconds);
  if (record.queued_s >= 0) {
    queued_.observe(values, record.queued_s);
    usage_.observe(with("input"), record.prompt_tokens);
    usage_.observe(with("output"), record.output_tokens);
  }
  if (!error.empty() || record.first_token_s < 0) return;
  first_token_.observe(values, record.first_token_s);
  if (record.longest_output > 1)
    output_token_.observe(values, (seconds - record.first_token_s) / (record.longest_output - 1));
}

void GenAiMetrics::write(MetricsText& out) const {
  for (const HistogramFamily* family :
       {&duration_, &first_token_, &output_token_, &usage_, &queued_})
    family->write(out);
}

}  // namespace pincer
