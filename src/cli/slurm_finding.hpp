#pragma once
// Whether Slurm is here, and which: the line of `tend doctor` about `tend run --on slurm`.

#include <tend/error.hpp>

#include <string>

#include "cli/findings.hpp"

namespace tend::cli {

/// What `srun --version` and `sbatch --version` said, as one line each; or why nothing.
struct SlurmProbe {
  Result<std::string> srun{};
  Result<std::string> sbatch{};
};

/// Asks both; each has a few seconds to answer.
[[nodiscard]] SlurmProbe probe_slurm();

/// Pure.
[[nodiscard]] Finding slurm_finding(const SlurmProbe& probe);

}  // namespace tend::cli
