// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) and the
// chunks that carry them.
#pragma once

#include <string>
#include <string_view>

namespace pincer {

// `data` is one line, such as compact JSON; `event` names its type, unless it is empty.
void append_sse_event(std::string& out, std::string_view data, std::string_view event = {});
// One line, which clients drop: the field of a comment has no name.
void append_sse_comment(std::string& out, std::string_view text);

// One chunk of a chunked body (RFC 9112, 7.1); an empty `bytes` gives none, because that would end
// the body.
std::string http_chunk(std::string_view bytes);
inline constexpr std::string_view kLastHttpChunk = "0\r\n\r\n";

}  // namespace pincer
