#include "cli/run/detach.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/run/run_log.hpp"
#include "cli/run/word.hpp"
#include "jobs/detached/detached_folder.hpp"
#include "jobs/detached/share.hpp"
#include "jobs/detached/slurm_queue.hpp"
#include "jobs/log/job_identity.hpp"
#include "jobs/remote/slurm.hpp"
#include "os/readable.hpp"

namespace tend::cli {

namespace {

std::string counted(std::uint64_t count, std::string_view thing) {
  return text::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

/// All jobs, waiting for the input where it has none yet.
Result<> for_each_job(jobs::JobSource& source,
                      const std::function<Result<>(const jobs::Job&)>& take) {
  while (true) {
    const jobs::NextJob next = TEND_TRY(source.next());
    if (const auto* job = std::get_if<jobs::Job>(&next)) {
      TEND_TRY(take(*job));
    } else if (const auto* wait = std::get_if<jobs::WaitForInput>(&next)) {
      static_cast<void>(TEND_TRY(os::wait_readable(*wait->descriptor, std::nullopt)));
    } else {
      return {};
    }
  }
}

/// Takes the folder away again if its run comes to nothing.
class FolderInTheMaking {
 public:
  explicit FolderInTheMaking(const jobs::DetachedFolder& folder) : folder_(folder) {}
  ~FolderInTheMaking() {
    if (!is_kept_) {
      static_cast<void>(folder_.remove());
    }
  }
  FolderInTheMaking(const FolderInTheMaking&) = delete;
  FolderInTheMaking& operator=(const FolderInTheMaking&) = delete;

  void keep() { is_kept_ = true; }

 private:
  const jobs::DetachedFolder& folder_;
  bool is_kept_ = false;
};

class Detaching {
 public:
  Detaching(const Invocation& invocation, const Place& place, const jobs::RunOptions& options,
            const jobs::AttemptSettings& settings, jobs::DetachedFolder folder,
            jobs::SlurmArray array)
      : invocation_(invocation),
        place_(place),
        options_(options),
        settings_(settings),
        folder_(std::move(folder)),
        array_(std::move(array)) {
    array_.name = "tend-" + settings_.token;
    array_.folder = folder_.path();
    array_.program = place_.remote.program;
  }

  Outcome<int> print_script(jobs::JobSource& source) {
    std::uint64_t jobs = 0;
    TEND_TRY(or_tend_failed(for_each_job(source, [&jobs](const jobs::Job&) {
      ++jobs;
      return Result<>();
    })));
    array_.tasks = static_cast<unsigned>(std::clamp<std::uint64_t>(jobs, 1, place_.remote.workers));
    Output out(invocation_);
    out.raw(jobs::array_script(array_));
    return out.finish(0);
  }

  Outcome<int> submit_run(jobs::JobSource& source) {
    // The log first: of a run that goes on it says what is missing, and it is ours from here on.
    const RunLog log = TEND_TRY(RunLog::open(invocation_, options_.command));
    TEND_TRY(create_folder());
    FolderInTheMaking folder(folder_);
    const auto shares = TEND_TRY(or_tend_failed(deal_out(source, log)));
    if (shares.job_count() == 0) {
      complain("run: there is nothing to do: no job is missing in the log");
      return 0;
    }
    array_.tasks = shares.task_count();
    TEND_TRY(or_tend_failed(write_files(shares.job_count())));
    folder.keep();
    return submit_files(shares.job_count());
  }

 private:
  Outcome<void> create_folder() {
    const auto created = folder_.create();
    if (!created && created.error().code == EEXIST) {
      return fail(exit_usage,
                  text::format("run: {} holds a detached run that nobody has collected; collect it "
                               "with --resume and without --detach, or remove the folder",
                               text::printable(folder_.path())));
    }
    return created ? Outcome<void>() : or_tend_failed(created);
  }

  Result<jobs::ShareWriter> deal_out(jobs::JobSource& source, const RunLog& log) {
    jobs::ShareWriter shares(folder_.path(), place_.remote.workers);
    jobs::IdentityCounter identities;
    TEND_TRY(for_each_job(source, [&](const jobs::Job& job) -> Result<> {
      const jobs::JobIdentity identity = identities.identify(job);
      return log.is_resumed() && log.is_done(identity) ? Result<>() : shares.add(job, identity);
    }));
    TEND_TRY(shares.finish());
    return shares;
  }

  Result<> write_files(std::uint64_t jobs) {
    jobs::DetachedPlan plan{.name = array_.name,
                            .command = options_.command,
                            .jobs = jobs,
                            .tasks = array_.tasks,
                            .slots = array_.slots,
                            .delay = options_.schedule.delay,
                            .retries = options_.schedule.retries,
                            .timeout = options_.timeout,
                            .settings = settings_};
    plan.settings.directory = TEND_TRY(job_directory(settings_.directory));
    TEND_TRY(folder_.write_plan(plan));
    return folder_.write_file("script", jobs::array_script(array_));
  }

  Outcome<int> submit_files(std::uint64_t jobs) {
    constexpr std::chrono::minutes answer_time{1};
    const auto job = jobs::submit(array_, place_.remote.answer_within.value_or(answer_time));
    if (!job) {
      return give_up(job.error());
    }
    if (const auto noted = folder_.write_file("slurm-job", *job + "\n"); !noted) {
      complain("run: " + noted.error().message());  // Its tasks are known by its name, too.
    }
    Output out(invocation_);
    out.raw(
        text::format("Slurm job {}: {} in {}\n"
                     "  watch    squeue --job={}\n"
                     "  end      scancel {}\n"
                     "  collect  the same command with --resume instead of --detach\n",
                     *job, counted(jobs, "job"), counted(array_.tasks, "task"), *job, *job));
    return out.finish(0);
  }

  /// Slurm may have taken it all the same: without the folder its tasks do nothing.
  Outcome<int> give_up(const Error& why) {
    const auto withdrawn = folder_.withdraw();
    if (withdrawn && *withdrawn) {
      const bool is_array_too_big = why.detail.contains("job array");
      return fail(exit_tend_failed,
                  "run: not submitted: " + why.message() +
                      (is_array_too_big
                           ? "; this cluster may allow fewer tasks (scontrol show config | grep "
                             "MaxArraySize): with fewer --workers each takes a bigger share"
                           : "; if Slurm has taken it all the same, its tasks find nothing to do"));
    }
    return fail(exit_tend_failed,
                text::format("run: {}; but tasks of it have begun (squeue --name={}): collect them "
                             "with --resume{}",
                             why.message(), array_.name,
                             withdrawn ? "" : "; " + withdrawn.error().message()));
  }

  const Invocation& invocation_;
  const Place& place_;
  const jobs::RunOptions& options_;
  const jobs::AttemptSettings& settings_;
  jobs::DetachedFolder folder_;
  jobs::SlurmArray array_;
};

}  // namespace

Outcome<int> detach(const Invocation& invocation, const Place& place, jobs::JobSource& source,
                    const jobs::RunOptions& options, const jobs::AttemptSettings& settings) {
  std::optional<unsigned> slots;
  if (invocation.has("jobs")) {
    slots = place.remote.slots;
  }
  auto array = jobs::slurm_array(place.slurm_options, slots);
  if (!array) {
    return fail(exit_usage, "run: --on: " + array.error().message());
  }
  Detaching detaching(
      invocation, place, options, settings,
      TEND_TRY(or_tend_failed(jobs::DetachedFolder::beside(*invocation.value("log")))),
      *std::move(array));
  return invocation.has("dry-run") ? detaching.print_script(source) : detaching.submit_run(source);
}

}  // namespace tend::cli
