#include "server/chat/resume.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <string_view>

#include "engine/generate/utf8.h"

namespace pincer {
namespace {

std::string json_text(std::string_view text) {
  return boost::json::serialize(boost::json::string(text));
}

// A regular expression that matches these bytes.
std::string literal(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\^$.|?*+()[]{}/-").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

bool whole_characters(std::string_view text) {
  while (!text.empty()) {
    const Utf8Prefix prefix = utf8_prefix(text);
    if (prefix.kind != Utf8Prefix::character) return false;
    text.remove_prefix(prefix.bytes);
  }
  return true;
}

}  // namespace

std::string written_text(const Message& message, AnswerFormat::Calls calls, bool array) {
  std::string text = message.content;
  const bool tagged = calls == AnswerFormat::Calls::tagged;
  for (std::size_t i = 0; i < message.tool_calls.size(); ++i) {
    const ToolCall& call = message.tool_calls[i];
    if (tagged) text += i == 0 ? "<tool_call>\n" : "}\n</tool_call>\n<tool_call>\n";
    if (!tagged && i == 0 && array) text += '[';
    if (!tagged && i > 0) text += "},";
    text += fmt::format(R"({{"name":{},"arguments":{})", json_text(call.name), call.arguments);
  }
  return text;
}

void heal_last_token(const Tokenizer& tokenizer, Prompt& prompt) {
  const std::string_view written = prompt.format.written;
  if (prompt.output || written.empty() || prompt.tokens.size() < 2) return;
  const TokenId last = prompt.tokens.back();
  const std::string_view bytes = tokenizer.token_bytes(last);
  if (tokenizer.is_control(last) || bytes.empty() || !written.ends_with(bytes)) return;
  if (!whole_characters(bytes)) return;
  prompt.output = OutputFormat{OutputFormat::Kind::regex, literal(bytes) + R"([\s\S]*)"};
  prompt.format.repeated = bytes.size();
  prompt.tokens.pop_back();
}

}  // namespace pincer
