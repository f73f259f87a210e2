// Who may ask a server, for what, and how much.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pincer {

// What a key opens. Bits of ApiKey::scopes.
enum class Scope : unsigned {
  any = 0,  // whatever key it is
  inference = 1,
  embeddings = 2,
  metrics = 4,
  admin = 8,
};
inline constexpr unsigned kAllScopes = 15;

// The key itself is not kept, so that nothing can print it.
struct ApiKey {
  using Digest = std::array<std::uint8_t, 32>;

  std::string name;  // for logs and metrics; says nothing about the key
  Digest sha256 = {};
  unsigned scopes = kAllScopes;

  // 0: no limit. Requests and tokens may come in a burst of one minute's worth.
  int requests_per_minute = 0;
  std::int64_t tokens_per_minute = 0;  // of prompts and answers; asked for before a request begins
  int concurrent = 0;                  // requests in progress
  int max_priority = 1;                // 1: "priority", 0: "default", -1: "flex" only
  std::vector<std::string> models;     // empty: all
};

ApiKey::Digest key_digest(std::string_view secret);
// A key that may do everything. Its name is made from the beginning of its digest.
ApiKey plain_api_key(std::string_view secret);

}  // namespace pincer
