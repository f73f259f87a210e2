#include "server/cli/score_csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/cli/csv.h"
#include "server/route/prompt_score.h"

namespace pincer {

Result<std::string> score_csv(std::string_view csv, bool features) {
  auto rows = parse_csv(csv);
  if (!rows) return rows.error();
  if (rows->empty()) return Error{ErrorCode::invalid_argument, "there is nothing in it"};
  CsvRow& head = rows->front();
  const auto prompt = std::ranges::find(head, "prompt");
  if (prompt == head.end())
    return Error{ErrorCode::invalid_argument, "the first line names no column 'prompt'"};
  if (std::ranges::find(head, "score") != head.end())
    return Error{ErrorCode::invalid_argument, "there is a column 'score' already"};
  const auto column = static_cast<std::size_t>(prompt - head.begin());
  head.emplace_back("score");
  if (features) head.insert(head.end(), kPromptFeatures.begin(), kPromptFeatures.end());
  std::string out = csv_line(head);
  for (std::size_t i = 1; i < rows->size(); ++i) {
    CsvRow& row = (*rows)[i];
    const PromptFeatures measured = prompt_features(row[column]);
    // Enough digits that no two scores that differ become the same.
    row.push_back(fmt::format("{:.17g}", prompt_score(measured)));
    if (features) {
      for (const float value : measured) row.push_back(fmt::format("{:.9g}", value));
    }
    out += csv_line(row);
  }
  return out;
}

}  // namespace pincer
