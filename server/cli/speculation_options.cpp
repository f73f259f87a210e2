// --speculate and --draft, for every command that generates.
#include <fmt/format.h>

#include <map>

#include "server/cli/command.h"

namespace pincer {
namespace {

// The first id that means something else in the other vocabulary, if there is one.
std::optional<TokenId> difference(const Tokenizer& a, const Tokenizer& b) {
  for (TokenId id = 0; id < a.vocab_size(); ++id) {
    if (a.token_bytes(id) != b.token_bytes(id)) return id;
  }
  return std::nullopt;
}

}  // namespace

void add_speculation_options(CLI::App& sub, Speculation& speculation, std::string& draft) {
  static const std::map<std::string, Speculation> kNames = {{"ngram", Speculation::ngram},
                                                            {"off", Speculation::off}};
  sub.add_option("--speculate", speculation,
                 "guess the next tokens from the text so far and verify several at once: ngram or "
                 "off; the answer is the same")
      ->transform(CLI::CheckedTransformer(kNames).description("{ngram,off}"));
  sub.add_option("--draft", draft, "guess with this smaller model of the same vocabulary instead");
}

Result<void> set_speculation(EngineOptions& options, const LoadedModel& model,
                             Speculation speculation, const std::string& draft) {
  options.speculation = speculation;
  if (draft.empty() || speculation == Speculation::off) return {};
  auto small = open_model({draft, false, options.threads});
  if (!small) return small.error();
  const Tokenizer &large_words = *model.tokenizer, &small_words = *small->tokenizer;
  if (large_words.vocab_size() == small_words.vocab_size()) {
    if (const auto id = difference(large_words, small_words)) {
      return Error{
          ErrorCode::invalid_argument,
          fmt::format("token {} of the draft model '{}' is '{}', but '{}' in '{}'; a draft model "
                      "must have the same vocabulary: choose a smaller one of the same family",
                      *id, small->name, small_words.token_bytes(*id), large_words.token_bytes(*id),
                      model.name)};
    }
  }  // Engine::start() tells of different sizes
  options.draft = small->model;
  return {};
}

}  // namespace pincer
