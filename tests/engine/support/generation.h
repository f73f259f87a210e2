// Requests for engines under test, and what comes of them.
#pragma once

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "pincer/engine/engine.h"

namespace pincer::test {

inline std::vector<TokenId> prompt_of(int length, int seed) {
  std::vector<TokenId> tokens;
  for (int i = 0; i < length; ++i) tokens.push_back((seed * 131 + i * 29 + i * i * 3) % 256);
  return tokens;
}

inline GenerationRequest greedy(std::vector<TokenId> prompt, int max_tokens) {
  GenerationRequest r;
  r.prompt = std::move(prompt);
  r.sampling.temperature = 0;
  r.max_tokens = max_tokens;
  r.ignore_end = true;
  r.stream = std::make_shared<TokenStream>();
  return r;
}

struct Output {
  std::vector<TokenId> tokens;
  Finish finish;
};

inline Output collect(TokenStream& stream) {
  Output out;
  while (true) {
    TokenStream::News news = stream.wait();
    for (const GeneratedToken& t : news.tokens) out.tokens.push_back(t.id);
    if (news.finish) {
      out.finish = *news.finish;
      return out;
    }
  }
}

// Submits it; the caller collects.
inline std::shared_ptr<TokenStream> submit(Engine& engine, GenerationRequest request) {
  auto stream = request.stream;
  const auto submitted = engine.submit(std::move(request));
  if (!submitted) throw std::runtime_error(submitted.error().message);
  return stream;
}

inline Output run(Engine& engine, GenerationRequest request) {
  return collect(*submit(engine, std::move(request)));
}

}  // namespace pincer::test
