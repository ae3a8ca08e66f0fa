#pragma once
// Signals to a whole process group in one call (kill(2)): also to members that are being born.

#include <tend/error.hpp>

#include <cstdint>

#include "os/fd.hpp"

namespace tend::os {

/// Sends to every process of the group that `leader` made. The caller knows that the leader is not
/// reaped: until then the number of its group cannot be reused. ESRCH: nobody is in the group.
Result<> signal_process_group(std::int32_t leader, int signal);

/// The same through a pidfd of the leader (PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9): also when the
/// leader is reaped, as long as anybody is in its group, and never to a later group of that number.
/// Number 0 only asks. ESRCH: nobody is in it. Others such as EINVAL: this kernel or a sandbox has
/// no such call.
Result<> signal_process_group(const Fd& leader, int signal);

}  // namespace tend::os
