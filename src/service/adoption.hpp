#pragma once
// Taking over the project of a keeper that was killed: its services live on, its recorder may too.
// The state file is made fit for the next keeper: same runs, same counters, never a second copy.

#include <tend/error.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "os/fd.hpp"
#include "service/first_descriptors.hpp"
#include "service/handover.hpp"
#include "service/leader.hpp"
#include "service/places.hpp"
#include "service/state_file.hpp"

namespace tend::service {

/// For people: what became of the runs that the dead keeper had.
struct Adopted {
  std::vector<std::string> living{};          ///< Services that go on with the same process.
  std::vector<std::string> without_output{};  ///< Of those: nobody reads any more what they write.
};

/// What a recorder that outlived its keeper had, and the connection by which it learns that it may
/// go. Empty when there is no recorder.
struct Inheritance {
  std::vector<Bequest> bequests{};
  os::Fd connection{};
};

/// What an adoption asks of the machine. Tests bring their own.
struct AdoptionSight {
  /// A pidfd of it. Nothing: it has ended.
  std::function<std::optional<os::Fd>(const KnownLeader& leader)> open_leader;
  std::function<Result<bool>(const os::Fd& pidfd)> has_exited;
  /// The pipe with this inode among the descriptors of the process, opened anew for reading.
  std::function<std::optional<os::Fd>(std::int32_t pid, std::uint64_t inode)> reopen_pipe;
};

/// As the machine is.
[[nodiscard]] AdoptionSight own_sight();

/// Asks the recorder, if there is one. An error: there is one, and it does not answer.
[[nodiscard]] Result<Inheritance> ask_recorder(const Places& places);

/// Waits until the dead keeper's director has ended, who might still write: the kernel kills it, a
/// moment after the keeper's locks are free.
[[nodiscard]] Result<> wait_for_director(const StateFile& state);

/// Holds all leaders, finds the output of each again, and writes down in the records what was
/// adopted. Adds the descriptors to `first`. May be done again after a kill at any instruction.
[[nodiscard]] Result<Adopted> adopt(StateFile& state, const ProjectSpec& project,
                                    Inheritance inheritance, FirstDescriptors& first,
                                    const AdoptionSight& sight = own_sight());

/// Wishes services up: those that were `chosen` with what they require, and after a `tend down`
/// that was cut short all that it had stopped.
void renew_wishes(StateFile& state, const ProjectSpec& project,
                  std::span<const std::uint32_t> chosen, std::int64_t now_ns);

}  // namespace tend::service
