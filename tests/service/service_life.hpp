#pragma once
// One service with a clock of its own, told of events one by one: for tests that read as stories.

#include <csignal>
#include <string>
#include <vector>

#include "service/director/service_state.hpp"

namespace tend::service::test {

inline constexpr std::int64_t life_second = 1'000'000'000;

class Life {
 public:
  explicit Life(Policy policy) : policy_(policy) {}

  /// Tells of an event; what is not said is filled in. Returns the actions as words.
  std::string tell(Event event) {
    event.now_ns = now_ns;
    event.run = event.run == 0 ? state.run : event.run;
    event.next_run = state.run + 1;
    const Step next = step(state, event, policy_);
    state = next.state;
    std::string words;
    for (const Action& action : next.actions.list()) {
      words += (words.empty() ? "" : ", ") + std::string(word(action.type));
      words += action.signal == 0 ? "" : " " + std::to_string(action.signal);
    }
    return words;
  }
  std::string tell(Event::Type type) { return tell({.type = type}); }
  std::string exits(int code, bool tree_is_empty = true) {
    return tell({.type = Event::Type::ended,
                 .tree_is_empty = tree_is_empty,
                 .outcome = {.how = Outcome::How::exited, .value = code}});
  }
  std::string is_killed(int signal) {
    return tell(
        {.type = Event::Type::ended, .outcome = {.how = Outcome::How::killed, .value = signal}});
  }
  std::string fails_to_start() {
    return tell({.type = Event::Type::spawn_failed,
                 .outcome = {.how = Outcome::How::not_started, .value = 2, .step = 9}});
  }

  void pass(std::chrono::milliseconds time) { now_ns += to_ns(time); }
  /// Lets the time pass up to the deadline, and tells of it.
  std::string meet_deadline() {
    now_ns = state.deadline_ns;
    return tell(Event::Type::deadline);
  }
  [[nodiscard]] std::int64_t left_ms() const {
    return state.deadline_ns == 0 ? -1 : (state.deadline_ns - now_ns) / 1'000'000;
  }

  /// From `stopped` to a running program; with readiness it is not ready yet.
  Life& begin() {
    tell(Event::Type::start);
    tell(Event::Type::spawned);
    return *this;
  }
  /// To `up`.
  Life& come_up() {
    begin();
    if (policy_.has_readiness) {
      tell(Event::Type::ready);
    }
    return *this;
  }

  ServiceState state{};
  std::int64_t now_ns = 1000 * life_second;

 private:
  Policy policy_;
};

}  // namespace tend::service::test
