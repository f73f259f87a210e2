#include "pincer/engine/chat_template.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

namespace pincer {
namespace {

constexpr std::string_view kTemplateKey = "tokenizer.chat_template";

// The messages as they are. Instruct models of some families always carry their template, so a file
// of these without one is a base model: it goes on with a text, and turns mean nothing to it.
constexpr std::string_view kPlain =
    "{{ bos_token }}{% for message in messages %}"
    "{{ message['content'] }}{% if not loop.last %}{{ '\n\n' }}{% endif %}{% endfor %}";

// What files without a template get, by a control token of their vocabulary.
struct Usual {
  std::string_view token;  // empty: any vocabulary
  std::string_view source;
};
constexpr std::array<Usual, 3> kUsual{{
    {"<start_of_turn>", kPlain},      // Gemma
    {"<|start_header_id|>", kPlain},  // Llama 3
    // https://github.com/openai/openai-python/blob/release-v0.28.0/chatml.md
    {"",
     "{% for message in messages %}"
     "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
     "{% endfor %}"
     "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"},
}};

std::string_view usual_template(const Tokenizer& tokenizer) {
  for (const Usual& usual : kUsual) {
    if (usual.token.empty()) return usual.source;
    const TextPiece piece{std::string(usual.token), true};
    const std::vector<TokenId> ids = tokenizer.encode(std::span(&piece, 1));
    if (ids.size() == 1 && tokenizer.is_control(ids[0])) return usual.source;
  }
  return {};
}

std::string token_text(const Tokenizer& tokenizer, TokenId id) {
  return id < 0 ? std::string() : std::string(tokenizer.token_bytes(id));
}

// Other roles are words from outside: they must not smuggle special tokens in.
bool is_known_role(std::string_view role) {
  constexpr std::array<std::string_view, 5> kRoles{"system", "user", "assistant", "tool",
                                                   "developer"};
  return std::find(kRoles.begin(), kRoles.end(), role) != kRoles.end();
}

jinja::Value to_value(const std::vector<ChatMessage>& messages) {
  jinja::List list;
  list.reserve(messages.size());
  for (const ChatMessage& message : messages) {
    list.push_back(jinja::Object{
        {"role", jinja::Value::text(message.role, is_known_role(message.role))},
        {"content", jinja::Value::text(message.content, false)},
    });
  }
  return list;
}

}  // namespace

Result<ChatTemplate> ChatTemplate::from_gguf(const gguf::File& file, const Tokenizer& tokenizer) {
  ChatTemplate chat;
  const std::string* source = file.get_string(kTemplateKey);
  chat.source_ = source != nullptr ? *source : std::string(usual_template(tokenizer));
  Result<jinja::Template> parsed = jinja::Template::parse(chat.source_);
  if (!parsed.ok()) {
    const Error& error = parsed.error();
    return Error{error.code,
                 file.path().string() + ": " + std::string(kTemplateKey) + ": " + error.message};
  }
  chat.template_ = std::move(*parsed);
  chat.bos_ = token_text(tokenizer, tokenizer.bos());
  chat.eos_ = token_text(tokenizer, tokenizer.eos());
  return chat;
}

Result<std::vector<TextPiece>> ChatTemplate::render(const std::vector<ChatMessage>& messages,
                                                    bool add_generation_prompt) const {
  jinja::Object variables{
      {"messages", to_value(messages)},
      {"add_generation_prompt", add_generation_prompt},
  };
  return render(std::move(variables));
}

Result<std::vector<TextPiece>> ChatTemplate::render(jinja::Object variables) const {
  // The later of two of one name counts. Tools and documents are as transformers passes them:
  // absent they would be "not defined" to a template that asks.
  jinja::Object all{{"tools", jinja::Value()}, {"documents", jinja::Value()}};
  std::ranges::move(variables, std::back_inserter(all));
  all.emplace_back("bos_token", jinja::Value::text(bos_, true));
  all.emplace_back("eos_token", jinja::Value::text(eos_, true));
  return template_.render(all);
}

}  // namespace pincer
