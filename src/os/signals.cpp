#include "os/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "base/try.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os {

namespace {

/// The kernel's struct sigaction on x86-64 and aarch64, which libc's is not.
struct KernelSigaction {
  std::uintptr_t handler = 0;
  unsigned long flags = 0;
  std::uintptr_t restorer = 0;
  std::uint64_t mask = 0;
};

Result<> set_disposition(int number, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  if (::sigaction(number, &action, nullptr) < 0) {
    return failed("sigaction", signal_name(number), errno);
  }
  return {};
}

}  // namespace

SignalSet set_signal_mask(SignalSet mask) noexcept {
  const std::uint64_t wanted = mask.bits();
  std::uint64_t before = 0;
  raw::syscall(__NR_rt_sigprocmask, SIG_SETMASK, &wanted, &before, sizeof wanted);
  return SignalSet::from_bits(before);
}

SignalSet block_all_signals() noexcept { return set_signal_mask(SignalSet::all()); }

SignalSet signal_mask() noexcept {
  std::uint64_t now = 0;
  raw::syscall(__NR_rt_sigprocmask, SIG_SETMASK, nullptr, &now, sizeof now);
  return SignalSet::from_bits(now);
}

SignalSet pending_signals() noexcept {
  std::uint64_t pending = 0;
  raw::syscall(__NR_rt_sigpending, &pending, sizeof pending);
  return SignalSet::from_bits(pending);
}

void take_pending_signal(int number) noexcept {
  const std::uint64_t wanted = SignalSet{number}.bits();
  const timespec no_time{};
  while (raw::syscall(__NR_rt_sigtimedwait, &wanted, nullptr, &no_time, sizeof wanted) == -EINTR) {
  }
}

SignalSet ignored_signals() noexcept {
  SignalSet ignored;
  for (int number = 1; number <= signal_max; ++number) {
    KernelSigaction action;
    const long result =
        raw::syscall(__NR_rt_sigaction, number, nullptr, &action, sizeof action.mask);
    if (result == 0 && action.handler == 1) {  // SIG_IGN
      ignored.add(number);
    }
  }
  return ignored;
}

void reset_handlers() noexcept {
  constexpr SignalSet kept_by_libc{32, 33};
  for (int number = 1; number <= signal_max; ++number) {
    KernelSigaction action;
    const long result =
        raw::syscall(__NR_rt_sigaction, number, nullptr, &action, sizeof action.mask);
    if (result == 0 && action.handler > 1 && !kept_by_libc.contains(number)) {
      const KernelSigaction by_default;
      raw::syscall(__NR_rt_sigaction, number, &by_default, nullptr, sizeof action.mask);
    }
  }
}

Result<> ignore_signal(int number) { return set_disposition(number, SIG_IGN); }

Result<> reset_signal(int number) { return set_disposition(number, SIG_DFL); }

Result<> ignore_write_signals() {
  TEND_TRY(ignore_signal(SIGPIPE));
  return ignore_signal(SIGXFSZ);
}

Result<Fd> make_signalfd(SignalSet signals) {
  const std::uint64_t bits = signals.bits();
  const long made =
      raw::syscall(__NR_signalfd4, -1, &bits, sizeof bits, SFD_CLOEXEC | SFD_NONBLOCK);
  if (made < 0) {
    return failed("signalfd", "", static_cast<int>(-made));
  }
  return Fd(static_cast<int>(made));
}

Result<Fd> open_signalfd(SignalSet signals) {
  set_signal_mask(signal_mask() | signals);
  return make_signalfd(signals);
}

Result<std::optional<SignalArrival>> read_signal(const Fd& signalfd) {
  signalfd_siginfo info{};
  while (::read(signalfd.get(), &info, sizeof info) < 0) {
    if (errno == EAGAIN) {
      return std::nullopt;
    }
    if (errno != EINTR) {
      return failed("read", "signalfd", errno);
    }
  }
  return SignalArrival{.number = static_cast<int>(info.ssi_signo),
                       .sender_pid = static_cast<std::int32_t>(info.ssi_pid),
                       .sender_uid = info.ssi_uid,
                       .status = info.ssi_status,
                       .value = info.ssi_int,
                       .code = info.ssi_code};
}

Result<std::vector<SignalArrival>> read_signals(const Fd& signalfd) {
  std::vector<SignalArrival> arrivals;
  while (auto arrival = TEND_TRY(read_signal(signalfd))) {
    arrivals.push_back(*arrival);
  }
  return arrivals;
}

void stop_this_process() noexcept { ::kill(::getpid(), SIGSTOP); }

SignalArrival arrival_of(const siginfo_t& info) noexcept {
  SignalArrival arrival{.number = info.si_signo, .code = info.si_code};
  const bool is_child = info.si_signo == SIGCHLD && info.si_code > 0;
  // Which fields of siginfo_t are there depends on the code (sigaction(2)).
  if (is_child || info.si_code == SI_USER || info.si_code == SI_TKILL || info.si_code == SI_QUEUE ||
      info.si_code == SI_MESGQ) {
    arrival.sender_pid = info.si_pid;
    arrival.sender_uid = info.si_uid;
  }
  if (is_child) {
    arrival.status = info.si_status;
  }
  if (info.si_code == SI_QUEUE || info.si_code == SI_MESGQ || info.si_code == SI_TIMER) {
    arrival.value = info.si_value.sival_int;
  }
  return arrival;
}

Result<std::optional<SignalArrival>> wait_for_signal(SignalSet signals,
                                                     std::optional<Instant> deadline) {
  const std::uint64_t bits = signals.bits();
  while (true) {
    siginfo_t info{};
    timespec left{};
    if (deadline) {
      const auto time =
          std::max(*deadline - monotonic_now(), Instant::duration(std::chrono::nanoseconds(0)));
      const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
      left = {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
    }
    const long number =
        raw::syscall(__NR_rt_sigtimedwait, &bits, &info, deadline ? &left : nullptr, sizeof bits);
    if (number > 0) {
      return arrival_of(info);
    }
    if (number == -EAGAIN) {
      return std::nullopt;
    }
    if (number != -EINTR) {
      return failed("wait", "signal", static_cast<int>(-number));
    }
  }
}

}  // namespace tend::os
