#pragma once
// Help made from the table: for a terminal, as Markdown, as a man page. Pure.

#include <string>

#include "cli/options.hpp"

namespace tend::cli {

/// `tend --help`.
[[nodiscard]] std::string overview_help();

/// `tend COMMAND --help`.
[[nodiscard]] std::string command_help(const Command& command);

/// docs/cli.md.
[[nodiscard]] std::string markdown_help();

/// The source of tend(1), in the language of scdoc(5).
[[nodiscard]] std::string man_source();

}  // namespace tend::cli
