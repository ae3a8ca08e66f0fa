// Writes so many lines of 100 bytes to standard output, in writes of so many lines, when the fifo
// GATE is opened for writing: lines COUNT PER_WRITE GATE

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

bool put(const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t written = write(1, bytes, count);
    if (written < 0) {
      return false;
    }
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::size_t length = 100;
  if (argc != 4) {
    std::fputs("usage: lines COUNT PER_WRITE GATE\n", stderr);
    return 2;
  }
  std::size_t left = std::strtoul(argv[1], nullptr, 10);
  const std::size_t at_once = std::strtoul(argv[2], nullptr, 10);
  std::string line(length - 1, 'x');
  line += '\n';
  std::string block;
  for (std::size_t count = 0; count < at_once; ++count) {
    block += line;
  }
  if (open(argv[3], O_RDONLY) < 0) {
    std::perror(argv[3]);
    return 1;
  }
  while (left > 0) {
    const std::size_t now = std::min(left, at_once);
    if (!put(block.data(), now * length)) {
      std::perror("write");
      return 1;
    }
    left -= now;
  }
  return 0;
}
