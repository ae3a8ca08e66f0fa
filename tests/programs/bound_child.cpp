// Starts a child that dies with it, and is killed at once. build: libtend

#include <tend/command.hpp>

#include <csignal>

int main() {
  const auto child = tend::Command("/bin/sleep").arg("1000").die_with_parent().spawn();
  if (!child) {
    return 1;
  }
  std::raise(SIGKILL);
  return 2;
}
