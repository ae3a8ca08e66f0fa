// build: nolibc
// A service that does nothing: tells that it has begun and waits until a signal ends it.
//
//   service FIFO        also as `#!/path/service FIFO` in front of a script that nobody reads

#include "bench/programs/bare.hpp"

extern "C" [[noreturn]] void bare_start(const long* stack) {
  tend::bench::arrive(word(stack, 1));
  for (;;) {
    tend::os::raw::ppoll(nullptr, 0, nullptr);
  }
}
