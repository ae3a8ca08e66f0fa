#pragma once
// Threads of the library itself: detached, with every signal blocked, so that the host's handlers
// never run in them. Nobody joins them. Their names begin with `tend-`, so that whoever counts the
// threads of a process (other_threads(), thread.hpp) knows them.

#include <tend/error.hpp>

namespace tend::os {

using ThreadFunction = void* (*)(void* argument);

/// The name is set when this returns; at most 10 bytes. EAGAIN, EPERM: no thread can be had.
Result<> start_quiet_thread(const char* name, ThreadFunction function, void* argument);

}  // namespace tend::os
