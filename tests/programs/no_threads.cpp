// Usage: no_threads PROGRAM ENTRY...: starts PROGRAM from a process that has no second thread, and
// in whose environment there are the entries too, be they variables or not. build: libtend

#include <tend/command.hpp>

#include <unistd.h>

#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 2) {
    return 2;
  }
  std::vector<char*> entries(argv + 2, argv + argc);
  for (char** each = environ; *each != nullptr; ++each) {
    entries.push_back(*each);
  }
  entries.push_back(nullptr);
  environ = entries.data();
  const auto status = tend::Command(argv[1]).status();
  if (!status) {
    std::fprintf(stderr, "%s\n", status.error().message().c_str());
    return 1;
  }
  return status->success() ? 0 : 1;
}
