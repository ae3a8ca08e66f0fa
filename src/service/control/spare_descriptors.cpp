#include "service/control/spare_descriptors.hpp"

#include <fcntl.h>

#include <utility>

#include "os/files.hpp"

namespace tend::service {

void SpareDescriptors::refill() {
  while (held_.size() < count_max_) {
    auto spare = os::open_file("/dev/null", O_RDONLY);
    if (!spare) {
      return;
    }
    held_.push_back(*std::move(spare));
  }
}

bool SpareDescriptors::give_one() {
  if (held_.empty()) {
    return false;
  }
  held_.pop_back();
  return true;
}

}  // namespace tend::service
