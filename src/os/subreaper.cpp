#include "os/subreaper.hpp"

#include <sys/prctl.h>

#include <cerrno>

namespace tend::os {

Result<> become_subreaper() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
    return failed("become subreaper", "", errno);
  }
  return {};
}

}  // namespace tend::os
