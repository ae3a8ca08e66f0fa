#pragma once
// LeaderWatch: tells how a process ended that is not our child. While it is a zombie /proc shows
// it; when somebody has reaped it, the kernel tells who holds a pidfd (PIDFD_GET_INFO, Linux 6.15).

#include <tend/exit_status.hpp>

#include <functional>
#include <optional>

#include "os/event_loop.hpp"
#include "os/fd.hpp"

namespace tend::service {

class LeaderWatch {
 public:
  /// Nothing: it has ended, and nobody can tell how.
  using OnEnd = std::move_only_function<void(std::optional<ExitStatus>)>;

  /// The pidfd stays the caller's and must outlive this. OnEnd is called once, from the loop.
  LeaderWatch(os::EventLoop& loop, const os::Fd& pidfd, OnEnd on_end);
  ~LeaderWatch();
  LeaderWatch(const LeaderWatch&) = delete;
  LeaderWatch& operator=(const LeaderWatch&) = delete;

 private:
  void look();

  os::EventLoop& loop_;
  const os::Fd& pidfd_;
  OnEnd on_end_;
  os::WatchId watch_ = os::WatchId::none;
  os::TimerId timer_ = os::TimerId::none;
  int looks_ = 0;
};

}  // namespace tend::service
