// Row 11: N operations in parallel, their results in the order in which they were given. No locks,
// no queue, no polling: each runs in a copy of its own. The first waits until the last has begun,
// so that they are seen to run side by side; one crashes, and the others do not notice.
//
// output:
// 1: word from number 4
// 2: 2 squared is 4
// 3: guarded fork: <any>SIGSEGV<any>
// 4: 4 squared is 16

#include <tend/guarded_fork.hpp>
#include <tend/pipe.hpp>
#include <tend/read_write.hpp>

#include <csignal>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "or_exit.hpp"

namespace {

std::string square(int number) {
  return std::to_string(number) + " squared is " + std::to_string(number * number);
}

}  // namespace

int main() {
  const tend::Pipe word = or_exit(tend::Pipe::make());
  std::vector<std::function<std::string()>> operations{
      [&word] {
        char text[64];
        return std::string(text, or_exit(tend::read_from(word.read, text)));
      },
      [] { return square(2); },
      [] {
        std::raise(SIGSEGV);
        return std::string();
      },
      [&word] {
        or_exit(tend::write_to(word.write, "word from number 4"));
        return square(4);
      },
  };
  int number = 0;
  for (const auto& result : tend::run_in_copies(operations, {}, operations.size())) {
    std::printf("%d: %s\n", ++number, result ? result->c_str() : result.error().message().c_str());
  }
}
