#pragma once
// What stands in for a pidfd where a sandbox refuses them: a socket that becomes readable (end of
// file) when the child has ended. A thread per child waits for that and leaves the reaping to us.

#include <tend/error.hpp>

#include <cstdint>

#include "os/fd.hpp"

namespace tend::os {

/// Made before the child, so that a thread that cannot be had is an error and not a lost child.
class [[nodiscard]] ExitWatch {
 public:
  /// EAGAIN, EPERM: no thread. EMFILE: no descriptors.
  static Result<ExitWatch> start();

  ExitWatch(ExitWatch&&) noexcept = default;
  ExitWatch& operator=(ExitWatch&&) = delete;
  ExitWatch(const ExitWatch&) = delete;
  ExitWatch& operator=(const ExitWatch&) = delete;

  /// Without a child to watch the thread ends.
  ~ExitWatch();

  /// The descriptor of this child of ours, for the functions of pidfd.hpp.
  [[nodiscard]] Fd of(std::int32_t pid) &&;

 private:
  explicit ExitWatch(Fd end) noexcept : end_(std::move(end)) {}

  Fd end_;
};

}  // namespace tend::os
