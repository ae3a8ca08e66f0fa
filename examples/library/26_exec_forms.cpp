// Row 26: exec in all its forms, for a child and for this process itself: arguments as a vector,
// with an environment of its own, by path, by search in the PATH of the child, by descriptor; and
// in the place of this process, with the same pid.
//
// output:
// vector: one|two words|
// environment: only ONE=1
// by path: /bin/echo
// by search in the child's PATH: not found in /nonexistent
// by descriptor: as "anything"
// in our place: the same pid

#include <tend/command.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <cstdio>
#include <string>
#include <string_view>

#include "or_exit.hpp"

namespace {

/// Becomes a shell, which has the pid that we had.
int become_a_shell() {
  const auto error = tend::Command::shell("[ $$ = $1 ] && echo the same pid")
                         .args({"sh", std::to_string(::getpid())})
                         .exec();
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return 1;
}

std::string output_of(const tend::Command& command) {
  return or_exit(tend::Command(command).checked().capture()).out;
}

}  // namespace

int main(int argc, char** /*argv*/) {
  using tend::Command;
  if (argc > 1) {
    return become_a_shell();
  }
  std::printf("vector: %s\n", output_of(Command("printf", {"%s|", "one", "two words"})).c_str());
  std::printf("environment: only %s",
              output_of(Command("env").env_clear().env("ONE", "1")).c_str());
  std::printf("by path: %s", output_of(Command("/bin/echo", {"/bin/echo"})).c_str());
  const auto lost = Command("echo").env("PATH", "/nonexistent").capture();
  std::printf("by search in the child's PATH: %s\n", lost ? "found" : "not found in /nonexistent");

  const tend::Fd program(::open("/bin/sh", O_PATH | O_CLOEXEC));
  std::printf(
      "by descriptor: as \"%s\"\n",
      output_of(
          Command::from_descriptor(program.get(), "anything").args({"-c", "printf %s \"$0\""}))
          .c_str());
  std::printf("in our place: %s", output_of(Command("/proc/self/exe", {"become"})).c_str());
}
