// Tries to start a program as the ids of its arguments, plainly, or with one capability, and prints
// the step and errno of the failure. build: libtend

#include <tend/command.hpp>

#include <cstdio>
#include <cstdlib>
#include <string_view>

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  tend::Command command("/bin/true");
  if (std::string_view(argv[1]) == "capabilities") {
    command.capabilities({std::atoi(argv[2])});
  } else if (std::string_view(argv[1]) != "plain") {
    const auto id = static_cast<std::uint32_t>(std::atoi(argv[1]) - std::atoi(argv[2]));
    command.user(id, id);
  }
  const auto status = command.status();
  if (status) {
    std::puts("started");
    return 0;
  }
  std::printf("%s %d\n", status.error().step.c_str(), status.error().code);
  return 0;
}
