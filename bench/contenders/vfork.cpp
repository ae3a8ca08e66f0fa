// vfork + execve + waitpid, and a read loop with a pipe of 1 MiB: the floor.

#include <unistd.h>

#include "bench/support/contender.hpp"
#include "bench/support/raw_process.hpp"

namespace {

pid_t start(char* const* argv, int in, int out) {
  const pid_t child = vfork();
  if (child == 0) {
    if (in >= 0) {
      dup2(in, 0);
    }
    if (out >= 0) {
      dup2(out, 1);
    }
    execve(argv[0], argv, environ);
    _exit(127);
  }
  return child;
}

}  // namespace

int main() {
  using namespace tend::bench;
  const auto collect = [](const std::string& producer, const std::string& bytes) {
    return collect_output(start, producer, bytes);
  };
  return serve(
      {.spawn = [](const std::string& program) { spawn_and_wait(start, program); },
       .output = [](const std::string& program) { return collect_output(start, program); },
       .capture = collect,
       // The same loop: what others gain by not keeping is shown as what it is.
       .discard = collect,
       .to_file = [&](const std::string& producer, const std::string& bytes,
                      const std::string&) { collect(producer, bytes); },
       .through_cat = [](const std::string& input) { return send_through_cat(start, input); }});
}
