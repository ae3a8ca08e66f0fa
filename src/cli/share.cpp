#include "cli/share.hpp"

#include <cerrno>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/run/word.hpp"
#include "jobs/detached/detached_folder.hpp"
#include "jobs/detached/record_file.hpp"
#include "jobs/detached/recording.hpp"
#include "jobs/detached/recording_backend.hpp"
#include "jobs/detached/recordings.hpp"
#include "jobs/detached/replay_backend.hpp"
#include "jobs/detached/share.hpp"
#include "jobs/front/runner.hpp"
#include "jobs/local/local_backend.hpp"
#include "jobs/output/spill_file.hpp"

namespace tend::cli {

namespace {

/// A new file for this start of the task. One that Slurm has given up for lost may still write its
/// own.
Result<jobs::RecordFile> create_recording(const jobs::DetachedFolder& folder, unsigned task,
                                          unsigned start) {
  while (true) {
    auto file =
        jobs::RecordFile::create(folder.file(jobs::DetachedFolder::recording_name(task, start)));
    if (file || file.error().code != EEXIST) {
      return file;
    }
    ++start;
  }
}

/// Through, unless it was interrupted or could not go on.
bool is_share_done(int exit_code) { return exit_code < exit_tend_failed; }

Result<int> run_task(const jobs::DetachedFolder& folder, unsigned task) {
  const jobs::DetachedPlan plan = TEND_TRY(folder.read_plan());
  // Slurm starts a task again whose node has failed.
  jobs::Recordings earlier;
  for (const std::string& path : TEND_TRY(folder.recordings_of(task))) {
    TEND_TRY(earlier.add(path));
    if (earlier.is_whole(earlier.file_count() - 1)) {
      return 0;
    }
  }
  const auto start = static_cast<unsigned>(earlier.file_count());
  jobs::ShareJobs share =
      TEND_TRY(jobs::ShareJobs::open(folder.file(jobs::DetachedFolder::share_name(task))));
  jobs::RecordFile file = TEND_TRY(create_recording(folder, task, start));
  jobs::AttemptSettings settings = plan.settings;
  settings.token += text::format(".{}.{}", task, start);
  const unsigned slot_offset = (task - 1) * plan.slots;

  const jobs::MakeBackend local = [&](os::EventLoop& loop, jobs::BackendEvents& events) {
    return jobs::LocalBackend::make(loop, events, {.settings = settings});
  };
  const jobs::MakeBackend recording = [&](os::EventLoop& loop, jobs::BackendEvents& events) {
    return jobs::RecordingBackend::make(loop, events, file, slot_offset, local);
  };
  jobs::RunParts parts{
      .source = share,
      .make_backend =
          [&](os::EventLoop& loop, jobs::BackendEvents& events) {
            return jobs::ReplayBackend::make(loop, events, earlier, recording,
                                             jobs::ReplayBackend::Live::at_once);
          },
      .identify = [&share](const jobs::Job& job) { return share.identity_of(job.sequence); }};
  const int code = TEND_TRY(jobs::Runner::run(
      {.schedule = {.slots = plan.slots, .delay = plan.delay, .retries = plan.retries},
       .timeout = plan.timeout,
       .mode = jobs::OutputMode::grouped,
       .shown = jobs::Shown::nothing,
       .spill_directory = jobs::spill_directory(),
       .command = plan.command},
      std::move(parts)));
  if (is_share_done(code)) {
    std::string all;
    jobs::append_event(all, jobs::RecordedAll{});
    TEND_TRY(file.append(all));
  }
  TEND_TRY(file.sync());
  return code;
}

}  // namespace

Outcome<int> run_share(std::span<const std::string> words) {
  const auto task = words.size() == 2 ? parse_integer<unsigned>(words[1]) : std::nullopt;
  if (task.value_or(0) == 0) {
    return fail(exit_usage,
                text::format("{} is for the tasks that `tend run --detach` submits; it takes their "
                             "folder and their number",
                             share_word));
  }
  const jobs::DetachedFolder folder(words[0]);
  if (!folder.exists()) {
    return fail(exit_tend_failed,
                text::format("run: {} is not there: the run was called off, or it lies on a file "
                             "system that this node does not share",
                             text::printable(folder.path())));
  }
  return or_tend_failed(run_task(folder, *task));
}

}  // namespace tend::cli
