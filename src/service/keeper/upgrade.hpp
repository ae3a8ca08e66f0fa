#pragma once
// Upgrade in place: the keeper becomes another program and stays the same process, so its children,
// its descriptors and its being a subreaper go on. What the new image must know and the state file
// does not hold travels in a sealed memfd.

#include <cstdint>

#include "service/keeper/helper_process.hpp"
#include "service/keeper/state_view.hpp"

namespace tend::service::keeper {

struct UpgradeTable {
  char magic[8] = {'t', 'e', 'n', 'd', 'k', 'e', 'e', 'p'};
  std::uint32_t version = upgrade_version;
  std::int32_t state_fd = -1;
  std::int32_t director_pid = 0;  ///< 0: it does not run just now.
  std::int32_t director_socket = -1;
  std::int32_t recorder_pid = 0;
  std::int32_t recorder_socket = -1;
};

/// Becomes the program stored as `next_keeper`. Returns only when that failed, with -errno, and
/// everything is as it was, but for what was stored for the upgrade.
long become_next(const StateView& view, const HelperProcess& director,
                 const HelperProcess& recorder, char* const* environment) noexcept;

/// Reads a table of become_next() and closes it; whether it is one that we understand.
bool read_table(int fd, UpgradeTable& table) noexcept;

/// What is stored as `next_program` becomes the program of director and recorder; the one before it
/// is kept for restore_program().
void take_next_program(const StateView& view) noexcept;

/// Back to the program before the upgrade; whether there was one.
bool restore_program(const StateView& view) noexcept;

/// `tend-keeper check STATE_FD VERSION`: whether we could go on with this state file and a table of
/// this version, as an exit code.
int check(int state_fd, long version) noexcept;

}  // namespace tend::service::keeper
