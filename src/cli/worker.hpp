#pragma once
// `tend __worker`: what `tend run` starts elsewhere by a launcher, and speaks to over its standard
// streams. For tend only: it is in no help.

#include <string_view>

#include "cli/options.hpp"

namespace tend::cli {

inline constexpr std::string_view worker_word = "__worker";

/// Runs until the front end goes, or a signal comes that ends programs. Exit code 0: the front end
/// has taken over every result.
Outcome<int> run_worker();

}  // namespace tend::cli
