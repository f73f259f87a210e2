// Where responses are kept that a later request may go on from.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pincer/engine/result.h"
#include "pincer/server/chat_request.h"
#include "server/http/types.h"

namespace pincer {

class MetricsText;

struct StoredResponse {
  std::string id;
  std::string owner;             // who may see it: Caller::identity()
  std::string body;              // the response object, as JSON
  std::string input_items;       // a JSON array
  std::vector<Message> history;  // the conversation up to its end, without instructions
};

// Thread-safe; no call holds the caller's thread up.
class ResponseStore {
 public:
  using Response = std::shared_ptr<const StoredResponse>;
  virtual ~ResponseStore() = default;

  // What the store promises of a response holds from when this is through without an error.
  virtual asio::awaitable<Result<void>> put(Response response) = 0;
  // Null if it is unknown, of another owner, or gone. An error: it may be there, but not now.
  virtual asio::awaitable<Result<Response>> find(std::string id, std::string owner) = 0;
  // False: as null.
  virtual asio::awaitable<Result<bool>> remove(std::string id, std::string owner) = 0;

  // The server ends: calls that wait for something far away fail soon.
  virtual void stop() {}

  virtual void write_metrics(MetricsText& /*out*/) const {}
};

// In memory only, within the default ResponseMemoryLimits; no call fails.
std::shared_ptr<ResponseStore> make_memory_response_store();

}  // namespace pincer
