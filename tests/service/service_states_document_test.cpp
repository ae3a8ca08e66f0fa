// Prints docs/service-states.md from step() and compares: the document cannot rot. With
// TEND_UPDATE_DOCS=1 in the environment it is written anew.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "service/director/service_state.hpp"

namespace tend::service::test {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t now_ns = 1000 * second;

constexpr const char* introduction = R"(# The life of a service

<!-- Printed by a test from the code. `TEND_UPDATE_DOCS=1 ctest -R service_states_document` writes it anew. -->

Every service and every task is in one of ten phases, and a pure function,
`step(state, event, policy)`, says what each event leads to. The director feeds it, stores the new
state, and then performs the actions in order. `src/service/director/service_state.cpp` holds the
table that is shown here.

```
            start             requirements met
 stopped ----------> waiting ------------------.
    |                                          v      spawned, ready         RELOADING=1
    |  start, and all is there           +----------+              +----+ -------------> +-----------+
    '----------------------------------> | starting | -----------> | up |                | reloading |
                                         +----------+              +----+ <------------- +-----------+
                                               |                     |        READY=1         |
                         stop, restart,        |    stop, restart,   |                        |
                         not ready in time,    |    the leader ends  |                        |
                         the leader ends       v                     v                        v
                                         +----------------------------------------------------------+
                                         | stopping      until nothing of its processes is left     |
                                         +----------------------------------------------------------+
                                            |              |               |                |
                                     asked, |     restart  |      restart  |        failed, |
                                 or success |     asked    |      by the   |     not to be  |
                                            |              |      policy   |      restarted |
                                            v              v               v                v
                                         stopped        starting        backoff          failed
                                      done (a task)     or waiting   or cooling-down
                                                           ^               |
                                                           '--- deadline --'
```

- If nothing is left when the leader ends, `stopping` takes no time and is not seen.
- `backoff` waits for the pause of the policy; where there is none (before the first restart, unless a
  `delay` was asked for) the next run begins at once, and `backoff` is not seen. `cooling-down` follows
  when a service has ended too often. Both end at their deadline, and `start` ends them at once.
- A polite signal goes to the leader alone. When it has ended, and for KILL, all of the tree gets the
  signal of the stage.
- A deadline belongs to `starting` (readiness timeout), `stopping` (this stage of the ladder),
  `backoff` and `cooling-down` (next attempt), and to nothing else.
- An event that is not listed changes nothing; neither does one that speaks of another run, or a
  deadline before its time. An end is always acknowledged, so that the keeper can reap.

## What each event leads to

For a service with `ready = "notify"`, `restart = { when = "failure", delay = "100ms" }`,
`stop = [["TERM", "8s"], ["KILL", "2s"]]`, and the default times. *Too early* means that something
it requires is not there.
)";

/// A phase, or a part of one, that the document shows by itself.
struct Scene {
  std::string title{};
  std::string text{};
  ServiceState state{};
  Kind kind = Kind::service;
};

/// An event, and how it can differ; the first way of `start`, say, is the plain one.
struct Cue {
  struct Way {
    const char* name = "";
    Event event{};
  };
  const char* name = "";
  std::vector<Way> ways{};
};

/// Where it leads, the actions, the deadline.
using Cells = std::array<std::string, 3>;

struct Row {
  std::string names{};
  Cells outcome{};
};

Policy policy_for(Kind kind) {
  static const std::vector<StopStage> ladder = {{SIGTERM, 8s}, {SIGKILL, 2s}};
  Policy policy{.kind = kind,
                .has_readiness = kind == Kind::service,
                .ready_timeout_ns = 60 * second,
                .stop = ladder};
  policy.restart.when = RestartWhen::failure;
  policy.restart.first_at_once = false;
  return policy;
}

ServiceState in_phase(Phase phase, Leader leader, std::int64_t deadline_s = 0) {
  return {.phase = phase,
          .leader = leader,
          .wanted = true,
          .run = 7,
          .deadline_ns = deadline_s == 0 ? 0 : now_ns + deadline_s * second,
          .since_ns = now_ns - second,
          .started_ns = now_ns - second};
}

ServiceState stopping(Leader leader, std::uint8_t stage, std::int64_t deadline_s) {
  ServiceState state = in_phase(Phase::stopping, leader, deadline_s);
  state.wanted = false;
  state.cause = Cause::asked;
  state.stop_stage = stage;
  return state;
}

ServiceState never_wanted() {
  ServiceState state = in_phase(Phase::stopped, Leader::none);
  state.wanted = false;
  return state;
}

std::vector<Scene> scenes() {
  ServiceState crashed = stopping(Leader::none, 0, 8);
  crashed.wanted = true;
  crashed.cause = Cause::exited;
  crashed.after_stop = Phase::backoff;
  return {
      {"stopped", "Not wanted, or ended with success.", never_wanted()},
      {"waiting", "Wanted; something it requires is not there yet.",
       in_phase(Phase::waiting, Leader::none)},
      {"starting, before the process is known",
       "A run was asked for. Its process may not exist yet, or not have executed its program.",
       in_phase(Phase::starting, Leader::asked, 60)},
      {"starting", "The program runs, and has not said that it is ready.",
       in_phase(Phase::starting, Leader::alive, 60)},
      {"up", "Running and ready. (Without `ready`, `spawned` leads here.)",
       in_phase(Phase::up, Leader::alive)},
      {"up, a task", "A task runs to its end.", in_phase(Phase::up, Leader::alive), Kind::task},
      {"reloading", "Running; it has said RELOADING=1.", in_phase(Phase::reloading, Leader::alive)},
      {"stopping, before the process is known",
       "Nothing can be signalled yet: the ladder begins when the process is known.",
       stopping(Leader::asked, 0, 0)},
      {"stopping, first stage", "The leader got TERM.", stopping(Leader::alive, 0, 8)},
      {"stopping, last stage",
       "All got KILL. After the deadline it is shown as stuck, and still waited for.",
       stopping(Leader::alive, 1, 2)},
      {"stopping, leftovers", "The leader crashed, and left processes behind.", crashed},
      {"backoff", "It failed; the next run begins at the deadline.",
       in_phase(Phase::backoff, Leader::none, 1)},
      {"cooling-down", "It failed too often; the next run begins at the deadline.",
       in_phase(Phase::cooling_down, Leader::none, 60)},
      {"failed", "It failed, and the policy does not bring it back.",
       in_phase(Phase::failed, Leader::none)},
      {"done", "A task that completed.", in_phase(Phase::done, Leader::none), Kind::task},
  };
}

Cue plain(Event event) { return {word(event.type), {{"", event}}}; }

/// An event that may begin a run.
Cue beginning(Event::Type type) {
  return {word(type),
          {{"", {.type = type}}, {" too early", {.type = type, .requirements_met = false}}}};
}

std::vector<Cue> cues() {
  using enum Event::Type;
  constexpr Outcome success{.how = Outcome::How::exited, .value = 0};
  constexpr Outcome failure{.how = Outcome::How::exited, .value = 1};
  constexpr Outcome broken{.how = Outcome::How::not_started, .value = 2};
  return {beginning(start),
          beginning(restart),
          plain({.type = stop}),
          plain({.type = hurry}),
          plain({.type = requirements_met}),
          plain({.type = spawned}),
          plain({.type = spawn_failed, .outcome = broken}),
          plain({.type = ready}),
          plain({.type = reloading}),
          plain({.type = extend, .duration_ns = 90 * second}),
          {"ended",
           {{" with success", {.type = ended, .outcome = success}},
            {" with failure", {.type = ended, .outcome = failure}},
            {", leaving processes", {.type = ended, .tree_is_empty = false, .outcome = failure}}}},
          plain({.type = tree_gone}),
          beginning(deadline),
          plain({.type = dependency_restarted})};
}

std::string phase_text(const ServiceState& state) {
  std::string text = std::string("`") + word(state.phase) + "`";
  if (state.phase == Phase::stopping) {
    text += std::string(", then `") + word(state.after_stop) + "`";
  }
  if (state.is_stuck()) {
    text += ", stuck";
  }
  return text;
}

std::string action_text(const Action& action) {
  std::string text = word(action.type);
  if (action.signal != 0) {
    text += action.signal == SIGKILL ? " KILL" : " TERM";
  }
  return text;
}

std::string deadline_text(const ServiceState& state, std::int64_t at_ns) {
  if (state.deadline_ns == 0) {
    return "";
  }
  const std::int64_t left_ms = (state.deadline_ns - at_ns) / 1'000'000;
  return left_ms % 1000 == 0 ? std::to_string(left_ms / 1000) + "s"
                             : std::to_string(left_ms) + "ms";
}

/// What the event leads to, as the cells of a table after the first; none if to nothing.
Cells outcome_of(const Scene& scene, Event event) {
  event.run = scene.state.run;
  event.next_run = scene.state.run + 1;
  event.now_ns = event.type == Event::Type::deadline ? scene.state.deadline_ns : now_ns;
  const Step result = step(scene.state, event, policy_for(scene.kind));
  std::string actions;
  for (const Action& action : result.actions.list()) {
    actions += (actions.empty() ? "" : ", ") + action_text(action);
  }
  if (result.state == scene.state) {
    return {};
  }
  return {phase_text(result.state), actions, deadline_text(result.state, event.now_ns)};
}

/// Adds a row, or a name to the row that leads to the same.
void add(std::vector<Row>& rows, const std::string& name, const Cells& outcome) {
  const auto same = std::ranges::find(rows, outcome, &Row::outcome);
  if (same != rows.end()) {
    same->names += "; " + name;
  } else {
    rows.push_back({name, outcome});
  }
}

std::vector<Row> rows_of(const Scene& scene) {
  std::vector<Row> rows;
  for (const auto& [name, ways] : cues()) {
    std::vector<Row> own;
    for (const auto& [way, event] : ways) {
      const Cells outcome = outcome_of(scene, event);
      if (outcome != Cells{}) {
        add(own, name + std::string(way), outcome);
      }
    }
    for (const Row& row : own) {
      // What two ways lead to needs no word about the way.
      add(rows, row.names.contains(';') ? name : row.names, row.outcome);
    }
  }
  return rows;
}

/// A table whose columns are aligned, so that it can be read as plain text, too.
std::string table(const std::vector<Row>& rows) {
  std::vector<std::array<std::string, 4>> lines = {{"event", "leads to", "actions", "deadline in"}};
  for (const auto& [names, outcome] : rows) {
    lines.push_back({names, outcome[0], outcome[1], outcome[2]});
  }
  std::array<std::size_t, 4> widths{};
  for (const auto& line : lines) {
    for (std::size_t column = 0; column < line.size(); ++column) {
      widths[column] = std::max(widths[column], line[column].size());
    }
  }
  std::array<std::string, 4> rule;
  std::ranges::transform(widths, rule.begin(),
                         [](std::size_t width) { return std::string(width, '-'); });
  lines.insert(lines.begin() + 1, rule);

  std::string text;
  for (const auto& line : lines) {
    for (std::size_t column = 0; column < line.size(); ++column) {
      text += "| " + line[column] + std::string(widths[column] - line[column].size() + 1, ' ');
    }
    text += "|\n";
  }
  return text;
}

std::string document() {
  std::string text = introduction;
  for (const Scene& scene : scenes()) {
    text += "\n### " + scene.title + "\n\n" + scene.text + "\n\n" + table(rows_of(scene));
  }
  return text;
}

TEST(service_states_document, shows_what_step_does) {
  const std::string path = TEND_SOURCE_DIR "/docs/service-states.md";
  const std::string fresh = document();
  if (std::getenv("TEND_UPDATE_DOCS") != nullptr) {
    std::ofstream(path, std::ios::binary) << fresh;
  }
  std::ostringstream stored;
  stored << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_TRUE(stored.str() == fresh)
      << path << " is not what step() does; TEND_UPDATE_DOCS=1 renews it";
}

}  // namespace

}  // namespace tend::service::test
