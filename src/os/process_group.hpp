#pragma once
// Signals to a whole process group in one call (kill(2)): also to members that are being born.

#include <tend/error.hpp>

#include <cstdint>

namespace tend::os {

/// Sends to every process of the group that `leader` made. The caller knows that the leader is not
/// reaped: until then the number of its group cannot be reused. ESRCH: nobody is in the group.
Result<> signal_process_group(std::int32_t leader, int signal);

}  // namespace tend::os
