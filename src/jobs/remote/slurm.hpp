#pragma once
// Slurm as a launcher: the words of srun(1), and what squeue(1) says about workers that wait. Slurm
// places and authenticates workers; it is never asked whether a job is done. Pure.

#include <tend/error.hpp>

#include <cstdint>
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

/// The numbers of the jobs that srun says it is waiting for ("srun: job 17 queued ...").
[[nodiscard]] std::vector<std::uint64_t> queued_slurm_jobs(const std::vector<std::string>& outputs);

/// What `squeue --noheader --format=%T:%r` printed, counted:
/// `3 pending (Resources), 1 pending (Priority)`.
[[nodiscard]] std::string squeue_words(std::string_view lines);

}  // namespace tend::jobs
