#pragma once
// Where a project's files lie: runtime directory, state file, control socket, logs. Decided from
// the environment by one pure function.

#include <tend/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tend::service {

/// What decides: values of the environment, absent ones empty.
struct PlacesEnvironment {
  std::string state_dir{};        ///< --state or TEND_STATE: everything in one folder.
  std::string xdg_runtime_dir{};  ///< Relative values are ignored (XDG Base Directory).
  std::string xdg_state_home{};
  std::string home{};
  std::uint32_t uid = 0;
};

struct Places {
  std::string runtime_dir{};           ///< 0700. Holds `state`, `control`, `handover`, `lock`.
  std::string log_dir{};               ///< 0700. Holds NAME.log.
  bool runtime_is_shared_tmp = false;  ///< Below /tmp: the owner of each part is checked.

  [[nodiscard]] std::string state_file() const { return runtime_dir + "/state"; }
  [[nodiscard]] std::string control_socket() const { return runtime_dir + "/control"; }
  [[nodiscard]] std::string handover_socket() const { return runtime_dir + "/handover"; }
  /// What tells this project's processes from others, kept beside the state file for when that is
  /// damaged.
  [[nodiscard]] std::string mark_file() const { return runtime_dir + "/mark"; }
  [[nodiscard]] std::string lock_file() const { return runtime_dir + "/lock"; }
};

/// Runtime `$XDG_RUNTIME_DIR/tend/NAME`, root `/run/tend/NAME`, else `/tmp/tend-UID/NAME`; logs
/// `$XDG_STATE_HOME/tend/NAME` (`~/.local/state`), root `/var/log/tend/NAME`; with a state folder
/// DIR/run/NAME and DIR/log/NAME.
[[nodiscard]] Places places_of(std::string_view project, const PlacesEnvironment& environment);

/// The folder below which every project of this user has its runtime directory.
[[nodiscard]] std::string runtime_root(const PlacesEnvironment& environment);

/// Where `tend lock` keeps its files, beside the projects; no project can have this name.
[[nodiscard]] Places lock_places(const PlacesEnvironment& environment);

/// Makes the runtime directory alone (0700) and checks that it is ours alone.
[[nodiscard]] Result<> make_runtime_directory(const Places& places, std::uint32_t uid);

/// Makes the directories (0700) and checks that they are ours alone.
[[nodiscard]] Result<> make_places(const Places& places, std::uint32_t uid);

}  // namespace tend::service
