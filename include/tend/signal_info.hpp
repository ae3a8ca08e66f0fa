#pragma once
// SignalInfo: a signal that arrived, with who sent it and why (sigaction(2), siginfo_t).

#include <cstdint>
#include <string>

namespace tend {

/// What the kernel told of one delivery.
struct SignalInfo {
  int number = 0;  ///< 1 to 64.

  /// Who sent it, for signals that a process sent and for SIGCHLD; 0: the kernel, a timer.
  std::int32_t sender_pid = 0;
  std::uint32_t sender_uid = 0;

  /// SIGCHLD: exit code or signal of the child.
  std::int32_t status = 0;

  /// The number that was sent along with sigqueue(3) or by a timer.
  std::int32_t value = 0;

  /// The kernel's si_code: why it was sent; see description().
  std::int32_t code = 0;

  /// `SIGTERM from process 4711 of user 1000 (kill)`.
  [[nodiscard]] std::string description() const;

  bool operator==(const SignalInfo&) const = default;
};

}  // namespace tend
