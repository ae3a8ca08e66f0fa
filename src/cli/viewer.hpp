#pragma once
// The viewer of `tend up`: shows what the services of a project write and what happens to them,
// until the keeper has ended. It survives the director's death, and decides nothing.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/line_prefix.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/target.hpp"
#include "os/fd.hpp"

namespace tend::cli {

/// `owner`: Ctrl-C, TERM and HUP stop the project, and hurry it when they come again. `onlooker`:
/// somebody else forwards signals to it.
enum class ViewerRole : std::uint8_t { owner, onlooker };

struct ViewerOptions {
  Target target{};
  std::vector<std::string> names{};  ///< Of all services, in the order of the project.
  std::string log_dir{};
  ViewerRole role = ViewerRole::owner;
  bool shows_times = false;
  std::int64_t since_realtime_ns = 0;  ///< Show lines from then on; 0: from the present end.
};

class Viewer {
 public:
  /// The folder of the logs must exist. Begins at their present end: make it before the launch.
  static Outcome<std::unique_ptr<Viewer>> make(ViewerOptions options, Output& out);

  virtual ~Viewer() = default;

  /// Shows everything until the process behind `keeper` has ended and its last line is shown.
  virtual Outcome<void> run(const os::Fd& keeper) = 0;
};

}  // namespace tend::cli
