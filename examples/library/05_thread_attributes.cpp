// Row 5: threads with attributes: name, stack, guard, CPU, signal mask; joined or detached. What
// the body returns or throws is the result of join(), and a wish that cannot be had is an error.
//
// output:
// its name: parser
// its stack: 262144 bytes, guard 65536 bytes
// its CPUs: 1
// it blocks SIGINT: yes
// it threw: thread thrower: threw: no such luck
// an impossible name: start thread <any>: a name of a thread has at most 15 bytes, <any>

#include <tend/signal_wait.hpp>
#include <tend/thread.hpp>

#include <pthread.h>
#include <sched.h>
#include <array>
#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "or_exit.hpp"

namespace {

void describe() {
  std::array<char, 16> name{};
  ::pthread_getname_np(::pthread_self(), name.data(), name.size());
  pthread_attr_t attributes;
  ::pthread_getattr_np(::pthread_self(), &attributes);
  std::size_t stack_bytes = 0;
  std::size_t guard_bytes = 0;
  ::pthread_attr_getstacksize(&attributes, &stack_bytes);
  ::pthread_attr_getguardsize(&attributes, &guard_bytes);
  ::pthread_attr_destroy(&attributes);
  cpu_set_t cpus;
  ::sched_getaffinity(0, sizeof cpus, &cpus);
  std::printf("its name: %s\nits stack: %zu bytes, guard %zu bytes\nits CPUs: %d\n", name.data(),
              stack_bytes, guard_bytes, CPU_COUNT(&cpus));
  std::printf("it blocks SIGINT: %s\n", tend::blocked_signals().contains(SIGINT) ? "yes" : "no");
}

}  // namespace

int main() {
  const auto here = static_cast<std::uint32_t>(::sched_getcpu());
  auto parser = or_exit(tend::start_thread({.name = "parser",
                                            .stack_bytes = 256 * 1024,
                                            .guard_bytes = 64 * 1024,
                                            .cpus = {here},
                                            .blocked = tend::SignalSet{SIGINT}},
                                           describe));
  or_exit(parser.join());

  auto thrower = or_exit(
      tend::start_thread({.name = "thrower"}, [] { throw std::runtime_error("no such luck"); }));
  std::printf("it threw: %s\n", thrower.join().error().message().c_str());

  const auto refused = tend::start_thread({.name = "a name of more than 15 bytes"}, [] {});
  std::printf("an impossible name: %s\n", refused.error().message().c_str());

  // Detached: runs on by itself, so it must own all that it uses. Here it ends with main at latest.
  or_exit(tend::start_thread({.name = "background"}, [] {})).detach();
}
