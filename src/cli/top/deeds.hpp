#pragma once
// What the keys of `tend top` do to services and processes, and the pages that they open.

#include <string>
#include <vector>

#include "cli/options.hpp"
#include "cli/top/model.hpp"

namespace tend::cli {

/// Does what was wished for without waiting for the end of it; what came of it in one line.
[[nodiscard]] std::string fulfil(const TopWish& wish, const Invocation& invocation);

/// The lines of a page, safe to print: the last lines of a service's log, or the report of a
/// process.
[[nodiscard]] std::vector<std::string> page_of(const TopWish& wish, const Invocation& invocation);

}  // namespace tend::cli
