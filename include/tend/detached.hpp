#pragma once
// Detached: what is known of a program that was started to outlive us, as no child of ours.

#include <tend/fd.hpp>

#include <cstdint>

namespace tend {

/// The pid is that of the program itself, not of the helper that started it.
struct Detached {
  std::int32_t pid = 0;

  /// Readable when it has ended; its status is for its parent (init, or the nearest subreaper).
  /// Closed where there are no pidfds.
  Fd pidfd{};
};

}  // namespace tend
