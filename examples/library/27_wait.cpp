// Row 27: waits for any of our children, or for one; and what the status says: exited with a code,
// killed by a signal, with a core or without. That a child stopped or goes on ends no wait: it has
// not ended.
//
// output:
// first to end: the second
// then: the first
// exited with 3: code 3, shell code 3
// killed by SIGTERM: signal 15, shell code 143
// killed by SIGSEGV (core dumped): core yes
// stopped and resumed, its wait ends only with: exited with 0
// its usage is known: yes

#include <tend/command.hpp>
#include <tend/wait_any.hpp>

#include <array>
#include <csignal>
#include <cstdio>

#include "or_exit.hpp"

int main() {
  using tend::Command;
  auto first = or_exit(Command("cat").in(tend::Stdio::pipe()).out(tend::Stdio::null()).spawn());
  auto second = or_exit(Command("true").spawn());
  const std::array<const tend::Child*, 2> both{&first, &second};
  const auto ended = or_exit(tend::wait_any(both));
  std::printf("first to end: the %s\n", ended == 1U ? "second" : "first");
  first.in().reset();
  const std::array<const tend::Child*, 1> rest{&first};
  or_exit(tend::wait_any(rest));
  std::puts("then: the first");

  const auto exited = or_exit(Command::shell("exit 3").status());
  std::printf("%s: code %d, shell code %d\n", exited.description().c_str(),
              exited.code().value_or(-1), exited.shell_code());
  const auto killed = or_exit(Command::shell("kill -TERM $$").status());
  std::printf("%s: signal %d, shell code %d\n", killed.description().c_str(),
              killed.signal().value_or(-1), killed.shell_code());
  // 139 is what wait(2) gives for SIGSEGV with a core, which not every machine writes.
  const auto core = tend::ExitStatus::from_wait_status(139);
  std::printf("%s: core %s\n", core.description().c_str(), core.core_dumped() ? "yes" : "no");

  auto child = or_exit(Command("cat").in(tend::Stdio::pipe()).spawn());
  or_exit(child.suspend());
  const bool has_ended = or_exit(child.wait_for(std::chrono::milliseconds(50))).has_value();
  or_exit(child.resume());
  child.in().reset();
  std::printf("stopped and resumed, its wait ends %s with: %s\n", has_ended ? "early" : "only",
              or_exit(child.wait()).description().c_str());
  std::printf("its usage is known: %s\n", child.usage() ? "yes" : "no");
}
