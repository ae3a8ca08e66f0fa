#include "os/nowhere.hpp"

#include <fcntl.h>

#include <cerrno>

#include "os/files.hpp"

namespace tend::os {

Result<std::size_t> Nowhere::drop_some(const Fd& from, std::size_t bytes_max) {
  if (!null_ && !reads_) {
    null_ = open_file("/dev/null", O_WRONLY).value_or(Fd());
    reads_ = !null_;
  }
  if (!reads_) {
    const ssize_t count =
        ::splice(from.get(), nullptr, null_.get(), nullptr, bytes_max, SPLICE_F_MOVE);
    if (count >= 0) {
      return static_cast<std::size_t>(count);
    }
    if (errno == EAGAIN || errno == EINTR) {
      return failed("read", "", EAGAIN);
    }
    reads_ = true;
  }
  buffer_.resize(bytes_max);
  return read_some(from, buffer_);
}

}  // namespace tend::os
