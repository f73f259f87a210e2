// Comma-separated values, RFC 4180: fields in quotes may hold commas, quotes and line breaks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/result.h"

namespace pincer {

using CsvRow = std::vector<std::string>;

// Lines end with LF or CR LF; empty ones at the end are left out. Errors: corrupt with the line: a
// quote that does not end or stands inside a field without quotes, a row with other columns than
// the first.
Result<std::vector<CsvRow>> parse_csv(std::string_view text);

// With quotes where they are needed, and LF.
std::string csv_line(const CsvRow& row);

}  // namespace pincer
