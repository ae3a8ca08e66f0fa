// Row 21: a running child whose Child is destroyed is cleaned up as its Command says: it is killed
// with everything below it, or it runs on and is reaped when it ends. The destructor never waits.
//
// output:
// kill: the child ended, its own child too
// reap: the child ran on and said "done"

#include <tend/command.hpp>
#include <tend/pipe.hpp>
#include <tend/read_write.hpp>

#include <cstdio>
#include <string>

#include "or_exit.hpp"

namespace {

using namespace std::chrono_literals;

/// Runs it until it says that it has begun, and drops it there. The end of what it writes comes
/// when neither it nor anything below it lives any more.
std::string left_behind(tend::Command command) {
  tend::Pipe pipe = or_exit(tend::Pipe::make());
  tend::Pipe begin = or_exit(tend::Pipe::make());
  {
    const auto child = or_exit(command.out(tend::Stdio::descriptor(pipe.write.get()))
                                   .err(tend::Stdio::descriptor(begin.write.get()))
                                   .spawn());
    char byte = 0;
    or_exit(tend::read_from(begin.read, {&byte, 1}, 20s));
  }
  pipe.write.reset();
  return or_exit(tend::read_to_end(pipe.read, 1000, 20s));
}

}  // namespace

int main() {
  const auto endless = tend::Command::shell("sleep 1000 & echo begun >&2; wait; echo done");
  const auto killed = left_behind(tend::Command(endless).on_drop(tend::Drop::kill));
  std::printf("kill: the child ended, its own child too%s\n", killed.c_str());

  const auto brief = tend::Command::shell("echo begun >&2; sleep 0.1; printf done");
  const auto reaped = left_behind(tend::Command(brief).on_drop(tend::Drop::reap));
  std::printf("reap: the child ran on and said \"%s\"\n", reaped.c_str());
}
