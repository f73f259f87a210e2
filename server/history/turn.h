// One turn of a conversation as it is kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pincer/engine/result.h"
#include "server/api/response_store.h"

namespace pincer {

struct HistoryTurn {
  std::string id = {};
  std::string owner = {};        // owner_digest(): identities may be keys, which are kept nowhere
  std::string body = {};         // the response object, as JSON
  std::string input_items = {};  // a JSON array
  std::string history = {};      // a JSON array of messages
  std::int64_t created_ms = 0;   // since 1970
  bool operator==(const HistoryTurn&) const = default;
};

// Names what is in an address or an object's name: letters, digits, "_", "-", at most 128.
bool is_turn_id(std::string_view id);

std::string owner_digest(std::string_view identity);

HistoryTurn turn_of(const StoredResponse& response, std::int64_t created_ms);
// With `identity` as the owner. Error corrupt: the history is not what turn_of() wrote.
Result<StoredResponse> response_of(HistoryTurn turn, std::string identity);

// A turn in cold storage, before it is sealed: JSON with a version. Error corrupt.
std::string turn_text(const HistoryTurn& turn);
Result<HistoryTurn> parse_turn(std::string_view text);

}  // namespace pincer
