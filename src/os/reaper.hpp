#pragma once
// The end of children that nobody holds any more: a thread of the process that waits for them and
// reaps them. It reaps by pidfd only, so never a child that somebody else started.

#include "os/fd.hpp"

namespace tend::os {

/// Takes over a child of ours: reaped at once if it has ended, else when it ends. The thread starts
/// with the first child that still runs, blocks every signal, and does nothing but wait. Where no
/// thread can be made the child stays a zombie until we end.
void reap_in_background(Fd pidfd) noexcept;

}  // namespace tend::os
