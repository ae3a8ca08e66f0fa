#include "cli/slurm_finding.hpp"

#include <tend/command.hpp>
#include <tend/deadline.hpp>
#include <tend/output.hpp>

#include <cerrno>
#include <chrono>
#include <string_view>

#include "base/text.hpp"
#include "base/try.hpp"

namespace tend::cli {

namespace {

/// Without a configuration they look for one in the network.
constexpr std::chrono::seconds patience{5};

Result<std::string> version_of(const char* program) {
  const Output output =
      TEND_TRY(Command(program).arg("--version").deadline(within(patience)).checked().capture());
  return std::string(text::trimmed(output.out));
}

bool is_missing(const Result<std::string>& version) {
  return !version && version.error().code == ENOENT;
}

}  // namespace

SlurmProbe probe_slurm() { return {.srun = version_of("srun"), .sbatch = version_of("sbatch")}; }

Finding slurm_finding(const SlurmProbe& probe) {
  Finding finding{.name = "slurm"};
  if (is_missing(probe.srun)) {
    finding.found = "there is no srun in PATH";
    finding.uses = "this machine for tend run, or workers by --launcher";
  } else if (!probe.srun) {
    finding.verdict = Verdict::limited;
    finding.found = "srun does not work: " + probe.srun.error().message();
    finding.uses = "this machine for tend run, or workers by --launcher";
    finding.advice = "see that this node has the cluster's slurm.conf, or name it with SLURM_CONF";
  } else if (!probe.sbatch) {
    finding.verdict = Verdict::limited;
    finding.found = *probe.srun + ", and no sbatch: " + probe.sbatch.error().message();
    finding.uses = "srun, for tend run --on slurm";
    finding.advice = "install sbatch, which comes with srun";
  } else {
    finding.found = *probe.srun;
    finding.uses = "srun, for tend run --on slurm";
  }
  return finding;
}

}  // namespace tend::cli
