#include "os/signal_reactions.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <vector>

#include "os/raw/syscall.hpp"
#include "os/signals.hpp"

namespace tend::os {

namespace {

struct Layer {
  SignalReaction* reaction = nullptr;
  ReactionOptions options{};
};

struct Slot {
  std::atomic<SignalReaction*> active = nullptr;
  std::atomic<int> running = 0;  ///< Handlers that may be using `active`.
  std::vector<Layer> layers{};
  struct sigaction before{};
};

static_assert(std::atomic<SignalReaction*>::is_always_lock_free);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// Ready before any code runs: a handler must not wait for the first use of a local static.
constinit std::array<Slot, signal_max + 1> slots{};

/// For `layers` and `before`. Never taken in a handler.
constinit std::mutex mutex{};

void wake(int eventfd) noexcept {
  const std::uint64_t one = 1;
  // EAGAIN: the counter is full, so it is readable already.
  raw::syscall(__NR_write, eventfd, &one, sizeof one);
}

/// The signal is blocked while we handle it, so it takes effect when the handler returns.
void do_default_action(int number) noexcept {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  ::sigaction(number, &action, nullptr);
  ::raise(number);
}

void react(SignalReaction& reaction, int number, const siginfo_t& info) noexcept {
  int none = 0;
  reaction.first_number.compare_exchange_strong(none, number);
  const std::uint64_t count = reaction.count.fetch_add(1) + 1;
  if (reaction.wake_eventfd >= 0) {
    wake(reaction.wake_eventfd);
  }
  if (reaction.ends_at != 0 && count >= reaction.ends_at) {
    do_default_action(number);
  }
  if (reaction.function != nullptr) {
    reaction.function(arrival_of(info));
  }
}

void on_signal(int number, siginfo_t* info, void* /*context*/) {
  const int saved = errno;
  Slot& slot = slots[static_cast<std::size_t>(number)];
  // Before the look at `active`: remove_reaction() changes that first and then waits for us.
  slot.running.fetch_add(1);
  if (SignalReaction* reaction = slot.active.load()) {
    react(*reaction, number, *info);
  }
  slot.running.fetch_sub(1);
  errno = saved;
}

sigset_t libc_set(SignalSet signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : signals.numbers()) {
    ::sigaddset(&set, number);
  }
  return set;
}

int apply(int number, const ReactionOptions& options, struct sigaction* before) {
  struct sigaction action{};
  action.sa_sigaction = on_signal;
  // On the alternate stack where a thread has one, as a handler for an overrun stack needs it.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | (options.restarts ? SA_RESTART : 0);
  action.sa_mask = libc_set(options.blocked);
  return ::sigaction(number, &action, before) < 0 ? errno : 0;
}

bool is_ours(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == on_signal;
}

/// Unless somebody has changed the disposition meanwhile, which is then theirs to keep.
void restore(int number, const struct sigaction& before) {
  struct sigaction now{};
  if (::sigaction(number, nullptr, &now) == 0 && is_ours(now)) {
    ::sigaction(number, &before, nullptr);
  }
}

Slot* slot_of(int number) {
  return number >= 1 && number <= signal_max ? &slots[static_cast<std::size_t>(number)] : nullptr;
}

}  // namespace

Result<> add_reaction(int number, SignalReaction& reaction, const ReactionOptions& options) {
  Slot* slot = slot_of(number);
  if (slot == nullptr) {
    return failed("catch", signal_name(number), EINVAL);
  }
  const std::lock_guard lock(mutex);
  SignalReaction* former = slot->active.exchange(&reaction);
  struct sigaction before{};
  if (const int code = apply(number, options, &before); code != 0) {
    slot->active.store(former);
    return failed("catch", signal_name(number), code);
  }
  if (slot->layers.empty()) {
    slot->before = before;
  }
  slot->layers.push_back({.reaction = &reaction, .options = options});
  return {};
}

void remove_reaction(int number, const SignalReaction& reaction) noexcept {
  Slot& slot = *slot_of(number);
  {
    const std::lock_guard lock(mutex);
    std::erase_if(slot.layers, [&](const Layer& layer) { return layer.reaction == &reaction; });
    if (slot.layers.empty()) {
      restore(number, slot.before);
      slot.active.store(nullptr);
    } else {
      slot.active.store(slot.layers.back().reaction);
      static_cast<void>(apply(number, slot.layers.back().options, nullptr));
    }
  }
  while (slot.running.load() != 0) {
    ::sched_yield();
  }
}

bool has_foreign_disposition(int number) noexcept {
  struct sigaction now{};
  return ::sigaction(number, nullptr, &now) == 0 && !is_ours(now) &&
         ((now.sa_flags & SA_SIGINFO) != 0 || now.sa_handler != SIG_DFL);
}

}  // namespace tend::os
