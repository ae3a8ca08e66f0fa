// Replaces itself by the program of its arguments, with a few things asked for, and says why if
// that fails. build: libtend

#include <tend/command.hpp>

#include <cstdio>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 2) {
    return 2;
  }
  const tend::Error error = tend::Command(argv[1], std::vector<std::string>(argv + 2, argv + argc))
                                .cwd("/")
                                .umask(0123)
                                .nice(4)
                                .env("REPLACED", "yes")
                                .descriptor(9, 0)
                                .new_group()
                                .exec();
  std::puts(error.message().c_str());
  return 1;
}
