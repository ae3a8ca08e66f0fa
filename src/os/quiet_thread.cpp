#include "os/quiet_thread.hpp"

#include <pthread.h>

#include <string>

#include "os/signals.hpp"

namespace tend::os {

Result<> start_quiet_thread(const char* name, ThreadFunction function, void* argument) {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // A thread begins with the mask of its maker.
  const SignalSet before = block_all_signals();
  pthread_t thread{};
  const int code = ::pthread_create(&thread, &attributes, function, argument);
  set_signal_mask(before);
  ::pthread_attr_destroy(&attributes);
  if (code != 0) {
    return failed("start", std::string("thread ") + name, code);
  }
  return {};
}

}  // namespace tend::os
