// Tries to start a program as the ids of its arguments, and prints the step and errno of the
// failure. build: libtend

#include <tend/command.hpp>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  const auto id = static_cast<std::uint32_t>(std::atoi(argv[1]) - std::atoi(argv[2]));
  const auto status = tend::Command("/bin/true").user(id, id).status();
  if (status) {
    std::puts("started");
    return 0;
  }
  std::printf("%s %d\n", status.error().step.c_str(), status.error().code);
  return 0;
}
