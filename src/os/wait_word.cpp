#include "os/wait_word.hpp"

#include <linux/futex.h>

#include <cerrno>
#include <climits>
#include <ctime>

#include "os/raw/syscall.hpp"

namespace tend::os {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t) &&
                  std::atomic<std::uint32_t>::is_always_lock_free,
              "the kernel looks at the word itself");

bool wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t value,
                std::optional<Instant> deadline) noexcept {
  timespec end{};
  if (deadline) {
    const auto time = deadline->time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    end = {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
  }
  while (word.load(std::memory_order_acquire) == value) {
    // The bitset form takes a point of CLOCK_MONOTONIC, the plain one a time from now.
    const long result = raw::syscall(__NR_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, value,
                                     deadline ? &end : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
    if (result == -ETIMEDOUT) {
      return word.load(std::memory_order_acquire) != value;
    }
  }
  return true;
}

void set_and_wake(std::atomic<std::uint32_t>& word, std::uint32_t value) noexcept {
  word.store(value, std::memory_order_release);
  raw::syscall(__NR_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace tend::os
