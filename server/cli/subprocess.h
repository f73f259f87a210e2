// Runs another program and waits for it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pincer/engine/result.h"

namespace pincer {

struct ProcessResult {
  int exit_code = 0;   // 128 + signal when it was killed
  std::string output;  // stdout and stderr together, the last 64 KiB
};

// argv[0] is looked up in PATH. `environment` entries "NAME=value" are added to this process's.
// `poll`, when given, is called about five times a second; when it returns false the program is
// terminated. Errors: not_found (argv[0]), io.
Result<ProcessResult> run_process(const std::vector<std::string>& argv,
                                  const std::vector<std::string>& environment = {},
                                  const std::function<bool()>& poll = {});

}  // namespace pincer
