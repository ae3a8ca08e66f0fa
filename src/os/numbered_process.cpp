#include "os/numbered_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <mutex>
#include <string>

#include "base/try.hpp"
#include "os/wait_status.hpp"

namespace tend::os {

namespace {

/// Between the look at a number and its use nobody of us reaps.
std::mutex& numbers_stay() {
  static std::mutex mutex;
  return mutex;
}

std::string subject(std::int32_t pid) { return "process " + std::to_string(pid); }

}  // namespace

Result<> bind_to_process(const Fd& file, std::int32_t pid) {
  if (::fcntl(file.get(), F_SETOWN, pid) < 0) {
    return failed("bind", subject(pid), errno);
  }
  return {};
}

Result<std::int32_t> bound_process(const Fd& file) {
  const int owner = ::fcntl(file.get(), F_GETOWN);
  if (owner <= 0) {
    return failed("find", "process", owner < 0 ? errno : ESRCH);
  }
  return owner;
}

Result<> signal_by_number(const Fd& file, int number) {
  const std::lock_guard lock(numbers_stay());
  const std::int32_t pid = TEND_TRY(bound_process(file));
  // ECHILD: the number may belong to a stranger by now.
  const auto looked = wait_status(P_PID, pid, Waiting::no, Leave::unreaped);
  if (!looked) {
    return failed("signal", subject(pid), ESRCH);
  }
  if (::kill(pid, number) < 0) {
    return failed("signal", subject(pid), errno);
  }
  return {};
}

Result<std::optional<Reaped>> reap_by_number(const Fd& file, Waiting waiting) {
  const auto pid = bound_process(file);
  if (!pid) {
    return failed("wait", "process", pid.error().code == ESRCH ? ECHILD : pid.error().code);
  }
  if (waiting == Waiting::yes) {
    static_cast<void>(TEND_TRY(wait_status(P_PID, *pid, Waiting::yes, Leave::unreaped)));
  }
  const std::lock_guard lock(numbers_stay());
  return wait_status(P_PID, *pid, Waiting::no, Leave::reaped);
}

}  // namespace tend::os
