#pragma once
// Descriptors kept in hand for the moment when no more can be had (EMFILE): whoever asks for help
// then can still be let in.

#include <cstddef>
#include <vector>

#include "os/fd.hpp"

namespace tend::service {

class SpareDescriptors {
 public:
  explicit SpareDescriptors(std::size_t count_max = 2) : count_max_(count_max) {}

  /// As many as can be had again, up to the maximum.
  void refill();

  /// Closes one, so that the next call that needs a descriptor gets it; false: there is none.
  bool give_one();

  [[nodiscard]] std::size_t count() const noexcept { return held_.size(); }

 private:
  std::size_t count_max_;
  std::vector<os::Fd> held_{};
};

}  // namespace tend::service
