#include "server/cli/csv.h"

#include <fmt/format.h>

#include <algorithm>

namespace pincer {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // a byte-order mark, as spreadsheets write it
  }

  Result<std::vector<CsvRow>> read() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      const std::size_t line = line_;
      auto row = read_row();
      if (!row) return row.error();
      if (row->size() == 1 && row->front().empty()) continue;
      if (!rows.empty() && row->size() != rows.front().size()) {
        return wrong(line, fmt::format("{} fields, but the first line has {}", row->size(),
                                       rows.front().size()));
      }
      rows.push_back(std::move(row).value());
    }
    return rows;
  }

 private:
  static Error wrong(std::size_t line, const std::string& what) {
    return {ErrorCode::corrupt, fmt::format("line {}: {}", line, what)};
  }

  Result<CsvRow> read_row() {
    CsvRow row;
    for (;;) {
      auto field = at_ < text_.size() && text_[at_] == '"' ? quoted() : plain();
      if (!field) return field.error();
      row.push_back(std::move(field).value());
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (at_ < text_.size() && text_[at_] == '\r') ++at_;
      if (at_ < text_.size() && text_[at_] == '\n') {
        ++at_;
        ++line_;
      } else if (at_ < text_.size()) {
        return wrong(line_, "a comma or the end of the line should follow a field");
      }
      return row;
    }
  }

  Result<std::string> plain() {
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n' && text_[at_] != '\r') {
      if (text_[at_] == '"') return wrong(line_, "a quote inside a field that has none around it");
      ++at_;
    }
    return std::string(text_.substr(from, at_ - from));
  }

  Result<std::string> quoted() {
    const std::size_t line = line_;
    std::string field;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') {
          ++at_;
          return field;
        }
        ++at_;
      }
      field += text_[at_];
    }
    return wrong(line, "a quote that does not end");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

Result<std::vector<CsvRow>> parse_csv(std::string_view text) { return Reader(text).read(); }

std::string csv_line(const CsvRow& row) {
  std::string line;
  for (const std::string& field : row) {
    if (&field != row.data()) line += ',';
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
      line += field;
      continue;
    }
    line += '"';
    for (const char c : field) {
      if (c == '"') line += '"';
      line += c;
    }
    line += '"';
  }
  return line + '\n';
}

}  // namespace pincer
