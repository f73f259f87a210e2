// The parameters that OpenAI's ways to ask for text have in common.
#pragma once

#include <optional>

#include "pincer/server/chat_request.h"
#include "server/api/json_fields.h"

namespace pincer {

// "model", and those that shape the tokens: temperature, top_p, penalties, seed, logit_bias, stop,
// and the extensions top_k, min_p, typical_p, repetition_penalty. What is not given keeps the value
// that it has, but for the seed, which is then random, and the model, which is then without a name.
void parse_openai_sampling(JsonFields& fields, ChatRequest& chat);

// "user" and "service_tier": whose share of the server it takes, and before whom it comes.
void parse_openai_standing(JsonFields& fields, ChatRequest& chat);

// "n": at least 1; several choices.
int parse_openai_choices(JsonFields& fields);

// "max_tokens", or what else `key` calls it; -1 keeps the default.
void parse_openai_length(JsonFields& fields, std::string_view key, ChatRequest& chat);

// "stream" and "stream_options".
struct OpenAiStreaming {
  bool stream = false;
  bool include_usage = false;
};
OpenAiStreaming parse_openai_streaming(JsonFields& fields, std::optional<Problem>& problem);

// "metadata": at most 16 pairs of strings. They are not kept.
void parse_openai_metadata(JsonFields& fields);

// What `sampling` says beyond the ranges of single fields.
std::optional<Problem> sampling_problem(const SamplingParams& sampling);

}  // namespace pincer
