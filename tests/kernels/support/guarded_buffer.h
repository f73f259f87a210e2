// Memory that ends exactly at a page nobody may touch, so that one byte read or written too far is
// a crash, not luck.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace pincer::test {

// `count` elements of T, zeroed. The byte after the last element is the first of a PROT_NONE page;
// so is the page before the first one (with up to a page of slack between). The elements are
// aligned as T is, and to 64 bytes when their size in bytes is a multiple of 64. Movable, not
// copyable.
template <class T>
class GuardedBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  GuardedBuffer() = default;
  explicit GuardedBuffer(std::size_t count) : count_(count) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t usable = (count * sizeof(T) + page - 1) / page * page;
    mapped_ = usable + 2 * page;
    void* base = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<std::byte*>(base);
    mprotect(base_, page, PROT_NONE);
    mprotect(base_ + page + usable, page, PROT_NONE);
    data_ = reinterpret_cast<T*>(base_ + page + usable - count * sizeof(T));
  }
  GuardedBuffer(GuardedBuffer&& other) noexcept { swap(other); }
  GuardedBuffer& operator=(GuardedBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~GuardedBuffer() {
    if (base_ != nullptr) munmap(base_, mapped_);
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return count_; }
  T* begin() { return data_; }
  T* end() { return data_ + count_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + count_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

  // From here on a write is a crash as well: for the inputs of a kernel.
  void make_read_only() {
    mprotect(base_, mapped_, PROT_READ);
    protect_ends();
  }

 private:
  void protect_ends() {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    mprotect(base_, page, PROT_NONE);
    mprotect(base_ + mapped_ - page, page, PROT_NONE);
  }
  void swap(GuardedBuffer& other) noexcept {
    std::swap(base_, other.base_);
    std::swap(mapped_, other.mapped_);
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
  }

  std::byte* base_ = nullptr;
  std::size_t mapped_ = 0;
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

// A guarded copy of `values`.
template <class T>
GuardedBuffer<std::remove_const_t<T>> guarded_copy(std::span<T> values) {
  GuardedBuffer<std::remove_const_t<T>> out(values.size());
  if (!values.empty()) std::memcpy(out.data(), values.data(), values.size_bytes());
  return out;
}

}  // namespace pincer::test
