#include "pincer/engine/tokenizer.h"

#include <array>
#include <optional>
#include <utility>

#include "engine/tokenizer/bpe_tokenizer.h"
#include "engine/tokenizer/bpe_vocabulary.h"
#include "engine/tokenizer/quote_text.h"
#include "engine/tokenizer/spm_tokenizer.h"
#include "engine/tokenizer/spm_vocabulary.h"

namespace pincer {
namespace {

using bpe::BpeTokenizer;
using bpe::BpeVocabulary;
using bpe::quote_text;
using bpe::SpmTokenizer;
using bpe::SpmVocabulary;
using bpe::Vocabulary;

// The file's name before the message, and for broken files what to do.
Error in_file(const gguf::File& file, Error error) {
  error.message = file.path().string() + ": " + error.message;
  if (error.code == ErrorCode::corrupt) {
    error.message += "; the file is damaged or was badly converted: download or convert it again";
  }
  return error;
}

Error missing(const std::string& key) { return {ErrorCode::corrupt, key + " is missing"}; }

// An absent key is nothing, one of another type an error, since the look-ups of gguf::File do not
// tell them apart.
template <class T>
Result<std::optional<T>> optional_value(const gguf::File& file, const std::string& key,
                                        std::optional<T> (gguf::File::*get)(std::string_view)
                                            const) {
  const std::optional<T> value = (file.*get)(key);
  if (!value && file.metadata().contains(key)) {
    return Error{ErrorCode::corrupt, key + " has an unusable type or value"};
  }
  return value;
}

// A list under `key`; absent is null, one of another type an error.
template <class List>
Result<const List*> optional_list(const gguf::File& file, const std::string& key,
                                  const List* (gguf::File::*get)(std::string_view) const,
                                  const char* of) {
  const List* list = (file.*get)(key);
  if (list == nullptr && file.metadata().contains(key)) {
    return Error{ErrorCode::corrupt, key + " is not a list of " + of};
  }
  return list;
}

// What all kinds have.
Result<void> read_common(const gguf::File& file, Vocabulary& vocabulary) {
  const std::vector<std::string>* tokens = file.get_strings("tokenizer.ggml.tokens");
  if (tokens == nullptr) return missing("tokenizer.ggml.tokens, a list of strings,");
  vocabulary.tokens = *tokens;
  const auto types =
      optional_list(file, "tokenizer.ggml.token_type", &gguf::File::get_ints, "integers");
  if (!types) return types.error();
  if (*types != nullptr) {
    vocabulary.token_types = **types;
    if ((*types)->empty()) return Error{ErrorCode::corrupt, "tokenizer.ggml.token_type is empty"};
  }
  for (const auto& [key, id] : {std::pair{"tokenizer.ggml.bos_token_id", &vocabulary.bos},
                                std::pair{"tokenizer.ggml.eos_token_id", &vocabulary.eos},
                                std::pair{"tokenizer.ggml.eot_token_id", &vocabulary.eot},
                                std::pair{"tokenizer.ggml.eom_token_id", &vocabulary.eom}}) {
    const auto value = optional_value(file, key, &gguf::File::get_int);
    if (!value) return value.error();
    *id = *value;
  }
  const auto add_bos = optional_value(file, "tokenizer.ggml.add_bos_token", &gguf::File::get_bool);
  if (!add_bos) return add_bos.error();
  vocabulary.add_bos = *add_bos;
  const auto add_eos = optional_value(file, "tokenizer.ggml.add_eos_token", &gguf::File::get_bool);
  if (!add_eos) return add_eos.error();
  vocabulary.add_eos = *add_eos;
  return {};
}

Result<std::shared_ptr<const Tokenizer>> make_bpe(const gguf::File& file) {
  BpeVocabulary vocabulary;
  if (const Result<void> read = read_common(file, vocabulary); !read) return read.error();
  const std::vector<std::string>* merges = file.get_strings("tokenizer.ggml.merges");
  if (merges == nullptr) return missing("tokenizer.ggml.merges, a list of strings,");
  vocabulary.merges = *merges;
  constexpr std::string_view kPre = "tokenizer.ggml.pre";
  if (const std::string* pre = file.get_string(kPre)) {
    vocabulary.pre = *pre;
  } else if (file.metadata().contains(kPre)) {
    return Error{ErrorCode::corrupt, std::string(kPre) + " is not a string"};
  }
  return BpeTokenizer::make(vocabulary);
}

Result<std::shared_ptr<const Tokenizer>> make_spm(const gguf::File& file) {
  SpmVocabulary vocabulary;
  if (const Result<void> read = read_common(file, vocabulary); !read) return read.error();
  const std::vector<double>* scores = file.get_floats("tokenizer.ggml.scores");
  if (scores == nullptr) return missing("tokenizer.ggml.scores, a list of numbers,");
  vocabulary.scores = *scores;
  const auto unknown =
      optional_value(file, "tokenizer.ggml.unknown_token_id", &gguf::File::get_int);
  if (!unknown) return unknown.error();
  vocabulary.unknown = *unknown;
  const auto prefix =
      optional_value(file, "tokenizer.ggml.add_space_prefix", &gguf::File::get_bool);
  if (!prefix) return prefix.error();
  vocabulary.add_space_prefix = prefix->value_or(true);
  return SpmTokenizer::make(vocabulary);
}

// One row for each value of tokenizer.ggml.model.
struct Kind {
  std::string_view name;
  Result<std::shared_ptr<const Tokenizer>> (*make)(const gguf::File& file);
};
constexpr std::array kKinds = {Kind{"gpt2", make_bpe}, Kind{"llama", make_spm}};

}  // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::from_gguf(const gguf::File& file) {
  const std::string* model = file.get_string("tokenizer.ggml.model");
  if (model == nullptr) return in_file(file, missing("tokenizer.ggml.model, a string,"));
  std::string supported;
  for (const Kind& kind : kKinds) {
    supported += (supported.empty() ? "" : ", ") + std::string(kind.name);
    if (*model != kind.name) continue;
    Result<std::shared_ptr<const Tokenizer>> tokenizer = kind.make(file);
    if (!tokenizer) return in_file(file, tokenizer.error());
    return tokenizer;
  }
  return in_file(file, {ErrorCode::unsupported, "tokenizer.ggml.model is " + quote_text(*model) +
                                                    "; supported are " + supported});
}

std::vector<TokenId> Tokenizer::encode(std::string_view user_text) const {
  const TextPiece piece{std::string(user_text), false};
  return encode(std::span(&piece, 1));
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool with_control) const {
  std::string text;
  for (const TokenId id : ids) {
    // Ids may come from a client; those that are not in the vocabulary have no bytes.
    if (id < 0 || id >= vocab_size()) continue;
    if (with_control || !is_control(id)) text += token_bytes(id);
  }
  return text;
}

}  // namespace pincer
