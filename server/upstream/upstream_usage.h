// What an upstream says was read and written.
#pragma once

namespace pincer {

// Of a stream that broke off, what is known.
struct UpstreamUsage {
  int prompt_tokens = 0, cached_tokens = 0;  // cached ones are among the prompt's
  int completion_tokens = 0, reasoning_tokens = 0;
  bool reported = false;  // false: counted by us, from the pieces that came
};

}  // namespace pincer
