#pragma once
// Where bytes go that nobody wants: from a pipe straight into /dev/null, inside the kernel.

#include <tend/error.hpp>

#include <cstddef>
#include <vector>

#include "os/fd.hpp"

namespace tend::os {

class Nowhere {
 public:
  /// As read_some() of files.hpp, without the bytes. What is not a pipe, and where there is no
  /// /dev/null, is read.
  Result<std::size_t> drop_some(const Fd& from, std::size_t bytes_max);

 private:
  Fd null_{};
  std::vector<char> buffer_{};
  bool reads_ = false;
};

}  // namespace tend::os
