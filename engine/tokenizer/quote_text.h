// Text from a file, made fit for a one-line message.
#pragma once

#include <string>
#include <string_view>

namespace pincer::bpe {

// The text in double quotes, cut after about 40 bytes; control characters and bytes above ASCII are
// written as \xNN.
std::string quote_text(std::string_view text);

}  // namespace pincer::bpe
