#pragma once
// Children by number, for sandboxes that refuse pidfds. A descriptor is bound to a child with the
// owner field that every open file has (fcntl(2), F_SETOWN), and is then as good as a pidfd to the
// functions of pidfd.hpp: they come here when the kernel refuses theirs.
//
// A number is safe to use as long as the child is not reaped, and we reap it under a lock. What a
// pidfd can and this cannot: hold a process that is not our child, and bear a host that reaps our
// children between our look and our signal.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>

#include "os/fd.hpp"
#include "os/pidfd.hpp"

namespace tend::os {

/// Binds any open file of ours to a child that is not reaped. ESRCH: there is no such process.
Result<> bind_to_process(const Fd& file, std::int32_t pid);

/// The process that the descriptor is bound to. ESRCH: it is not bound, or (since Linux 5.12) the
/// process has been reaped.
Result<std::int32_t> bound_process(const Fd& file);

/// As send_signal() of pidfd.hpp. ESRCH also when the process is not our child, or no longer.
Result<> signal_by_number(const Fd& file, int number);

/// As reap() of pidfd.hpp. ECHILD also when the descriptor is not bound.
Result<std::optional<Reaped>> reap_by_number(const Fd& file, Waiting waiting);

}  // namespace tend::os
