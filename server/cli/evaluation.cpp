#include "server/cli/evaluation.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "server/cli/progress.h"

namespace pincer {

Result<std::string> read_text_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text;
  if (in) text.assign(std::istreambuf_iterator<char>(in), {});
  if (!in)
    return Error{ErrorCode::io, fmt::format("cannot read {}: {}", file, std::strerror(errno))};
  return text;
}

std::vector<TokenId> evaluation_tokens(const LoadedModel& model, const std::string& text,
                                       std::int64_t max_tokens) {
  std::vector<TokenId> tokens = model.tokenizer->encode(text);
  if (max_tokens > 0 && static_cast<std::int64_t>(tokens.size()) > max_tokens) {
    tokens.resize(static_cast<std::size_t>(max_tokens));
  }
  return tokens;
}

Result<PerplexityResult> evaluate(const LoadedModel& model, const std::vector<TokenId>& tokens,
                                  PerplexityOptions options, const std::string& what) {
  Progress progress(what, Progress::Unit::tokens);
  if (model.tokenizer->add_bos()) options.bos = model.tokenizer->bos();
  options.progress = [&](std::int64_t done, std::int64_t total) { progress.update(done, total); };
  return perplexity(*model.model, tokens, options);
}

}  // namespace pincer
