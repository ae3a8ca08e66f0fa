#pragma once
// ScopedReaction: one reaction of os/signal_reactions.hpp to the signals of a set, taken off again
// when the scope ends.

#include <tend/error.hpp>
#include <tend/signal.hpp>

#include "os/signal_reactions.hpp"

namespace tend::process {

class ScopedReaction {
 public:
  ScopedReaction() = default;
  ScopedReaction(const ScopedReaction&) = delete;
  ScopedReaction& operator=(const ScopedReaction&) = delete;
  ~ScopedReaction() { take_off(); }

  /// What the handler will find; to be filled before put_on().
  [[nodiscard]] os::SignalReaction& reaction() noexcept { return reaction_; }
  [[nodiscard]] const os::SignalReaction& reaction() const noexcept { return reaction_; }

  /// On all of them, or on none.
  Result<> put_on(SignalSet signals, const os::ReactionOptions& options) {
    for (const int number : signals.numbers()) {
      auto added = os::add_reaction(number, reaction_, options);
      if (!added) {
        take_off();
        return added;
      }
      signals_.add(number);
    }
    return {};
  }

 private:
  void take_off() noexcept {
    for (int number = 1; number <= signal_max; ++number) {
      if (signals_.contains(number)) {
        os::remove_reaction(number, reaction_);
      }
    }
    signals_ = {};
  }

  os::SignalReaction reaction_{};
  SignalSet signals_{};
};

}  // namespace tend::process
