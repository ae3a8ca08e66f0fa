#include <tend/signal_wait.hpp>

#include "base/try.hpp"
#include "os/readable.hpp"
#include "os/signals.hpp"
#include "process/end_of_wait.hpp"

namespace tend {

namespace {

/// A thread that blocks these hangs the next setuid(2) of the process, or cannot be cancelled.
constexpr SignalSet kept_by_libc{32, 33};
constexpr SignalSet unblockable{9, 19};

Result<> check(const char* step, SignalSet signals) {
  if (!(signals & unblockable).empty()) {
    return refused(step, (signals & unblockable).description(), "cannot be blocked or caught");
  }
  const SignalSet open = signals - os::signal_mask();
  if (!open.empty()) {
    return refused(step, open.description(),
                   "not blocked in this thread, so it would do its default action; make a "
                   "ScopedSignalMask first");
  }
  return {};
}

}  // namespace

ScopedSignalMask::ScopedSignalMask(SignalSet wanted) : before_(os::signal_mask()) {
  os::set_signal_mask((wanted - kept_by_libc) | (before_ & kept_by_libc));
}

ScopedSignalMask::~ScopedSignalMask() { os::set_signal_mask(before_); }

ScopedSignalMask ScopedSignalMask::block(SignalSet signals) {
  return ScopedSignalMask(os::signal_mask() | signals);
}

ScopedSignalMask ScopedSignalMask::unblock(SignalSet signals) {
  return ScopedSignalMask(os::signal_mask() - signals);
}

ScopedSignalMask ScopedSignalMask::exactly(SignalSet signals) { return ScopedSignalMask(signals); }

SignalSet blocked_signals() { return os::signal_mask(); }

Result<std::optional<SignalInfo>> wait_for_signal(SignalSet signals, Until until) {
  TEND_TRY(check("wait for", signals));
  return os::wait_for_signal(signals, process::end_of_wait(until));
}

Result<SignalSource> SignalSource::open(SignalSet signals) {
  TEND_TRY(check("listen to", signals));
  return SignalSource(TEND_TRY(os::make_signalfd(signals)));
}

Result<std::optional<SignalInfo>> SignalSource::next(Until until) {
  const auto end = process::end_of_wait(until);
  while (true) {
    if (auto arrived = TEND_TRY(os::read_signal(fd_))) {
      return arrived;
    }
    if (!TEND_TRY(os::wait_readable(fd_, end))) {
      return std::nullopt;
    }
  }
}

}  // namespace tend
