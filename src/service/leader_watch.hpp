#pragma once
// LeaderWatch: tells how a process ended that is not our child. While it is a zombie /proc shows
// it; when somebody has reaped it, the kernel tells who holds a pidfd (PIDFD_GET_INFO, Linux 6.15).

#include <tend/exit_status.hpp>

#include <cstdint>
#include <functional>
#include <optional>

#include "os/event_loop.hpp"
#include "os/fd.hpp"

namespace tend::service {

/// What can be seen of the end of a process that is not our child.
struct ProcessEnd {
  enum class Known : std::uint8_t {
    lives,
    not_yet,  ///< It has ended; how is not told, or not before it is reaped.
    all,      ///< It has ended like `status`; nothing: nobody can tell.
  };
  Known known = Known::lives;
  std::optional<ExitStatus> status{};
};

/// By /proc and its pidfd.
[[nodiscard]] ProcessEnd end_of(const os::Fd& pidfd);

class LeaderWatch {
 public:
  /// Nothing: it has ended, and nobody can tell how.
  using OnEnd = std::move_only_function<void(std::optional<ExitStatus>)>;

  using Look = std::function<ProcessEnd(const os::Fd&)>;

  /// The pidfd stays the caller's and must outlive this. OnEnd is called once, from the loop.
  LeaderWatch(os::EventLoop& loop, const os::Fd& pidfd, OnEnd on_end, Look look = end_of);
  ~LeaderWatch();
  LeaderWatch(const LeaderWatch&) = delete;
  LeaderWatch& operator=(const LeaderWatch&) = delete;

 private:
  void await_end();
  void look_later();
  void look_again();

  os::EventLoop& loop_;
  const os::Fd& pidfd_;
  OnEnd on_end_;
  Look look_;
  os::WatchId watch_ = os::WatchId::none;
  os::TimerId timer_ = os::TimerId::none;
  int looks_ = 0;
};

}  // namespace tend::service
