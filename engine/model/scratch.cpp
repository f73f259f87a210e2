#include "engine/model/scratch.h"

#include <sys/mman.h>

#include <new>

namespace pincer {

// Straight from the system: page-aligned, zero, and pages that are never touched are never there.
template <class T>
T* Scratch<T>::reserve(std::int64_t count) {
  if (count <= count_) return data_;
  this->~Scratch();
  data_ = nullptr;
  count_ = 0;
  void* p = ::mmap(nullptr, static_cast<std::size_t>(count) * sizeof(T), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<T*>(p);
  count_ = count;
  return data_;
}

template <class T>
Scratch<T>::~Scratch() {
  if (data_ != nullptr) ::munmap(data_, static_cast<std::size_t>(count_) * sizeof(T));
}

template class Scratch<float>;
template class Scratch<std::int8_t>;
template class Scratch<std::int32_t>;

}  // namespace pincer
