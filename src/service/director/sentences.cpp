#include "service/director/sentences.hpp"

#include <cerrno>
#include <chrono>

#include <tend/signal.hpp>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "os/spawn_options.hpp"
#include "service/director/run_options.hpp"

namespace tend::service {

namespace {

constexpr int exit_not_executable = 126;
constexpr int exit_not_found = 127;

std::string not_started_text(const Outcome& outcome, const ServiceSpec& spec) {
  return os::describe_spawn_failure(outcome.step, outcome.value, run_options(spec, {})).message();
}

std::string outcome_text(const Outcome& outcome, const ServiceSpec& spec) {
  switch (outcome.how) {
    case Outcome::How::none: return "never ran";
    case Outcome::How::exited: return text::format("exited with {}", outcome.value);
    case Outcome::How::killed: return "killed by " + signal_name(outcome.value);
    case Outcome::How::dumped: return "killed by " + signal_name(outcome.value) + " (core dumped)";
    case Outcome::How::not_started: return not_started_text(outcome, spec);
    case Outcome::How::unknown: return "ended, and nobody could tell how";
  }
  return {};
}

std::string span_text(std::int64_t ns) {
  return human_duration(std::chrono::nanoseconds(ns > 0 ? ns : 0));
}

/// How the last run ended, as the beginning of a sentence.
std::string end_text(const ServiceState& state, const ServiceSpec& spec) {
  switch (state.cause) {
    case Cause::not_started: return "could not be started: " + outcome_text(state.last, spec);
    case Cause::not_ready: return "was not ready in time";
    case Cause::ended_before_ready: return outcome_text(state.last, spec) + " before it was ready";
    case Cause::asked: return "stopped as asked";
    case Cause::dependency: return "restarted with a service it requires";
    case Cause::none:
    case Cause::exited: return outcome_text(state.last, spec);
  }
  return {};
}

std::string readiness_text(const ServiceSpec& spec) {
  const Readiness& ready = spec.ready;
  switch (ready.means) {
    case ReadyMeans::none: return "the start of the program";
    case ReadyMeans::notify: return "READY=1 from it";
    case ReadyMeans::fd: return text::format("a newline on its descriptor {}", ready.fd);
    case ReadyMeans::tcp:
      return text::format("{}:{} to accept connections", ready.host, ready.port);
    case ReadyMeans::http:
      return text::format("http://{}:{}{} to answer", ready.host, ready.port, ready.path);
    case ReadyMeans::exec: return "the command " + text::shell_words(ready.exec) + " to succeed";
    case ReadyMeans::delay: return duration_text(ready.delay) + " to pass";
  }
  return {};
}

std::string starting_text(const ServiceState& state, const ServiceSpec& spec,
                          const Circumstances& circumstances) {
  if (state.leader == Leader::asked) {
    return "being started";
  }
  std::string sentence = "running, and waiting for " + readiness_text(spec);
  if (state.deadline_ns != 0) {
    sentence += text::format(" (for {} more)", span_text(state.deadline_ns - circumstances.now_ns));
  }
  if (!circumstances.problem.empty()) {
    sentence += "; last answer: " + circumstances.problem;
  }
  return sentence;
}

std::string stopping_text(const ServiceState& state, const ServiceSpec& spec,
                          const Circumstances& circumstances) {
  const auto stage = static_cast<std::size_t>(state.stop_stage);
  const std::string signal =
      stage < spec.stop.size() ? signal_name(spec.stop[stage].signal) : "SIGKILL";
  if (state.leader == Leader::none) {
    return text::format("{}; {} of its processes still live, {} was sent{}", end_text(state, spec),
                        circumstances.leftovers, signal,
                        state.is_stuck() ? " and does not end them" : "");
  }
  if (state.is_stuck()) {
    return signal + " was sent, and it does not end: it is stuck in the kernel, see its state D";
  }
  return text::format("{} was sent; {} until the next step", signal,
                      span_text(state.deadline_ns - circumstances.now_ns));
}

}  // namespace

std::optional<LastExit> last_exit(const Outcome& outcome, const ServiceSpec& spec) {
  LastExit exit{.text = outcome_text(outcome, spec)};
  switch (outcome.how) {
    case Outcome::How::none: return std::nullopt;
    case Outcome::How::exited:
      exit.how = "exited";
      exit.code = outcome.value;
      break;
    case Outcome::How::killed:
    case Outcome::How::dumped:
      exit.how = outcome.how == Outcome::How::killed ? "killed" : "dumped";
      exit.signal = signal_name(outcome.value);
      break;
    case Outcome::How::not_started: exit.how = "not started"; break;
    case Outcome::How::unknown: exit.how = "unknown"; break;
  }
  return exit;
}

std::string reason(const ServiceState& state, const ServiceSpec& spec,
                   const Circumstances& circumstances) {
  switch (state.phase) {
    case Phase::stopped: return state.run == 0 ? "not started" : end_text(state, spec);
    case Phase::waiting:
      return circumstances.waiting_for.empty()
                 ? "about to start"
                 : "waiting for " + text::join(circumstances.waiting_for, ", ");
    case Phase::starting: return starting_text(state, spec, circumstances);
    case Phase::up:
      return spec.kind == Kind::task                ? "running"
             : spec.ready.means == ReadyMeans::none ? "running"
                                                    : "running and ready";
    case Phase::reloading: return "running, and reloading as it said";
    case Phase::stopping: return stopping_text(state, spec, circumstances);
    case Phase::backoff:
      return text::format("{}; next start in {}", end_text(state, spec),
                          span_text(state.deadline_ns - circumstances.now_ns));
    case Phase::cooling_down:
      return text::format("{}; it ended more than {} times in {}, so it rests; next start in {}",
                          end_text(state, spec), spec.restart.limit,
                          duration_text(spec.restart.limit_window),
                          span_text(state.deadline_ns - circumstances.now_ns));
    case Phase::failed: return end_text(state, spec);
    case Phase::done: return "completed";
  }
  return {};
}

Happening happening(const ServiceState& before, const ServiceState& after, const ServiceSpec& spec,
                    const Circumstances& circumstances) {
  if (before.leader != Leader::alive && after.leader == Leader::alive) {
    return {.text = text::format("started (pid {})", circumstances.pid)};
  }
  if (before.is_active() && after.restarts != before.restarts) {
    // Without a pause in between, this is the only change that tells of the end.
    return {.text = end_text(after, spec) + "; " +
                    (after.phase == Phase::waiting ? reason(after, spec, circumstances)
                                                   : "restarted at once"),
            .is_bad = !after.last.is_success()};
  }
  if (before.phase == after.phase) {
    return {};
  }
  switch (after.phase) {
    case Phase::up: return {.text = before.phase == Phase::reloading ? "reloaded" : "ready"};
    case Phase::reloading: return {.text = "reloading"};
    case Phase::waiting: return {.text = reason(after, spec, circumstances)};
    case Phase::stopping:
      return {.text = after.cause == Cause::asked ? "stopping" : reason(after, spec, circumstances),
              .is_bad = after.cause != Cause::asked && after.cause != Cause::dependency};
    case Phase::stopped:
      return {.text = before.is_active() || before.phase == Phase::backoff ||
                              before.phase == Phase::cooling_down
                          ? (after.last.how == Outcome::How::none || before.leader == Leader::none
                                 ? "stopped"
                                 : "stopped: " + outcome_text(after.last, spec))
                          : ""};
    case Phase::backoff:
    case Phase::cooling_down:
    case Phase::failed:
      return {.text = reason(after, spec, circumstances),
              .is_bad = !after.last.is_success() || after.phase != Phase::backoff};
    case Phase::done: return {.text = "completed"};
    case Phase::starting: return {};
  }
  return {};
}

int exit_code_of(const Outcome& outcome) noexcept {
  switch (outcome.how) {
    case Outcome::How::none: return 0;
    case Outcome::How::exited: return outcome.value;
    case Outcome::How::killed:
    case Outcome::How::dumped: return 128 + outcome.value;
    case Outcome::How::not_started:
      return outcome.value == ENOENT ? exit_not_found : exit_not_executable;
    case Outcome::How::unknown: return 1;
  }
  return 1;
}

}  // namespace tend::service
