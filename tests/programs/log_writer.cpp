// build: static
// Writes lines that can be checked to the byte: log_writer NAME BLOCK_BYTES PAUSE_US COUNT
//
//   NAME 000000001 .
//   NAME 000000002 ..
//   NAME end 000000002
//
// In blocks of BLOCK_BYTES that end wherever they end (0: each line by itself), with a pause after
// each block, until COUNT lines are written (0: until SIGTERM, which is looked at between blocks).

#include <time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

volatile std::sig_atomic_t is_asked_to_end = 0;

void on_term(int /*signal*/) { is_asked_to_end = 1; }

void write_whole(const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = write(STDOUT_FILENO, bytes, size);
    if (written > 0) {
      bytes += written;
      size -= static_cast<std::size_t>(written);
    } else if (written == 0 || is_asked_to_end == 0) {
      _exit(70);
    }
  }
}

void pause_us(long microseconds) {
  if (microseconds > 0) {
    const timespec wait{.tv_sec = microseconds / 1'000'000,
                        .tv_nsec = microseconds % 1'000'000 * 1'000};
    nanosleep(&wait, nullptr);
  }
}

std::string line(const char* name, unsigned long number) {
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), "%s %09lu ", name, number);
  return text.data() + std::string(number % 71, '.') + '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    return 64;
  }
  const std::size_t block_bytes = std::strtoul(argv[2], nullptr, 10);
  const long pause = std::strtol(argv[3], nullptr, 10);
  const unsigned long count = std::strtoul(argv[4], nullptr, 10);
  struct sigaction action{};
  action.sa_handler = on_term;
  sigaction(SIGTERM, &action, nullptr);

  std::string block;
  unsigned long number = 0;
  while (is_asked_to_end == 0 && (count == 0 || number < count)) {
    block += line(argv[1], ++number);
    if (block.size() >= block_bytes) {
      const std::size_t size = block_bytes == 0 ? block.size() : block_bytes;
      write_whole(block.data(), size);
      block.erase(0, size);
      pause_us(pause);
    }
  }
  std::array<char, 128> end{};
  std::snprintf(end.data(), end.size(), "%s end %09lu\n", argv[1], number);
  block += end.data();
  write_whole(block.data(), block.size());
}
