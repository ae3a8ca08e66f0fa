// Row 15: every child begins with a clean signal mask and default dispositions, whatever we block
// or ignore. Only an ignored SIGHUP stays ignored, as nohup expects; what else shall be different
// is said.
//
// output:
// we:              blocked SIGINT SIGTERM, ignored SIGHUP SIGPIPE SIGCHLD
// a child:         blocked none, ignored SIGHUP
// as we said it:   blocked SIGUSR1, ignored SIGQUIT

#include <tend/command.hpp>
#include <tend/inspect/snapshot.hpp>
#include <tend/signal_wait.hpp>

#include <unistd.h>
#include <csignal>
#include <cstdio>

#include "or_exit.hpp"

namespace {

void show(const char* who, std::int32_t pid) {
  using namespace tend::inspect;
  const Process process = or_exit(read_process(pid, Fields::status));
  std::printf("%-16s blocked %s, ignored %s\n", who,
              process.status->signals.blocked.description().c_str(),
              process.status->signals.ignored.description().c_str());
}

void show_child(const char* who, const tend::SignalPolicy& policy) {
  auto child = or_exit(tend::Command("cat").in(tend::Stdio::pipe()).signals(policy).spawn());
  show(who, child.pid());
  child.in().reset();  // The end of its input: it ends.
  or_exit(child.wait());
}

}  // namespace

int main() {
  const auto blocked = tend::ScopedSignalMask::block({SIGINT, SIGTERM});
  for (const int number : {SIGHUP, SIGPIPE, SIGCHLD}) {
    std::signal(number, SIG_IGN);
  }
  show("we:", ::getpid());
  std::signal(SIGCHLD, SIG_DFL);  // While it is ignored, older kernels keep no status for us.
  show_child("a child:", {});
  show_child("as we said it:", {.keep_ignored = {}, .mask = {{SIGUSR1}}, .ignore = {SIGQUIT}});
}
