// Row 20: that a program cannot be executed is an error of the call that starts it, with the reason
// and the step that failed; never a second copy of this program that runs on. No child is left.
//
// output:
// <any>no-such-program<any>No such file or directory
// <any>/etc/passwd<any>Permission denied
// <any>/nonexistent<any>No such file or directory
// children left: no

#include <tend/command.hpp>

#include <sys/wait.h>
#include <cerrno>
#include <cstdio>

int main() {
  for (const auto& command :
       {tend::Command("no-such-program").env("PATH", "/usr/bin:/bin"), tend::Command("/etc/passwd"),
        tend::Command("true").cwd("/nonexistent")}) {
    const auto child = command.spawn();
    std::puts(child ? "started" : child.error().message().c_str());
  }
  const bool has_none = ::wait(nullptr) < 0 && errno == ECHILD;
  std::printf("children left: %s\n", has_none ? "no" : "yes");
}
