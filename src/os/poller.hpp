#pragma once
// Poller: which of many descriptors are ready. The real one is epoll(7); a test may put the
// descriptors of a machine of its own under an EventLoop.

#include <tend/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace tend::os {

/// What to be told about a descriptor. Hang-up and error are always told.
enum class Interest : std::uint8_t { none, read, write, read_write };

/// What is so about a descriptor.
struct Ready {
  bool is_readable = false;
  bool is_writable = false;
  bool is_hung_up = false;  ///< A pipe without writer says this for ever: remove it.
  bool has_error = false;
};

class Poller {
 public:
  struct Event {
    std::uint64_t id = 0;
    Ready ready{};
  };

  Poller() = default;
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  virtual ~Poller() = default;

  /// Level triggered: told as `id` in every turn in which it is ready. ENOSPC, ENOMEM: no more can
  /// be watched; EPERM: it is a regular file (epoll_ctl(2)).
  virtual Result<> add(int fd, std::uint64_t id, Interest interest) = 0;
  virtual Result<> modify(int fd, std::uint64_t id, Interest interest) = 0;
  virtual void remove(int fd) = 0;

  /// Waits at most this long, and fills `events` from the front; how many there are. A wait that a
  /// signal cut short has none.
  virtual Result<std::size_t> wait(std::span<Event> events, std::chrono::milliseconds at_most) = 0;
};

/// epoll(7).
Result<std::unique_ptr<Poller>> make_epoll();

}  // namespace tend::os
