// vfork + execve + waitpid, and a read loop with a pipe of 1 MiB: the floor.

#include <unistd.h>

#include "bench/support/contender.hpp"
#include "bench/support/raw_process.hpp"

namespace {

pid_t start(char* const* argv, int in, int out) {
  const pid_t child = vfork();
  if (child == 0) {
    tend::bench::execute(argv, in, out);
  }
  return child;
}

}  // namespace

int main() {
  using namespace tend::bench;
  Ways ways = ways_of(start);
  ways.capture = [](const std::string& producer, const std::string& bytes) {
    return collect_output(start, producer, bytes);
  };
  // The same loop: what others gain by not keeping is shown as what it is.
  ways.discard = ways.capture;
  ways.to_file = [](const std::string& producer, const std::string& bytes, const std::string&) {
    collect_output(start, producer, bytes);
  };
  ways.through_cat = [](const std::string& input) { return send_through_cat(start, input); };
  return serve(ways);
}
