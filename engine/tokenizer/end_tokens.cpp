#include "engine/tokenizer/end_tokens.h"

#include <algorithm>
#include <array>

namespace pincer::bpe {
namespace {

constexpr std::array<std::string_view, 16> kNames = {
    "</s>",             // Llama 1 and 2, Mistral
    "<EOT>",            // Code Llama
    "<end_of_turn>",    // Gemma
    "<eos>",            // Gemma
    "<|call|>",         // gpt-oss
    "<|end_of_text|>",  // Llama 3, Granite
    "<|end_of_turn|>",  // OpenChat
    "<|endoftext|>",    // GPT-2 and its descendants
    "<|end|>",          // Phi
    "<|eom_id|>",       // Llama 3
    "<|eot_id|>",       // Llama 3
    "<|eot|>",          // Llama 4
    "<|im_end|>",       // ChatML: Qwen, SmolLM
    "<|return|>",       // gpt-oss
    "<|turn_end|>",     // Command R
    "<\xEF\xBD\x9C"
    "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>",  // DeepSeek
};

}  // namespace

bool is_end_of_turn_name(std::string_view text) {
  return std::find(kNames.begin(), kNames.end(), text) != kNames.end();
}

}  // namespace pincer::bpe
