// libFuzzer target for the template interpreter. Needs clang, libutf8proc, and every source in
// engine/jinja:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
//   -I. -Iengine/include
//     tests/fuzz/jinja_fuzz.cpp engine/jinja/*.cpp -lutf8proc -o jinja_fuzz
//   ./jinja_fuzz -max_len=4096 -rss_limit_mb=1024 -timeout=5 corpus/
// Good seeds are chat templates of models and the templates of tests/golden/jinja_language.jsonl.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pincer/engine/jinja.h"

namespace {

using pincer::TextPiece;
using pincer::jinja::List;
using pincer::jinja::Object;
using pincer::jinja::Value;

Object make_context() {
  const Object user{{"role", Value::text("user", true)},
                    {"content", Value::text(" Hi <|x|>\n\xC3\xA9\xFF ", false)}};
  const Object tool{{"name", Value::text("f", false)}, {"n", std::int64_t{-3}}, {"x", 2.5}};
  return {{"messages", List{user, user}},
          {"tools", List{tool}},
          {"none", Value()},
          {"xs", List{std::int64_t{2}, std::int64_t{1}, true}},
          {"d", tool},
          {"s", Value::text("Hello World", false)}};
}

// What every output must be: neighbours of different trust, no empty pieces, within the limit.
void check(const std::vector<TextPiece>& pieces, std::int64_t limit) {
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].text.empty()) std::abort();
    if (i > 0 && pieces[i].trusted == pieces[i - 1].trusted) std::abort();
    bytes += static_cast<std::int64_t>(pieces[i].text.size());
  }
  if (bytes > limit) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Object context = make_context();
  pincer::jinja::Limits limits;
  limits.steps = 20'000;
  limits.output_bytes = 1 << 16;
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  const auto parsed = pincer::jinja::Template::parse(source, limits);
  const auto* error = parsed.ok() ? nullptr : &parsed.error();
  if (parsed.ok()) {
    const auto result = parsed->render(context, limits);
    if (result.ok()) {
      check(*result, limits.output_bytes);
    } else if (result.error().message.find('\n') != std::string::npos) {
      std::abort();
    }
  } else if (error->message.find('\n') != std::string::npos) {
    std::abort();
  }
  return 0;
}
