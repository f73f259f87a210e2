// Reads the fields of a JSON object strictly: the first wrong type or range becomes the problem,
// and the rest is skipped.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/http/problem.h"

namespace pincer {

// A field that is absent or null leaves `out` as it is and returns false.
class JsonFields {
 public:
  // `prefix` comes before field names in messages: "" or "messages[3].".
  JsonFields(const boost::json::object& object, std::string prefix, std::optional<Problem>& problem)
      : object_(object), prefix_(std::move(prefix)), problem_(problem) {}

  bool failed() const { return problem_.has_value(); }
  const boost::json::value* find(
      std::string_view key) const;  // null when absent, null, or after a failure

  bool boolean(std::string_view key, bool& out);
  bool text(std::string_view key, std::string& out);
  bool number(std::string_view key, float& out, double low, double high);
  bool integer(std::string_view key, std::int64_t& out, std::int64_t low, std::int64_t high);
  const boost::json::object* object(std::string_view key);

  // Any other key is refused by its name, unless its value is null.
  void allow(std::span<const std::string_view> keys);

  // Each keeps the first failure.
  void wrong_type(std::string_view key, std::string_view expected, const boost::json::value& got);
  void wrong_value(std::string_view key, std::string_view why);
  void unsupported(std::string_view key, std::string_view why);

 private:
  void fail(std::string_view key, std::string message, std::string_view code);

  const boost::json::object& object_;
  std::string prefix_;
  std::optional<Problem>& problem_;
};

// "a string", "an integer", ... as messages say it.
std::string_view json_kind_name(const boost::json::value& value);

}  // namespace pincer
