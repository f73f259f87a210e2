// Memory for measuring: on huge pages where the system grants them, which read faster from DRAM by
// a fifth to a third.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace pincer::kernels::detail {

class HugeBuffer {
 public:
  explicit HugeBuffer(std::int64_t bytes) : bytes_(static_cast<std::size_t>(bytes) + kHugePage) {
    void* mapped =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return;
    mapped_ = mapped;
    const auto address = reinterpret_cast<std::uintptr_t>(mapped);
    data_ = reinterpret_cast<std::uint8_t*>((address + kHugePage - 1) / kHugePage * kHugePage);
    madvise(data_, static_cast<std::size_t>(bytes), MADV_HUGEPAGE);
  }
  HugeBuffer(const HugeBuffer&) = delete;
  HugeBuffer& operator=(const HugeBuffer&) = delete;
  ~HugeBuffer() {
    if (mapped_ != nullptr) munmap(mapped_, bytes_);
  }
  std::uint8_t* data() const { return data_; }  // zeros; null: there was no memory

 private:
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;
  std::size_t bytes_;
  void* mapped_ = nullptr;
  std::uint8_t* data_ = nullptr;
};

// The same as an array of numbers, which are zeros at first. Rows that start with a line of the
// cache are what kernels get from an engine; those of a std::vector start anywhere.
template <class T>
class HugeArray {
 public:
  explicit HugeArray(std::int64_t count)
      : buffer_(count * static_cast<std::int64_t>(sizeof(T))), count_(count) {}
  T* data() const { return reinterpret_cast<T*>(buffer_.data()); }
  std::int64_t size() const { return count_; }
  bool valid() const { return data() != nullptr; }  // false: there was no memory

 private:
  HugeBuffer buffer_;
  std::int64_t count_;
};

}  // namespace pincer::kernels::detail
