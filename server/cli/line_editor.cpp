#include "server/cli/line_editor.h"

#include <editline/readline.h>

#include <cstdlib>

namespace pincer {

LineEditor::LineEditor(std::string prompt) : prompt_(std::move(prompt)) { using_history(); }

std::optional<std::string> LineEditor::read() {
  char* line = ::readline(prompt_.c_str());
  if (line == nullptr) return std::nullopt;
  std::string text(line);
  std::free(line);
  if (!text.empty()) add_history(text.c_str());
  return text;
}

}  // namespace pincer
