// Starts the program of its argument in new namespaces, as root in there, whoever it is here: by
// the one id map that an ordinary user may have. build: libtend

#include <unistd.h>
#include <tend/command.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  using tend::Namespace;
  const auto status =
      tend::Command(argv[1])
          .namespaces({.kinds = {Namespace::user, Namespace::pid, Namespace::mount, Namespace::net,
                                 Namespace::uts, Namespace::ipc, Namespace::cgroup},
                       .users = {{.inside = 0, .outside = ::geteuid()}},
                       .groups = {{.inside = 0, .outside = ::getegid()}}})
          .status();
  if (!status) {
    std::printf("%s\n", status.error().message().c_str());
    return 1;
  }
  return status->shell_code();
}
