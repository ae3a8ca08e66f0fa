#pragma once
// PipeBudget: which log pipes may be made bigger than the kernel's default. All pipes of a user
// share one soft limit, beyond which his new pipes become tiny, so busy pipes take a quarter of it
// at most. Pure.

#include <cstddef>

namespace tend::service {

class PipeBudget {
 public:
  /// Measured: a bigger one moves no more bytes per second.
  static constexpr std::size_t grown_bytes = 256 * 1024;

  explicit PipeBudget(std::size_t user_bytes_soft) noexcept : left_(user_bytes_soft / 4) {}

  /// Whether a pipe of `size` bytes that gave `moved` bytes at once is worth growing: it was close
  /// to full, so its writer waits for us.
  [[nodiscard]] static bool is_busy(std::size_t moved, std::size_t size) noexcept {
    return moved >= size / 4 * 3;
  }

  [[nodiscard]] bool may_grow(std::size_t size) const noexcept {
    return size < grown_bytes && left_ >= grown_bytes;
  }

  /// What a pipe above the kernel's default takes, and gives back when it is closed.
  void take(std::size_t bytes) noexcept { left_ -= bytes < left_ ? bytes : left_; }
  void give_back(std::size_t bytes) noexcept { left_ += bytes; }

  [[nodiscard]] std::size_t left() const noexcept { return left_; }

 private:
  std::size_t left_;
};

}  // namespace tend::service
