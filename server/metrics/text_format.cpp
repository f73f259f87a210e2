#include "server/metrics/text_format.h"

#include <fmt/format.h>

#include <iterator>

namespace pincer {
namespace {

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void MetricsText::sample(std::string_view name, const Labels& labels, double value) {
  text_ += name;
  if (!labels.empty()) {
    char separator = '{';
    for (const auto& [key, label] : labels) {
      text_ += separator;
      text_ += key;
      text_ += "=\"";
      append_escaped(text_, label);
      text_ += '"';
      separator = ',';
    }
    text_ += '}';
  }
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void MetricsText::single(std::string_view name, std::string_view type, std::string_view help,
                         double value) {
  family(name, type, help);
  sample(name, {}, value);
}

}  // namespace pincer
