// `tend wait`: until processes have ended, which need not be children of anybody here.

#include <tend/process_handle.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/duration.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/process/choice.hpp"
#include "os/clock.hpp"
#include "os/poll.hpp"

namespace tend::cli {

namespace {

constexpr int exit_timed_out = 124;
// Where pidfds are refused nobody wakes us.
constexpr std::chrono::milliseconds look_again{100};

/// One process that is waited for.
struct Waited {
  std::string name{};
  std::string title{};
  ProcessHandle process;
  std::optional<ProcessEnd> end{};
};

Outcome<std::vector<Waited>> open_all(const Choices& choices) {
  std::vector<Waited> all;
  for (const Choice& choice : choices.chosen) {
    auto handle = ProcessHandle::open(ProcessIdentity{
        .pid = choice.process.identity.pid, .start_ticks = choice.process.identity.start_ticks});
    if (!handle) {
      return fail(exit_failed,
                  text::format("{}: {}", choice.process.title, handle.error().message()));
    }
    all.push_back(
        {.name = choice.name, .title = choice.process.title, .process = *std::move(handle)});
  }
  return all;
}

std::string end_words(const ProcessEnd& end) {
  return end.status ? end.status->description()
                    : "ended; how is not known (Linux tells it from 6.15 on)";
}

json::Value object_of(const Waited& waited) {
  json::Value object = json::Value::object({{"pid", waited.process.pid()},
                                            {"name", waited.name},
                                            {"ended", waited.end.has_value()},
                                            {"code", nullptr},
                                            {"signal", nullptr},
                                            {"core", nullptr}});
  if (waited.end && waited.end->status) {
    const ExitStatus& status = *waited.end->status;
    object.set("code", status.code());
    if (const auto signal = status.signal()) {
      object.set("signal", signal_name(*signal));
    }
    object.set("core", status.core_dumped());
  }
  return object;
}

class Waiting {
 public:
  Waiting(std::vector<Waited> all, const Invocation& invocation)
      : all_(std::move(all)), invocation_(invocation), out_(invocation) {}

  /// Whether what was waited for came in time.
  Outcome<bool> run(std::optional<os::Instant> deadline) {
    while (true) {
      TEND_TRY(look());
      if (left() == 0 || (invocation_.has("any") && left() < all_.size())) {
        return true;
      }
      if (!out_.flush() || (deadline && os::monotonic_now() >= *deadline)) {
        return false;
      }
      TEND_TRY(sleep(deadline));
    }
  }

  Outcome<int> finish(bool is_in_time) {
    if (!is_in_time && out_.is_good()) {
      tell_who_lives();
    }
    return out_.finish(is_in_time ? code_of_process() : exit_timed_out);
  }

 private:
  [[nodiscard]] std::size_t left() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(all_, [](const Waited& waited) { return !waited.end; }));
  }

  Outcome<void> look() {
    for (Waited& waited : all_) {
      if (waited.end) {
        continue;
      }
      waited.end = TEND_TRY(waited.process.try_wait());
      if (waited.end) {
        out_.line(invocation_.has("json") ? json::write(object_of(waited))
                                          : waited.title + ": " + end_words(*waited.end));
      }
    }
    return {};
  }

  Outcome<void> sleep(std::optional<os::Instant> deadline) {
    std::vector<os::PollEntry> entries;
    bool has_unwatched = false;
    for (const Waited& waited : all_) {
      if (!waited.end) {
        entries.push_back({.fd = &waited.process.pidfd()});
        has_unwatched = has_unwatched || !waited.process.pidfd();
      }
    }
    if (has_unwatched) {
      const os::Instant soon = os::monotonic_now() + look_again;
      deadline = deadline ? std::min(*deadline, soon) : soon;
    }
    static_cast<void>(TEND_TRY(os::poll_any(entries, deadline)));
    return {};
  }

  void tell_who_lives() {
    for (const Waited& waited : all_) {
      if (waited.end) {
        continue;
      }
      if (invocation_.has("json")) {
        out_.line(json::write(object_of(waited)));
      } else {
        complain(waited.title + " has not ended in time");
      }
    }
  }

  /// With --status that of the process that ended; else 0.
  [[nodiscard]] int code_of_process() const {
    if (!invocation_.has("status")) {
      return 0;
    }
    const auto ended =
        std::ranges::find_if(all_, [](const Waited& waited) { return waited.end.has_value(); });
    return ended != all_.end() && ended->end->status ? ended->end->status->shell_code()
                                                     : exit_tend_failed;
  }

  std::vector<Waited> all_;
  const Invocation& invocation_;
  Output out_;
};

Outcome<std::optional<os::Instant>> deadline_of(const Invocation& invocation) {
  const auto word = invocation.value("timeout");
  if (!word) {
    return std::nullopt;
  }
  const auto duration = parse_duration(*word);
  if (!duration) {
    return fail(exit_usage, "wait: --timeout: " + duration.error().message());
  }
  return os::monotonic_now() + *duration;
}

}  // namespace

Outcome<int> run_wait(const Invocation& invocation) {
  const std::optional<os::Instant> deadline = TEND_TRY(deadline_of(invocation));
  const Choices choices = TEND_TRY(
      choose_processes(invocation, invocation.has("all") ? Ambiguity::all : Ambiguity::refused));
  if (invocation.has("status") && choices.chosen.size() > 1 && !invocation.has("any")) {
    return fail(exit_usage, "wait: --status is about one process, or the first with --any");
  }
  Waiting waiting(TEND_TRY(open_all(choices)), invocation);
  const bool is_in_time = TEND_TRY(waiting.run(deadline));
  return waiting.finish(is_in_time);
}

}  // namespace tend::cli
