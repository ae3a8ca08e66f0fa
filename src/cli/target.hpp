#pragma once
// Which project a command is about: by --project, by its file, or because only one runs.

#include <string>
#include <string_view>
#include <vector>

#include "cli/options.hpp"
#include "service/places.hpp"
#include "service/service_spec.hpp"

namespace tend::cli {

struct Target {
  std::string name{};
  service::Places places{};
  std::vector<std::string> services{};  ///< Those of the file, if one was read.
};

/// The environment that decides where things lie: --state, TEND_STATE, XDG, HOME and the user.
[[nodiscard]] service::PlacesEnvironment places_environment(const Invocation& invocation);

/// Whether it can be the name of a project: `[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}`, so also of a file.
[[nodiscard]] bool is_project_name(std::string_view name);

/// The project to speak to. It need not run: whoever asks it finds out.
Outcome<Target> find_target(const Invocation& invocation);

/// All projects of this user that run, by name.
[[nodiscard]] std::vector<Target> running_targets(const Invocation& invocation);

/// The validated content of the file.
struct Loaded {
  std::string file{};  ///< As it was named.
  service::ProjectSpec spec{};
  service::Places places{};
};

/// --file, TEND_FILE or ./tend.toml. Prints everything that is wrong with it and fails with 78.
Outcome<Loaded> load(const Invocation& invocation);
Outcome<Loaded> load_file(const std::string& file, const Invocation& invocation);

}  // namespace tend::cli
