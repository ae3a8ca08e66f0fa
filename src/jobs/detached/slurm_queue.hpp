#pragma once
// What Slurm is asked about a detached run: to take it (sbatch), and which of its tasks are still
// there (squeue). Never whether anything was done. Each question has a time limit.

#include <tend/error.hpp>

#include <chrono>
#include <map>
#include <string>

#include "jobs/remote/slurm.hpp"

namespace tend::jobs {

/// The number of the job. Errors: sbatch refused in its own words, did not answer in time, or said
/// something that is no number; the last two leave open whether Slurm has taken it.
[[nodiscard]] Result<std::string> submit(const SlurmArray& array,
                                         std::chrono::nanoseconds answer_within);

/// State and reason of the tasks that wait or run, by their numbers. Errors: squeue did not answer,
/// or not as squeue does.
[[nodiscard]] Result<std::map<unsigned, std::string>> tasks_in_queue(const std::string& name);

}  // namespace tend::jobs
