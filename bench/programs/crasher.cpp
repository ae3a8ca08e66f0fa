// build: nolibc
// A service that ends as soon as it has begun, with exit code 1: crasher FIFO

#include "bench/programs/bare.hpp"

extern "C" [[noreturn]] void bare_start(const long* stack) {
  tend::bench::arrive(word(stack, 1));
  tend::os::raw::exit_process(1);
}
