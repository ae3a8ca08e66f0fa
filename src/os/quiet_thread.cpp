#include "os/quiet_thread.hpp"

#include <pthread.h>
#include <semaphore.h>

#include <cerrno>
#include <string>

#include "os/signals.hpp"

namespace tend::os {

namespace {

constexpr std::size_t name_bytes_max = 15;

/// Lies on the stack of the maker, who waits until the thread has taken what it needs.
struct Start {
  std::string name{};
  ThreadFunction function = nullptr;
  void* argument = nullptr;
  sem_t is_named{};
};

void* begin(void* argument) {
  Start& start = *static_cast<Start*>(argument);
  ::pthread_setname_np(::pthread_self(), start.name.c_str());
  const ThreadFunction function = start.function;
  void* const its_argument = start.argument;
  ::sem_post(&start.is_named);
  return function(its_argument);
}

int start_detached(Start& start) {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // A thread begins with the mask of its maker.
  const SignalSet before = block_all_signals();
  pthread_t thread{};
  const int code = ::pthread_create(&thread, &attributes, begin, &start);
  set_signal_mask(before);
  ::pthread_attr_destroy(&attributes);
  return code;
}

}  // namespace

Result<> start_quiet_thread(const char* name, ThreadFunction function, void* argument) {
  Start start{.name = (std::string("tend-") + name).substr(0, name_bytes_max),
              .function = function,
              .argument = argument};
  ::sem_init(&start.is_named, 0, 0);
  if (const int code = start_detached(start); code != 0) {
    return failed("start", std::string("thread ") + name, code);
  }
  while (::sem_wait(&start.is_named) < 0 && errno == EINTR) {
  }
  ::sem_destroy(&start.is_named);
  return {};
}

}  // namespace tend::os
