// Row 2: system calls without libc, on x86-64 and aarch64. build: without libc
//
// The library makes them in one folder, src/os/raw, and needs them in one place: in a child between
// clone and exec, which shares the memory, but not the locks, of a process with many threads. This
// program has no libc at all, not even start-up code: what follows are its first instructions.
//
// output:
// pid <pid>: written by write(2) itself
// a descriptor that is not open gives -9, no errno needed

#include <cstddef>

#include "os/raw/calls.hpp"

namespace {

namespace raw = tend::os::raw;

void print_bytes(const char* bytes, std::size_t size) {
  static_cast<void>(raw::write(STDOUT_FILENO, bytes, size));
}

/// A text in quotes, whose size is known: strlen(3) would be libc's.
template <std::size_t Size>
void print(const char (&text)[Size]) {
  print_bytes(text, Size - 1);
}

void print(long number) {
  if (number < 0) {
    print("-");
    number = -number;
  }
  if (number > 9) {
    print(number / 10);
  }
  const char digit = static_cast<char>('0' + number % 10);
  print_bytes(&digit, 1);
}

[[noreturn]] void run() {
  print("pid ");
  print(raw::getpid());
  print(": written by write(2) itself\n");
  print("a descriptor that is not open gives ");
  print(raw::write(-1, "", 0));
  print(", no errno needed\n");
  raw::exit_process(0);
}

}  // namespace

// The kernel jumps here with an aligned stack but without a return address, which a C++ function
// would count on (x86-64 ABI, 3.4.1).
#if defined(__x86_64__)
asm(".globl _start\n_start: xor %ebp, %ebp\n call start");
#else
asm(".globl _start\n_start: mov x29, #0\n bl start");
#endif
extern "C" [[noreturn, gnu::used]] void start();
void start() { run(); }
