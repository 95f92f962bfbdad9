#include "server/command_line.h"

int main(int argc, char** argv) { return waypost::server::RunCommandLine(argc, argv); }
