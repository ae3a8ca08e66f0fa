#pragma once
// Fd: the owner of one file descriptor. Every descriptor of tend is born close-on-exec and lies in
// one of these.

#include <utility>

namespace tend {

/// Owns at most one descriptor, and closes it in the end.
class [[nodiscard]] Fd {
 public:
  Fd() = default;

  /// Takes over an open descriptor; negative: none.
  explicit Fd(int number) noexcept : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  /// The number, for system calls and event loops; the descriptor stays ours.
  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
  explicit operator bool() const noexcept { return is_open(); }

  /// Gives the descriptor away; the caller closes it.
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

  /// Closes now. EINTR means "closed" on Linux; closing again could hit another thread's new
  /// descriptor (close(2), NOTES), so the result is not looked at.
  void reset() noexcept;

 private:
  int number_ = -1;
};

}  // namespace tend
