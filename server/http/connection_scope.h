// An open connection, as metrics and limits count it.
#pragma once

#include <memory>
#include <utility>

#include "server/http/site.h"
#include "server/http/wire.h"

namespace pincer {

class ConnectionScope {
 public:
  ConnectionScope(std::shared_ptr<Wire> wire, std::shared_ptr<Site> site)
      : wire_(std::move(wire)), site_(std::move(site)) {
    site_->metrics.connections.fetch_add(1);
  }
  ~ConnectionScope() {
    wire_->close();
    site_->connections.remove(wire_);
    site_->refused.remove(wire_);
    site_->metrics.connections.fetch_sub(1);
  }
  ConnectionScope(const ConnectionScope&) = delete;
  ConnectionScope& operator=(const ConnectionScope&) = delete;

 private:
  std::shared_ptr<Wire> wire_;
  std::shared_ptr<Site> site_;
};

}  // namespace pincer
