// The walker is only worth something if it catches mistakes: here it walks machines that are broken
// on purpose, one mistake each.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "service/walker/lives.hpp"
#include "service/walker/state_walker.hpp"

namespace tend::service::test {

namespace {

/// The actions of `step` that `keep` likes.
template <typename Keep>
Step filtered(const Step& step, Keep keep) {
  Step result{.state = step.state};
  for (const Action& action : step.actions.list()) {
    if (keep(action)) {
      result.actions.add(action);
    }
  }
  return result;
}

bool is_signal(const Action& action) {
  return action.type == Action::Type::signal_leader || action.type == Action::Type::signal_tree;
}

Step spawns_while_stopping(const ServiceState& state, const Event& event, const Policy& policy) {
  if (state.phase == Phase::stopping && event.type == Event::Type::start) {
    ServiceState waiting = state;
    waiting.phase = Phase::waiting;
    return step(waiting, event, policy);
  }
  return step(state, event, policy);
}

Step forgets_a_stop_before_the_process_exists(const ServiceState& state, const Event& event,
                                              const Policy& policy) {
  const bool is_unborn = state.leader == Leader::asked;
  return is_unborn && event.type == Event::Type::stop ? Step{.state = state}
                                                      : step(state, event, policy);
}

Step forgets_to_acknowledge(const ServiceState& state, const Event& event, const Policy& policy) {
  const Step right = step(state, event, policy);
  if (state.leader == Leader::none || event.run != state.run) {
    return right;
  }
  return filtered(right,
                  [](const Action& action) { return action.type != Action::Type::acknowledge; });
}

Step acknowledges_too_late(const ServiceState& state, const Event& event, const Policy& policy) {
  const Step right = step(state, event, policy);
  Step wrong{.state = right.state};
  const auto actions = right.actions.list();
  std::for_each(actions.rbegin(), actions.rend(),
                [&](const Action& action) { wrong.actions.add(action); });
  return wrong;
}

Step listens_to_other_runs(const ServiceState& state, const Event& event, const Policy& policy) {
  Event other = event;
  other.run = state.run;
  return step(state, other, policy);
}

Step ignores_leftovers(const ServiceState& state, const Event& event, const Policy& policy) {
  Event wrong = event;
  wrong.tree_is_empty = true;
  return step(state, wrong, policy);
}

Step waits_for_ever_while_stopping(const ServiceState& state, const Event& event,
                                   const Policy& policy) {
  Step wrong = step(state, event, policy);
  if (wrong.state.phase == Phase::stopping) {
    wrong.state.deadline_ns = 0;
  }
  return wrong;
}

Step signals_what_is_gone(const ServiceState& state, const Event& event, const Policy& policy) {
  Step wrong = step(state, event, policy);
  if (state.phase == Phase::stopping && wrong.state.phase == Phase::stopped) {
    wrong.actions.add(stop_signal(state, policy));
  }
  return wrong;
}

Step never_sends_kill(const ServiceState& state, const Event& event, const Policy& policy) {
  return filtered(step(state, event, policy), [](const Action& action) {
    return !is_signal(action) || action.signal != SIGKILL;
  });
}

Step forgets_to_tell_that_it_finished(const ServiceState& state, const Event& event,
                                      const Policy& policy) {
  return filtered(step(state, event, policy),
                  [](const Action& action) { return action.type != Action::Type::finished; });
}

Step restarts_what_nobody_wants(const ServiceState& state, const Event& event,
                                const Policy& policy) {
  Step wrong = step(state, event, policy);
  if (wrong.state.phase == Phase::stopping && event.type == Event::Type::stop) {
    wrong.state.after_stop = Phase::starting;
  }
  return wrong;
}

Step resumes_with_a_second_process(const ServiceState& state, const Found& found,
                                   const Policy& policy) {
  Found wrong = found;
  wrong.has_process = false;
  return resume(state, wrong, policy);
}

Step resumes_without_the_unborn(const ServiceState& state, const Found& found,
                                const Policy& policy) {
  return filtered(resume(state, found, policy),
                  [](const Action& action) { return action.type != Action::Type::spawn; });
}

Step resumes_without_watching(const ServiceState& state, const Found& found, const Policy& policy) {
  return filtered(resume(state, found, policy),
                  [](const Action& action) { return action.type != Action::Type::watch_ready; });
}

Step resumes_without_signals(const ServiceState& state, const Found& found, const Policy& policy) {
  return filtered(resume(state, found, policy),
                  [](const Action& action) { return !is_signal(action); });
}

Step counts_each_resume(const ServiceState& state, const Found& found, const Policy& policy) {
  Step wrong = resume(state, found, policy);
  ++wrong.state.restarts;
  return wrong;
}

struct Broken {
  const char* name = "";
  Machine machine{};
  const char* mistake = "";
};

class ABrokenMachine : public testing::TestWithParam<Broken> {};

TEST_P(ABrokenMachine, is_caught) {
  const Policy policy = small_policy(Kind::service, RestartWhen::never, true, ladders()[2]);
  const Walked walked = walk(GetParam().machine, policy, 200'000);
  EXPECT_EQ(walked.mistake.substr(0, walked.mistake.find(',')), GetParam().mistake)
      << walked.mistake;
}

std::string broken_name(const testing::TestParamInfo<Broken>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    walker, ABrokenMachine,
    testing::Values(
        Broken{"spawns_while_stopping",
               {.step = spawns_while_stopping},
               "a second process of one service"},
        Broken{"forgets_a_stop_before_the_process_exists",
               {.step = forgets_a_stop_before_the_process_exists},
               "stop comes to a halt in up"},
        Broken{"forgets_to_acknowledge",
               {.step = forgets_to_acknowledge},
               "an end without acknowledgement"},
        Broken{"acknowledges_too_late",
               {.step = acknowledges_too_late},
               "a spawn before the end of the last run is acknowledged"},
        Broken{"listens_to_other_runs",
               {.step = listens_to_other_runs},
               "an event of another run changes something"},
        Broken{"ignores_leftovers", {.step = ignores_leftovers}, "stop comes to a halt in stopped"},
        Broken{"waits_for_ever_while_stopping",
               {.step = waits_for_ever_while_stopping},
               "stop comes to a halt in stopping"},
        Broken{"signals_what_is_gone",
               {.step = signals_what_is_gone},
               "a stage is signalled once when it begins and once when the leader has ended"},
        Broken{"never_sends_kill",
               {.step = never_sends_kill},
               "a stage is signalled once when it begins and once when the leader has ended"},
        Broken{"forgets_to_tell_that_it_finished",
               {.step = forgets_to_tell_that_it_finished},
               "finished is told exactly when it ended for good by itself"},
        Broken{"restarts_what_nobody_wants",
               {.step = restarts_what_nobody_wants},
               "a run that nobody wants"},
        Broken{"resumes_with_a_second_process",
               {.resume = resumes_with_a_second_process},
               "a second process of one service"},
        Broken{"resumes_without_the_unborn",
               {.resume = resumes_without_the_unborn},
               "the state knows a leader that does not exist"},
        Broken{"resumes_without_watching",
               {.resume = resumes_without_watching},
               "readiness is watched exactly while a started leader is starting"},
        Broken{"resumes_without_signals",
               {.resume = resumes_without_signals},
               "stop comes to a halt in stopping"},
        Broken{"counts_each_resume",
               {.resume = counts_each_resume},
               "to resume twice does more than to resume once"}),
    broken_name);

// --- deaf to one line of the table --------------------------------------------------------------

struct Line {
  Phase phase{};
  Event::Type event{};
};

Line deaf_to{};

Step deaf_step(const ServiceState& state, const Event& event, const Policy& policy) {
  if (state.phase != deaf_to.phase || event.type != deaf_to.event) {
    return step(state, event, policy);
  }
  Step unmoved{.state = state};
  if (event.type == Event::Type::ended) {
    unmoved.actions.add({Action::Type::acknowledge, 0, event.run});
  }
  return unmoved;
}

bool is_caught_in_some_life(const Machine& machine) {
  for (const Kind kind : {Kind::service, Kind::task}) {
    for (const RestartWhen when : {RestartWhen::never, RestartWhen::failure}) {
      const Policy policy = small_policy(kind, when, true, ladders()[2]);
      if (!walk(machine, policy, 10'000).mistake.empty()) {
        return true;
      }
    }
  }
  return false;
}

TEST(walker, catches_whoever_is_deaf_to_a_line_of_the_table) {
  using enum Event::Type;
  const std::vector<std::pair<Phase, std::vector<Event::Type>>> lines = {
      {Phase::stopped, {start, restart}},
      {Phase::waiting, {start, stop, restart, requirements_met}},
      {Phase::starting, {stop, restart, spawned, spawn_failed, ready, ended, deadline}},
      {Phase::up, {stop, restart, ended}},
      {Phase::reloading, {stop, restart, ended}},
      {Phase::stopping, {start, stop, restart, spawned, spawn_failed, ended, tree_gone, deadline}},
      {Phase::backoff, {start, stop, restart, deadline}},
      {Phase::cooling_down, {start, stop, restart, deadline}},
      {Phase::failed, {start, stop, restart}},
      {Phase::done, {start, restart}},
  };
  for (const auto& [phase, events] : lines) {
    for (const Event::Type event : events) {
      deaf_to = {phase, event};
      EXPECT_TRUE(is_caught_in_some_life({.step = deaf_step}))
          << word(phase) << ", " << word(event);
    }
  }
}

}  // namespace

}  // namespace tend::service::test
