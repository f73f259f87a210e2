// Short ways to render a template, for tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/jinja.h"

namespace pincer::test {

inline jinja::Value trusted(std::string text) { return jinja::Value::text(std::move(text), true); }
inline jinja::Value untrusted(std::string text) {
  return jinja::Value::text(std::move(text), false);
}

// Parses and renders.
inline Result<std::vector<TextPiece>> pieces(std::string_view source,
                                             const jinja::Object& context = {},
                                             const jinja::Limits& limits = {}) {
  Result<jinja::Template> parsed = jinja::Template::parse(source, limits);
  if (!parsed.ok()) return parsed.error();
  return parsed->render(context, limits);
}

inline std::string joined(const std::vector<TextPiece>& pieces) {
  std::string text;
  for (const TextPiece& piece : pieces) text += piece.text;
  return text;
}

// The text, or "error: " and the message.
inline std::string render(std::string_view source, const jinja::Object& context = {},
                          const jinja::Limits& limits = {}) {
  const auto result = pieces(source, context, limits);
  return result.ok() ? joined(*result) : "error: " + result.error().message;
}

// The text with the untrusted stretches in guillemets.
inline std::string marked(std::string_view source, const jinja::Object& context = {}) {
  const auto result = pieces(source, context);
  if (!result.ok()) return "error: " + result.error().message;
  std::string text;
  for (const TextPiece& piece : *result)
    text += piece.trusted ? piece.text : "«" + piece.text + "»";
  return text;
}

}  // namespace pincer::test
