#pragma once
// Brings a project to life: makes its state file and first descriptors, and starts (or becomes) the
// keeper. After this the command that called it is a client like any other.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/fd.hpp"
#include "service/adoption.hpp"
#include "service/places.hpp"
#include "service/service_spec.hpp"

namespace tend::service {

struct LaunchOptions {
  std::vector<std::uint32_t>
      chosen{};                    ///< Services wished up at first; with_requirements() is applied.
  bool are_named = false;          ///< Somebody named those: also where the project is adopted.
  bool stops_with_viewer = false;  ///< The end of this process stops the project.
  bool become_keeper = false;      ///< exec the keeper in place of this process (PID 1).
};

struct Launched {
  os::Fd keeper{};  ///< pidfd of the keeper, a child of this process.
  std::int64_t keeper_pid = 0;
  std::optional<Adopted> adopted{};  ///< The project of a killed keeper was taken over.
  std::string note{};                ///< What else is to be said; empty: nothing.
};

/// A project that runs already, or whose keeper died and left services behind.
struct Running {
  std::int64_t keeper_pid = 0;  ///< 0: no keeper lives.
  std::uint64_t specs_digest = 0;
  std::vector<std::int64_t> left_behind{};  ///< Processes that live without a keeper.
  std::string damage{};                     ///< Why the state file cannot be read; empty: it can.
};

/// The project with its places filled in, as it lies in the state file.
[[nodiscard]] ProjectSpec placed(ProjectSpec project, const Places& places);

/// Running::specs_digest of this project in these places: tells whether a running one is the same.
[[nodiscard]] std::uint64_t digest_of(const ProjectSpec& project, const Places& places);

/// The program `tend-keeper`: TEND_KEEPER if that is set, else beside our own executable, else in
/// ../libexec/tend.
[[nodiscard]] Result<std::string> find_keeper();

/// What the state file in `places` says; an empty Running where nothing runs.
[[nodiscard]] Result<Running> look_at(const Places& places);

/// Starts the keeper. A project whose keeper was killed is taken over as it stands in its state
/// file, whatever `project` says. With `become_keeper` it returns only on error. Errors name the
/// directory, file or program that could not be had; "already running" names the owner's pid.
[[nodiscard]] Result<Launched> launch(const ProjectSpec& project, const Places& places,
                                      const LaunchOptions& options);

/// The exit code of the keeper, once it has ended (blocks until then).
[[nodiscard]] Result<int> wait_for_keeper(const Launched& launched);

}  // namespace tend::service
