#include "os/process_group.hpp"

#include <signal.h>

#include <cerrno>
#include <string>

#include "os/raw/syscall.hpp"

namespace tend::os {

Result<> signal_process_group(std::int32_t leader, int signal) {
  if (leader <= 1) {
    return refused("signal", "group " + std::to_string(leader), "not the number of a child");
  }
  if (::kill(-leader, signal) != 0) {
    return failed("signal", "group " + std::to_string(leader), errno);
  }
  return {};
}

Result<> signal_process_group(const Fd& leader, int signal) {
  constexpr unsigned to_process_group = 1U << 2U;  // PIDFD_SIGNAL_PROCESS_GROUP, linux/pidfd.h.
  const long result = raw::syscall(__NR_pidfd_send_signal, leader.get(), signal, nullptr,
                                   static_cast<long>(to_process_group));
  if (result < 0) {
    return failed("signal", "group of pidfd " + std::to_string(leader.get()),
                  static_cast<int>(-result));
  }
  return {};
}

}  // namespace tend::os
