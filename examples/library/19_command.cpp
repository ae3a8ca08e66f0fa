// Row 19: a Command is built like a sentence and is a plain value: it can be shown, copied, changed
// and run many times, by status (run), capture (run and collect) and spawn (run beside me). What
// shall be done between fork and exec is data: nothing of ours runs there.
//
// output:
// STAGE=test /bin/sh -c <any> [in /, <any>umask 0077, <any>nice 5]
// status: exited with 0
// capture: /, STAGE=test, nice 5, umask 0077, 64 files, from descriptor 7: a note
// capture of a changed copy: /, STAGE=live, nice 5, umask 0077, 64 files, from descriptor 7: none
// spawn: exited with 4

#include <tend/command.hpp>
#include <tend/pipe.hpp>
#include <tend/read_write.hpp>

#include <csignal>
#include <cstdio>

#include "or_exit.hpp"

int main() {
  tend::Pipe note = or_exit(tend::Pipe::make());
  or_exit(tend::write_to(note.write, "a note\n"));
  note.write.reset();

  const auto script =
      "read -r note <&7 || note=none; echo $PWD, STAGE=$STAGE, nice $(nice), umask $(umask), "
      "$(ulimit -n) files, from descriptor 7: $note";
  const auto command = tend::Command::shell(script)
                           .env("STAGE", "test")
                           .cwd("/")
                           .umask(0077)
                           .nice(5)
                           .limit(tend::Resource::descriptors, 64, 64)
                           .signals({.mask = {{SIGUSR1}}})
                           .descriptor(7, note.read.get());
  std::puts(command.description().c_str());
  std::printf("status: %s\n", or_exit(tend::Command("true").status()).description().c_str());
  std::printf("capture: %s", or_exit(command.capture()).out.c_str());

  auto copy = command;
  copy.env("STAGE", "live");
  std::printf("capture of a changed copy: %s", or_exit(copy.capture()).out.c_str());

  auto child = or_exit(tend::Command::shell("exit 4").spawn());
  std::printf("spawn: %s\n", or_exit(child.wait()).description().c_str());
}
