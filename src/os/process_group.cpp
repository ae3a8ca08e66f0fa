#include "os/process_group.hpp"

#include <signal.h>

#include <cerrno>
#include <string>

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

}  // namespace tend::os
