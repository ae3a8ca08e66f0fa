// Lends its terminal to a probe and takes it back, both while it is in the background itself: a
// SIGTTOU would stop it for ever. Prints the probe, then who is in the foreground. build: libtend

#include <fcntl.h>
#include <unistd.h>
#include <tend/command.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  auto loan = tend::TerminalLoan::begin();
  if (!loan) {
    std::puts(loan.error().message().c_str());
    return 1;
  }
  const auto status = tend::Command(argv[1]).foreground().status();
  if (!status) {
    std::puts(status.error().message().c_str());
    return 1;
  }
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  const bool was_lent = ::tcgetpgrp(terminal) != ::getpgrp();
  const bool is_back = loan->end().has_value() && ::tcgetpgrp(terminal) == ::getpgrp();
  std::printf("lent %d back %d\n", was_lent ? 1 : 0, is_back ? 1 : 0);
  return 0;
}
