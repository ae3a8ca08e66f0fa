#pragma once
// Signals of this process: masks, dispositions, and signals as values through signalfd(2). tend has
// no signal handlers. Masks are set raw, so that also 32 and 33, which libc hides, are reached.

#include <tend/error.hpp>
#include <tend/signal.hpp>

#include <cstdint>
#include <vector>

#include "os/fd.hpp"

namespace tend::os {

/// Blocks every signal in this thread; the mask that was.
SignalSet block_all_signals() noexcept;

/// Replaces the mask of this thread; the mask that was.
SignalSet set_signal_mask(SignalSet mask) noexcept;

[[nodiscard]] SignalSet signal_mask() noexcept;

/// Signals that wait because this thread blocks them.
[[nodiscard]] SignalSet pending_signals() noexcept;

/// Takes a pending, blocked signal back, if there is one.
void take_pending_signal(int number) noexcept;

/// Which signals this process ignores.
[[nodiscard]] SignalSet ignored_signals() noexcept;

Result<> ignore_signal(int number);
Result<> reset_signal(int number);

/// For a program that does its own error handling: a write to a closed pipe or beyond the limit of
/// file size is an error of the call (EPIPE, EFBIG), not the end of the process.
Result<> ignore_write_signals();

/// A signal that arrived (signalfd(2)).
struct SignalArrival {
  int number = 0;
  std::int32_t sender_pid = 0;  ///< 0: the kernel.
  std::uint32_t sender_uid = 0;
  std::int32_t status = 0;  ///< SIGCHLD: exit code or signal of the child.
};

/// Signals of the set, as something to read: blocks them in this thread (start it before any other
/// thread) and returns a descriptor, close-on-exec and non-blocking.
Result<Fd> open_signalfd(SignalSet signals);

/// What has arrived so far; empty when nothing.
Result<std::vector<SignalArrival>> read_signals(const Fd& signalfd);

}  // namespace tend::os
