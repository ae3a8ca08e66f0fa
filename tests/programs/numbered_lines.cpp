// build: static
// A service whose output can be checked to the byte: numbered_lines NAME LINES_PER_MS
//
//   begin NAME PID
//   NAME PID 000000001 ......
//   NAME PID 000000002 ......
//   end NAME PID 2
//
// SIGTERM ends it with exit code 0, SIGRTMIN+n with exit code 100+n, each after the `end` line. A
// log that shows anything else between `begin` and `end` has lost or doubled bytes.

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

/// All of it, or nothing further to hope for.
void write_whole(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0) {
      _exit(70);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string line(const char* name, unsigned long number) {
  constexpr std::string_view filling = "................................................";
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s %d %09lu ", name, getpid(), number);
  return std::string{text.data()}.append(filling.substr(0, number % filling.size())) + '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  const char* name = argv[1];
  const unsigned long lines_per_ms = std::strtoul(argv[2], nullptr, 10);

  // Signals are waited for between two batches, so no write is ever cut short by one.
  sigset_t endings;
  sigemptyset(&endings);
  sigaddset(&endings, SIGTERM);
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) {
    sigaddset(&endings, number);
  }
  sigprocmask(SIG_BLOCK, &endings, nullptr);

  write_whole("begin " + std::string{name} + ' ' + std::to_string(getpid()) + '\n');
  constexpr timespec millisecond{.tv_sec = 0, .tv_nsec = 1'000'000};
  unsigned long number = 0;
  int ending = -1;
  while ((ending = sigtimedwait(&endings, nullptr, &millisecond)) < 0) {
    std::string batch;
    for (unsigned long count = 0; count < lines_per_ms; ++count) {
      batch += line(name, ++number);
    }
    write_whole(batch);
  }
  write_whole("end " + std::string{name} + ' ' + std::to_string(getpid()) + ' ' +
              std::to_string(number) + '\n');
  return ending == SIGTERM ? 0 : 100 + ending - SIGRTMIN;
}
