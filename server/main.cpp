#include "server/cli/app.h"

int main(int argc, char** argv) { return pincer::run_command_line(argc, argv); }
