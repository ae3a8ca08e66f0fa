#pragma once
// System calls without libc, on x86-64 and aarch64: the one place where tend speaks to the kernel
// by number. For code that must not touch libc state: the child between clone and exec, and the
// keeper. Every call returns what the kernel returned: a value >= 0, or -errno.
//
// Not a general wrapper set: code that may use libc uses the rest of os/.

#include <asm/unistd.h>

namespace tend::os::raw {

// Always inline, also without optimisation: an out-of-line copy from a file that a sanitizer has
// instrumented would be shared by the linker with the child side of spawn, which must not run it.
#define TEND_RAW_INLINE [[gnu::always_inline]] inline

// A number and six arguments is what a system call has.
// NOLINTBEGIN(readability-function-size)

#if defined(__x86_64__)

TEND_RAW_INLINE long syscall6(long number, long a, long b, long c, long d, long e,
                              long f) noexcept {
  long result = 0;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

#elif defined(__aarch64__)

TEND_RAW_INLINE long syscall6(long number, long a, long b, long c, long d, long e,
                              long f) noexcept {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  return x0;
}

#else
#error "tend knows the system call conventions of x86-64 and aarch64 only"
#endif

namespace detail {

template <typename T>
TEND_RAW_INLINE long word(T* pointer) noexcept {
  return reinterpret_cast<long>(pointer);
}

template <typename T>
TEND_RAW_INLINE long word(T value) noexcept {
  return static_cast<long>(value);
}

TEND_RAW_INLINE long word(decltype(nullptr)) noexcept { return 0; }

}  // namespace detail

/// The system call `number` with up to six arguments: integers or pointers.
template <typename A = long, typename B = long, typename C = long, typename D = long,
          typename E = long, typename F = long>
TEND_RAW_INLINE long syscall(long number, A a = {}, B b = {}, C c = {}, D d = {}, E e = {},
                             F f = {}) noexcept {
  return syscall6(number, detail::word(a), detail::word(b), detail::word(c), detail::word(d),
                  detail::word(e), detail::word(f));
}

// NOLINTEND(readability-function-size)

}  // namespace tend::os::raw
