// Result<T>: what can go wrong outside us (files, network, input) comes back as a value; exceptions
// are for bugs and memory.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace pincer {

enum class ErrorCode {
  invalid_argument,  // the caller's input is wrong
  not_found,
  io,           // reading or writing failed
  no_space,     // disk or memory budget is exhausted
  corrupt,      // a file breaks its format
  unsupported,  // well-formed, but not something we can do
  limit,        // a size, count or time limit was reached
  busy,         // try again later
  cancelled,
  network,
};

// `message` is one line for the user: it names the thing (file, value) and the way out.
struct Error {
  ErrorCode code = ErrorCode::invalid_argument;
  std::string message;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return assert(ok()), *std::get_if<0>(&state_); }
  const T& value() const& { return assert(ok()), *std::get_if<0>(&state_); }
  T&& value() && { return assert(ok()), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const { return assert(!ok()), *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error)
      : error_(std::move(error)), ok_(false) {}  // NOLINT(google-explicit-constructor)
  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const { return assert(!ok_), error_; }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace pincer
