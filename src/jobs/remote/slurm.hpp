#pragma once
// Slurm as a launcher: the words of srun(1), and what squeue(1) says about workers that wait. Slurm
// places and authenticates workers; it is never asked whether a job is done. Pure.

#include <tend/error.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tend::jobs {

struct SlurmLaunch {
  std::string launcher{};  ///< Shell text, for RemoteOptions::launcher.
  unsigned slots = 1;      ///< Of each worker.
};

/// `options` are srun's, as the user wrote them; a shell will take them apart. The slots of a
/// worker are `slots`, else the CPUs for it that the options ask for, else 1. Errors: options that
/// would give one worker several tasks, or take its standard streams away.
[[nodiscard]] Result<SlurmLaunch> slurm_launch(std::string_view options,
                                               std::optional<unsigned> slots);

/// What an array of tasks for a detached run is made of.
struct SlurmArray {
  std::string name{};
  unsigned tasks = 1;
  std::string folder{};        ///< Where it lies; see detached/detached_folder.hpp.
  std::string program{};       ///< The tend that tasks are, by its path there.
  std::string options{};       ///< Of sbatch, as the user wrote them.
  unsigned slots = 1;          ///< Of each task.
  bool asks_for_cpus = false;  ///< The options do not say how many a task has.
};

/// Slots, and whether CPUs for them have to be asked for, from the options of the user; errors as
/// those of slurm_launch(), and options that are ours in an array.
[[nodiscard]] Result<SlurmArray> slurm_array(std::string_view options,
                                             std::optional<unsigned> slots);

/// The script for sbatch, and the words of a shell that submit it.
[[nodiscard]] std::string array_script(const SlurmArray& array);
[[nodiscard]] std::string submit_words(const SlurmArray& array);

/// The number of the job in what `sbatch --parsable` printed; nothing: it is something else.
[[nodiscard]] std::optional<std::string> submitted_job(std::string_view answer);

/// What `squeue --noheader --array --format=%K:%T:%r` says of tasks: state and reason by number.
/// Nothing: it said something else.
[[nodiscard]] std::optional<std::map<unsigned, std::string>> queued_tasks(std::string_view lines);

/// The numbers of the jobs that srun says it is waiting for ("srun: job 17 queued ...").
[[nodiscard]] std::vector<std::uint64_t> queued_slurm_jobs(const std::vector<std::string>& outputs);

/// What `squeue --noheader --format=%T:%r` printed, counted:
/// `3 pending (Resources), 1 pending (Priority)`.
[[nodiscard]] std::string squeue_words(std::string_view lines);

}  // namespace tend::jobs
