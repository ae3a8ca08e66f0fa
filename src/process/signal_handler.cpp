#include <tend/signal_handler.hpp>

#include <array>
#include <utility>

#include "base/try.hpp"
#include "process/reactions.hpp"

namespace tend {

namespace {

os::ReactionOptions options_of(const SignalHandlerOptions& options) {
  return {.blocked = options.blocked,
          .restarts = options.interrupted_calls == SignalHandlerOptions::Interrupted::restart};
}

}  // namespace

class SignalHandler::State {
 public:
  process::ScopedReaction handler{};
};

SignalHandler::SignalHandler(std::unique_ptr<State> state) : state_(std::move(state)) {}
SignalHandler::SignalHandler(SignalHandler&&) noexcept = default;
SignalHandler& SignalHandler::operator=(SignalHandler&&) noexcept = default;
SignalHandler::~SignalHandler() = default;

Result<SignalHandler> SignalHandler::install(SignalSet signals, Function function,
                                             SignalHandlerOptions options) {
  auto state = std::make_unique<State>();
  state->handler.reaction().function = function;
  TEND_TRY(state->handler.put_on(signals, options_of(options)));
  return SignalHandler(std::move(state));
}

class SignalCounter::State {
 public:
  std::array<process::ScopedReaction, signal_max + 1> counters{};
};

SignalCounter::SignalCounter(std::unique_ptr<State> state) : state_(std::move(state)) {}
SignalCounter::SignalCounter(SignalCounter&&) noexcept = default;
SignalCounter& SignalCounter::operator=(SignalCounter&&) noexcept = default;
SignalCounter::~SignalCounter() = default;

Result<SignalCounter> SignalCounter::install(SignalSet signals, SignalHandlerOptions options) {
  auto state = std::make_unique<State>();
  for (const int number : signals.numbers()) {
    TEND_TRY(
        state->counters[static_cast<std::size_t>(number)].put_on({number}, options_of(options)));
  }
  return SignalCounter(std::move(state));
}

std::uint64_t SignalCounter::count(int number) const {
  if (number < 1 || number > signal_max) {
    return 0;
  }
  return state_->counters[static_cast<std::size_t>(number)].reaction().count.load();
}

std::uint64_t SignalCounter::total() const {
  std::uint64_t sum = 0;
  for (const auto& counter : state_->counters) {
    sum += counter.reaction().count.load();
  }
  return sum;
}

}  // namespace tend
