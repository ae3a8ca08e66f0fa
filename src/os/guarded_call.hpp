#pragma once
// A call tried out in a process of its own first: for code of others that may crash or hang on what
// it is given. Only for programs with a single thread; the child is a copy of this process.

#include <tend/error.hpp>

#include <chrono>
#include <functional>

namespace tend::os {

enum class GuardedEnd {
  survived,  ///< The call returned.
  crashed,   ///< It ended the process, or threw.
  too_slow,  ///< It was still running at the limit, and has been killed.
};

/// Runs `call` in a forked child with its stderr on /dev/null and no core dump, and waits for it.
/// What it does to memory is lost with the child.
Result<GuardedEnd> guarded_call(const std::function<void()>& call, std::chrono::milliseconds limit);

}  // namespace tend::os
