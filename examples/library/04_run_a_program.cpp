// Row 4: runs a program with arguments and environment, and has its output and its exit code.
//
// output:
// out: Hello, world
// err: and a complaint
// exited with 3

#include <tend/command.hpp>

#include <cstdio>

#include "or_exit.hpp"

int main() {
  const auto output =
      or_exit(tend::Command("sh", {"-c", "echo $GREETING, $1; echo and a complaint >&2; exit 3",
                                   "sh", "world"})
                  .env("GREETING", "Hello")
                  .capture());
  std::printf("out: %serr: %s%s\n", output.out.c_str(), output.err.c_str(),
              output.status.description().c_str());
}
