#pragma once
// What the words of `tend run` say about where jobs run: here, on nodes that Slurm gives, or where
// any other launcher starts a worker.

#include <optional>
#include <string>

#include "cli/options.hpp"
#include "jobs/front/run_options.hpp"
#include "jobs/remote/remote_backend.hpp"

namespace tend::cli {

struct Place {
  jobs::RemoteOptions remote{};
  bool is_slurm = false;
  std::string slurm_options{};  ///< As they were written.
  bool is_detached = false;     ///< By Slurm alone, with nobody here.
};

/// Nothing: here.
[[nodiscard]] Outcome<std::optional<Place>> place_of(const Invocation& invocation);

/// More than any workers have: how many attempts run side by side is theirs to say.
inline constexpr unsigned remote_slots = 1U << 20U;

/// An absolute path of where jobs run: who starts them elsewhere may begin anywhere. `directory` is
/// the word of --cwd, or empty.
[[nodiscard]] Result<std::string> job_directory(const std::string& directory);

/// What makes a RemoteBackend of it. `settings` must live as long as the run.
[[nodiscard]] jobs::MakeBackend remote_backend_maker(const Place& place,
                                                     const jobs::AttemptSettings& settings);

}  // namespace tend::cli
