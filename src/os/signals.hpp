#pragma once
// Signals of this process: masks, dispositions, and signals as values through signalfd(2). tend has
// no signal handlers. Masks are set raw, so that also 32 and 33, which libc hides, are reached.

#include <tend/error.hpp>
#include <tend/signal.hpp>
#include <tend/signal_info.hpp>

#include <csignal>
#include <cstdint>
#include <optional>
#include <vector>

#include "os/clock.hpp"
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

/// Default actions where this process has handlers; what is ignored stays ignored, as at exec.
void reset_handlers() noexcept;

Result<> ignore_signal(int number);
Result<> reset_signal(int number);

/// For a program that does its own error handling: a write to a closed pipe or beyond the limit of
/// file size is an error of the call (EPIPE, EFBIG), not the end of the process.
Result<> ignore_write_signals();

/// Stops this process as Ctrl-Z does (SIGSTOP); returns when it was continued.
void stop_this_process() noexcept;

/// A signal that arrived.
using SignalArrival = tend::SignalInfo;

/// From the kernel's own form. Safe in a signal handler.
[[nodiscard]] SignalArrival arrival_of(const siginfo_t& info) noexcept;

/// Signals of the set, which all threads block, as something to read: a descriptor, close-on-exec
/// and non-blocking.
Result<Fd> make_signalfd(SignalSet signals);

/// Signals of the set, as something to read: blocks them in this thread (start it before any other
/// thread) and returns a descriptor, close-on-exec and non-blocking.
Result<Fd> open_signalfd(SignalSet signals);

/// What has arrived so far; empty when nothing.
Result<std::vector<SignalArrival>> read_signals(const Fd& signalfd);

/// The next one that has arrived; nothing when none has.
Result<std::optional<SignalArrival>> read_signal(const Fd& signalfd);

/// Takes a signal of the set, which this thread blocks, waiting until the deadline; nothing: none
/// came (rt_sigtimedwait(2)). No deadline: as long as it takes.
Result<std::optional<SignalArrival>> wait_for_signal(SignalSet signals,
                                                     std::optional<Instant> deadline);

}  // namespace tend::os
