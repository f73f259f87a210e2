// The body of POST /v1/embeddings.
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "server/api/embed.h"

namespace pincer {

struct OpenAiEmbeddingsRequest {
  EmbeddingJob job;
  bool base64 = false;  // vectors as little-endian floats in base64
};

std::variant<OpenAiEmbeddingsRequest, Problem> parse_openai_embeddings(std::string_view body,
                                                                       std::size_t max_depth);

}  // namespace pincer
