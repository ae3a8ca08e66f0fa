#pragma once
// Detached: what is known of a program that was started to outlive us, as no child of ours.

#include <tend/fd.hpp>

#include <cstdint>

namespace tend {

struct Detached {
  std::int32_t pid = 0;

  /// Readable when it has ended; its status is for its parent (init, or the nearest subreaper).
  /// Closed where there are no pidfds.
  Fd pidfd{};
};

}  // namespace tend
