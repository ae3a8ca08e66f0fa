#pragma once
// `tend __share FOLDER TASK`: what a task of a detached run is: it runs its share of the jobs and
// records their results. For tend only: it is in no help.

#include <span>
#include <string>
#include <string_view>

#include "cli/options.hpp"

namespace tend::cli {

inline constexpr std::string_view share_word = "__share";

/// `words` are FOLDER and TASK. Exit codes as those of `tend run`.
Outcome<int> run_share(std::span<const std::string> words);

}  // namespace tend::cli
