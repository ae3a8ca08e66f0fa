#pragma once
// The resources that the kernel limits for each process, by name (getrlimit(2)).

#include <cstdint>

namespace tend {

/// RLIMIT_* by name; the values are those of Linux on x86-64 and aarch64.
enum class Resource : std::int32_t {
  cpu_seconds = 0,
  file_size = 1,
  data = 2,
  stack = 3,
  core = 4,
  resident = 5,
  processes = 6,
  descriptors = 7,
  locked_memory = 8,
  address_space = 9,
  locks = 10,
  pending_signals = 11,
  message_queues = 12,
  nice = 13,
  realtime_priority = 14,
  realtime_us = 15,
};

inline constexpr std::uint64_t unlimited = ~std::uint64_t{0};

}  // namespace tend
