#pragma once
// A thread that lasts as long as the process, for work that is tied to the life of the thread that
// does it: a child's parent_death_signal is sent when its creating thread ends.

#include <tend/error.hpp>

#include <functional>

namespace tend::os {

/// Whether this is the main thread.
[[nodiscard]] bool is_main_thread() noexcept;

/// Runs the work on the lasting thread and waits for it. The thread starts with the first call, has
/// every signal blocked, and is made anew after a fork.
Result<> run_on_lasting_thread(const std::function<void()>& work);

}  // namespace tend::os
