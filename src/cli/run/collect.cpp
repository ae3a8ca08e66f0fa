#include "cli/run/collect.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/run/word.hpp"
#include "jobs/detached/slurm_queue.hpp"

namespace tend::cli {

namespace {

enum class TaskState : std::uint8_t {
  through,  ///< It has done its whole share.
  runs,     ///< Its file is being written.
  open,     ///< Nobody knows: it has ended, or never begun, or runs where locks do not work.
};

/// `2 running, 1 pending (Resources)`.
std::string counted_states(const std::vector<std::string>& states) {
  std::map<std::string, unsigned> counts;
  for (const std::string& state : states) {
    ++counts[state];
  }
  std::vector<std::string> words;
  for (const auto& [state, count] : counts) {
    words.push_back(text::format("{} {}", count, state));
  }
  return text::join(words, ", ");
}

/// Reads what a task has recorded.
Result<TaskState> read_task(const jobs::DetachedFolder& folder, unsigned task,
                            jobs::Recordings& recordings) {
  bool is_whole = false;
  bool is_being_written = false;
  for (const std::string& path : TEND_TRY(folder.recordings_of(task))) {
    // Asked before it is read: who writes on meanwhile is seen.
    const bool has_writer = TEND_TRY(jobs::is_being_written(path));
    TEND_TRY(recordings.add(path));
    const std::size_t file = recordings.file_count() - 1;
    is_whole |= recordings.is_whole(file);
    is_being_written |= has_writer && !recordings.is_whole(file);
    if (recordings.is_torn(file) && !has_writer) {
      complain(text::format("run: {} is torn; what was recorded behind that place runs again",
                            text::printable(path)));
    }
  }
  return is_being_written ? TaskState::runs : is_whole ? TaskState::through : TaskState::open;
}

}  // namespace

Outcome<std::optional<Collection>> Collection::open(const Invocation& invocation,
                                                    const std::string& command) {
  const auto log = invocation.value("log");
  if (!log) {
    return std::nullopt;
  }
  auto folder = TEND_TRY(or_tend_failed(jobs::DetachedFolder::beside(*log)));
  if (!folder.exists()) {
    return std::nullopt;
  }
  if (!invocation.has("resume")) {
    return fail(exit_usage,
                text::format("run: {} holds a detached run that nobody has collected: collect it "
                             "with --resume, or remove the folder",
                             text::printable(folder.path())));
  }
  auto plan = TEND_TRY(or_tend_failed(folder.read_plan()));
  if (plan.command != command && !invocation.has("force")) {
    return fail(exit_usage,
                text::format("run: the detached run in {} is of another command: {}, not {}; with "
                             "--force the jobs that have the same arguments are collected",
                             text::printable(folder.path()), text::printable(plan.command),
                             text::printable(command)));
  }
  Collection collection(std::move(folder), std::move(plan));
  TEND_TRY(collection.read(invocation.has("force")));
  return collection;
}

/// Slurm is asked first: a task that ends between the question and the reading is known as whole.
Outcome<void> Collection::read(bool is_forced) {
  const auto queue = jobs::tasks_in_queue(plan_.name);
  std::vector<unsigned> lost;
  std::vector<std::string> living;
  for (unsigned task = 1; task <= plan_.tasks; ++task) {
    const TaskState state = TEND_TRY(or_tend_failed(read_task(folder_, task, recordings_)));
    if (state == TaskState::open && queue && queue->contains(task)) {
      living.push_back(queue->at(task));
    } else if (state == TaskState::runs) {
      living.emplace_back("running");
    } else if (state == TaskState::open) {
      lost.push_back(task);
    }
  }
  if (!living.empty()) {
    const std::string job = folder_.slurm_job().value_or("--name=" + plan_.name);
    return fail(
        exit_tend_failed,
        text::format("run: {} has not ended: {} of {} tasks: {}; come again, or end it with "
                     "scancel {}",
                     title(), living.size(), plan_.tasks, counted_states(living), job));
  }
  if (!lost.empty() && !queue && !is_forced) {
    return fail(exit_tend_failed,
                text::format("run: {} of {} tasks of {} have not said that they are through, and "
                             "Slurm does not say whether they still run: {}; if they do not, "
                             "--force collects what is there and runs the rest",
                             lost.size(), plan_.tasks, title(), queue.error().message()));
  }
  if (!lost.empty()) {
    complain(
        text::format("run: {} of {} tasks of {} were lost; what they had begun and not "
                     "recorded may run twice",
                     lost.size(), plan_.tasks, title()));
  }
  return {};
}

jobs::MakeBackend Collection::backend_maker(jobs::MakeBackend live,
                                            jobs::ReplayBackend::Live when) {
  return [this, live = std::move(live), when](os::EventLoop& loop, jobs::BackendEvents& events) {
    return jobs::ReplayBackend::make(loop, events, recordings_, live, when);
  };
}

void Collection::close(int exit_code) {
  const std::size_t left = recordings_.unused_count();
  if (exit_code >= exit_tend_failed) {
    complain(text::format("run: {} keeps what was not collected", text::printable(folder_.path())));
  } else if (left > 0) {
    complain(text::format("run: {} keeps {} result{} of jobs that this run did not come to",
                          text::printable(folder_.path()), left, left == 1 ? "" : "s"));
  } else if (const auto removed = folder_.remove(); !removed) {
    complain("run: " + removed.error().message());
  }
}

std::string Collection::title() const {
  const auto job = folder_.slurm_job();
  return job ? "Slurm job " + *job : "the detached run in " + text::printable(folder_.path());
}

}  // namespace tend::cli
