// Writes so many bytes to stdout, 64 KiB at a time: producer BYTES

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace {

char block[64 * 1024];

}  // namespace

int main(int argc, char** argv) {
  unsigned long left = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0;
  while (left > 0) {
    const ssize_t count = write(1, block, std::min(left, sizeof block));
    if (count < 0) {
      return 1;
    }
    left -= static_cast<unsigned long>(count);
  }
  return 0;
}
