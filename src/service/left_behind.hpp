#pragma once
// What a killed keeper leaves: processes that live on, found by the mark that each of them
// inherited and by what the state file knows of the leaders.

#include <tend/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "service/places.hpp"
#include "service/state_file.hpp"

namespace tend::service {

/// The living processes of the project, leaders first.
[[nodiscard]] std::vector<std::int32_t> left_behind(const StateFile& state);

/// The same, when the state file cannot be read: by the mark alone.
[[nodiscard]] std::vector<std::int32_t> left_behind(const Places& places);

/// Writes the mark, and the name of the project's cgroup, down where they outlive a damaged state
/// file.
[[nodiscard]] Result<> remember_mark(const Places& places, const std::string& project,
                                     std::uint32_t token);

/// Ends them, TERM before KILL, and removes the files of the project. Refused while somebody else
/// is at work on it.
[[nodiscard]] Result<> end_left_behind(const Places& places);

/// The cgroup of a project of which nothing runs: a keeper that was killed at the very end of its
/// project leaves it.
void remove_empty_group(const Places& places);

/// The state file, the sockets and the empty cgroup of the last life, if there are any.
void remove_remains(const Places& places);

}  // namespace tend::service
