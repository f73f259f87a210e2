// Working memory of the forward pass.
#pragma once

#include <cstdint>

namespace pincer {

// A buffer that is never copied nor shrunk; pages that are not used cost nothing.
template <class T>
class Scratch {
 public:
  T* reserve(std::int64_t count);
  T* get() const { return data_; }
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();

 private:
  T* data_ = nullptr;
  std::int64_t count_ = 0;
};

}  // namespace pincer
