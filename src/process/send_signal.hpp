#pragma once
// Sending a signal with errors that a person understands: who it was meant for, and who may.

#include <tend/error.hpp>

#include <cstdint>

#include "os/fd.hpp"

namespace tend::process {

/// An error of sending to this process, put into words: ESRCH, EPERM with the users involved,
/// EINVAL. Anything else, and success, stays as it is.
[[nodiscard]] Result<> with_words(Result<> sent, std::int32_t pid);

/// As os::send_signal(), with words.
Result<> send_signal(const Fd& pidfd, std::int32_t pid, int number);

}  // namespace tend::process
