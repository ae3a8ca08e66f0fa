#include "os/orphans.hpp"

#include <sys/prctl.h>

#include <cerrno>

namespace tend::os {

Result<> adopt_orphans() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    return failed("adopt orphans", "", errno);
  }
  return {};
}

}  // namespace tend::os
