#pragma once
// What this process does when a signal is delivered: the one place with a signal handler. The
// handler only counts, wakes, and calls a function that promises to be async-signal-safe
// (signal-safety(7)). Several reactions to one signal lie on each other: the last one put on acts,
// and when the last is gone, what was there before all of them is restored.

#include <tend/error.hpp>
#include <tend/signal.hpp>
#include <tend/signal_info.hpp>

#include <atomic>
#include <cstdint>

namespace tend::os {

/// It lies still while it is in use. The fields without `atomic` are set before.
struct SignalReaction {
  std::atomic<std::uint64_t> count = 0;
  std::atomic<int> first_number = 0;
  int wake_eventfd = -1;      ///< Written to at each delivery.
  std::uint64_t ends_at = 0;  ///< This delivery does the default action; 0: none.
  void (*function)(const SignalInfo&) = nullptr;
};

struct ReactionOptions {
  SignalSet blocked{};   ///< While the handler runs, beside the signal itself.
  bool restarts = true;  ///< Interrupted calls go on (SA_RESTART) instead of failing with EINTR.
};

/// Errors: EINVAL for what cannot be caught.
Result<> add_reaction(int number, SignalReaction& reaction, const ReactionOptions& options);

/// When it returns, no handler uses the reaction any more. Not from within a handler.
void remove_reaction(int number, const SignalReaction& reaction) noexcept;

/// Whether somebody else has a handler for the signal, or ignores it.
[[nodiscard]] bool has_foreign_disposition(int number) noexcept;

}  // namespace tend::os
