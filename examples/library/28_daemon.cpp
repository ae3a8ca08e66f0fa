// Row 28: a daemon, detached on purpose by a double start: no child of ours, in a session without a
// terminal. That it cannot be executed is told all the same, and no zombie is left.
//
// output:
// the daemon: parent is us no, own session yes, leads it no, terminal no
// a daemon that is not there: <any>no-such-daemon<any>No such file or directory
// children left: no

#include <tend/command.hpp>
#include <tend/inspect/snapshot.hpp>
#include <tend/pipe.hpp>
#include <tend/process_handle.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>

#include "or_exit.hpp"

namespace {

const char* word(bool claim) { return claim ? "yes" : "no"; }

}  // namespace

int main() {
  const tend::Pipe pipe = or_exit(tend::Pipe::make());
  const auto daemon =
      or_exit(tend::Command("cat").in(tend::Stdio::descriptor(pipe.read.get())).cwd("/").detach());
  const auto seen = or_exit(tend::inspect::read_process(daemon.pid, tend::inspect::Fields::none));
  std::printf("the daemon: parent is us %s, own session %s, leads it %s, terminal %s\n",
              word(seen.parent.pid == ::getpid()), word(seen.session != ::getsid(0)),
              word(seen.session == daemon.pid), word(seen.terminal != 0));
  or_exit(or_exit(tend::ProcessHandle::open(daemon.pid)).stop());

  const auto missing = tend::Command("no-such-daemon").env("PATH", "/usr/bin:/bin").detach();
  std::printf("a daemon that is not there: %s\n",
              missing ? "started" : missing.error().message().c_str());
  const bool has_none = ::wait(nullptr) < 0 && errno == ECHILD;
  std::printf("children left: %s\n", word(!has_none));
}
