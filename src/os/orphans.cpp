#include "os/orphans.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>

namespace tend::os {

Result<> adopt_orphans() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    return failed("adopt orphans", "", errno);
  }
  return {};
}

std::size_t reap_orphans() noexcept {
  std::size_t count = 0;
  siginfo_t info{};
  while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) {
    ++count;
    info = {};
  }
  return count;
}

}  // namespace tend::os
