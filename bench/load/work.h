// The work that a server and a bare engine are compared on.
#pragma once

#include <fmt/format.h>

#include <string>

namespace pincer::load {

struct Work {
  int clients = 8;
  int rounds = 4;        // requests of each client, one after another
  int first_round = 0;   // the number of the first: others have other prompts
  int max_tokens = 64;   // generated for each; the end token is banned, so all of them
  int prompt_words = 0;  // beside the question
};

inline constexpr int kEndToken = 2;  // SmolLM2's <|im_end|>

// Different for each request, so that the prefix cache helps neither side more than the other.
inline std::string question(const Work& work, int client, int round) {
  round += work.first_round;
  std::string text = fmt::format("Request {} of client {}: tell me a story about the number {}.",
                                 round, client, 7919 * (client + 1) + 104729 * round);
  for (int i = 0; i < work.prompt_words; ++i)
    text += fmt::format(" {}", (client * 31 + i * 17) % 997);
  return text;
}

}  // namespace pincer::load
