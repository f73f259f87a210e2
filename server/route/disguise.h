// What leaves for another machine has placeholders in the place of private values, and what comes
// back has the values again.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string>
#include <variant>

#include "server/privacy/audit_log.h"
#include "server/privacy/guard.h"
#include "server/privacy/stream_restorer.h"
#include "server/upstream/upstream.h"

namespace pincer {

// What a route keeps for that; immutable but for the log's lines.
struct Privacy {
  PrivacyGuard guard;
  std::shared_ptr<AuditLog> audit;  // null: none is kept
  bool restore = true;
};

// The classes of what a request holds, for rules. Errors: those of guard(). What is long is looked
// through on one of `workers`.
struct FoundClasses {
  std::vector<std::string> names;
  bool failed = false;  // the request must not leave
};
asio::awaitable<FoundClasses> find_private(const ChatRequest& request, const Privacy& privacy,
                                           asio::thread_pool& workers);

class Disguise;
// Not a Result: what co_spawn returns must have a default.
using Disguised = std::variant<std::unique_ptr<Disguise>, Error>;

// One attempt's.
class Disguise {
 public:
  // Errors: those of guard(); the request must not leave then. `privacy` outlives it. What is long
  // is looked through on one of `workers`.
  static asio::awaitable<Disguised> make(ChatRequest request, const Privacy& privacy,
                                         asio::thread_pool& workers);

  const ChatRequest& request() const { return guarded_.request; }
  const std::vector<ClassCount>& found() const { return guarded_.found; }
  // Writes a line of the log with what leaves.
  void note(const std::string& upstream, const std::string& model, std::string_view body) const;
  // What is held back at a failure is lost: whoever goes on writes it again.
  void lift(UpstreamNews& news);

 private:
  Disguise(Guarded guarded, const Privacy& privacy);

  Guarded guarded_;
  const Privacy& privacy_;
  StreamRestorer restorer_;
};

}  // namespace pincer
