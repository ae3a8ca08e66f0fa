// Row 30: who may signal whom. A process may signal those of its own user; what is refused is an
// error in words. As root this program plays nobody for it.
//
// output:
// our own child: may be signalled
// process 1: <any>Operation not permitted<any>
// a process that is not there: <any>No such process<any>

#include <tend/command.hpp>
#include <tend/process_handle.hpp>

#include <unistd.h>
#include <cstdio>

#include "or_exit.hpp"

namespace {

void show(const char* who, std::int32_t pid) {
  const auto process = tend::ProcessHandle::open(pid);
  const auto asked = process ? process->signal(0) : std::unexpected(process.error());
  std::printf("%s: %s\n", who, asked ? "may be signalled" : asked.error().message().c_str());
}

int ask() {
  auto child = or_exit(tend::Command("cat").in(tend::Stdio::pipe()).spawn());
  show("our own child", child.pid());
  child.in().reset();
  or_exit(child.wait());
  show("process 1", 1);
  show("a process that is not there", child.pid());
  return 0;
}

}  // namespace

int main(int argc, char** /*argv*/) {
  if (argc > 1 || ::geteuid() != 0) {
    return ask();
  }
  constexpr std::uint32_t nobody = 65534;
  const auto status =
      or_exit(tend::Command("/proc/self/exe", {"ask"}).user(nobody, nobody).status());
  return status.shell_code();
}
