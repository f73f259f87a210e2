#include "server/api/response_store.h"

#include "server/api/response_memory.h"

namespace pincer {
namespace {

class MemoryResponseStore final : public ResponseStore {
 public:
  asio::awaitable<Result<void>> put(Response response) override {
    memory_.put(*response);
    co_return Result<void>();
  }
  asio::awaitable<Result<Response>> find(std::string id, std::string owner) override {
    co_return memory_.find(id, owner);
  }
  asio::awaitable<Result<bool>> remove(std::string id, std::string owner) override {
    co_return memory_.remove(id, owner);
  }

 private:
  ResponseMemory memory_;
};

}  // namespace

std::shared_ptr<ResponseStore> make_memory_response_store() {
  return std::make_shared<MemoryResponseStore>();
}

}  // namespace pincer
