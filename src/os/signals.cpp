#include "os/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
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

Result<> ignore_signal(int number) { return set_disposition(number, SIG_IGN); }

Result<> reset_signal(int number) { return set_disposition(number, SIG_DFL); }

Result<> ignore_write_signals() {
  TEND_TRY(ignore_signal(SIGPIPE));
  return ignore_signal(SIGXFSZ);
}

Result<Fd> open_signalfd(SignalSet signals) {
  set_signal_mask(SignalSet::from_bits(signal_mask().bits() | signals.bits()));
  const std::uint64_t bits = signals.bits();
  const long made =
      raw::syscall(__NR_signalfd4, -1, &bits, sizeof bits, SFD_CLOEXEC | SFD_NONBLOCK);
  if (made < 0) {
    return failed("signalfd", "", static_cast<int>(-made));
  }
  return Fd(static_cast<int>(made));
}

Result<std::vector<SignalArrival>> read_signals(const Fd& signalfd) {
  std::vector<SignalArrival> arrivals;
  std::array<signalfd_siginfo, 16> buffer{};
  while (true) {
    const ssize_t got = ::read(signalfd.get(), buffer.data(), sizeof buffer);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0 && errno == EAGAIN) {
      return arrivals;
    }
    if (got < 0) {
      return failed("read", "signalfd", errno);
    }
    const std::size_t count = static_cast<std::size_t>(got) / sizeof buffer[0];
    for (std::size_t index = 0; index < count; ++index) {
      const signalfd_siginfo& info = buffer[index];
      arrivals.push_back({.number = static_cast<int>(info.ssi_signo),
                          .sender_pid = static_cast<std::int32_t>(info.ssi_pid),
                          .sender_uid = info.ssi_uid,
                          .status = info.ssi_status});
    }
  }
}

}  // namespace tend::os
