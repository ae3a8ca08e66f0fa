#pragma once
// Threads of the library itself: detached, with every signal blocked, so that the host's handlers
// never run in them. Nobody joins them.

#include <tend/error.hpp>

namespace tend::os {

using ThreadFunction = void* (*)(void* argument);

/// `name` is what errors call it. EAGAIN, EPERM: no thread can be had.
Result<> start_quiet_thread(const char* name, ThreadFunction function, void* argument);

}  // namespace tend::os
