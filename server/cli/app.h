// The command line: parses it, runs the command, returns the exit code.
#pragma once

namespace pincer {

int run_command_line(int argc, char** argv);

}  // namespace pincer
