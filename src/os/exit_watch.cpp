#include "os/exit_watch.hpp"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "base/try.hpp"
#include "os/numbered_process.hpp"
#include "os/quiet_thread.hpp"
#include "os/unix_socket.hpp"
#include "os/wait_status.hpp"

namespace tend::os {

namespace {

/// Waits for a pid from the other end, then for the end of that child, then closes.
void* serve(void* argument) {
  const Fd end(static_cast<int>(reinterpret_cast<std::intptr_t>(argument)));
  std::int32_t pid = 0;
  if (::recv(end.get(), &pid, sizeof pid, MSG_WAITALL) == sizeof pid) {
    static_cast<void>(wait_status(P_PID, pid, Waiting::yes, Leave::unreaped));
  }
  // Not the close alone: a copy of this process, made by fork, may have the socket open too.
  ::shutdown(end.get(), SHUT_RDWR);
  return nullptr;
}

}  // namespace

Result<ExitWatch> ExitWatch::start() {
  auto [ours, theirs] = TEND_TRY(stream_pair());
  TEND_TRY(start_quiet_thread("exit watch", serve,
                              reinterpret_cast<void*>(std::intptr_t{theirs.get()})));
  static_cast<void>(theirs.release());  // The thread closes it.
  return ExitWatch(std::move(ours));
}

ExitWatch::~ExitWatch() {
  if (end_) {
    ::shutdown(end_.get(), SHUT_RDWR);
  }
}

Fd ExitWatch::of(std::int32_t pid) && {
  // Both fail only when the host has had the child reaped already; who waits then learns ECHILD.
  static_cast<void>(bind_to_process(end_, pid));
  static_cast<void>(::send(end_.get(), &pid, sizeof pid, MSG_NOSIGNAL));
  return std::move(end_);
}

}  // namespace tend::os
