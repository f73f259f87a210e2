// Lines from the terminal, with editing and history (libedit).
#pragma once

#include <optional>
#include <string>

namespace pincer {

class LineEditor {
 public:
  explicit LineEditor(std::string prompt);
  // nullopt at the end of the input. Ctrl-C gives up the line.
  std::optional<std::string> read();

 private:
  std::string prompt_;
};

}  // namespace pincer
