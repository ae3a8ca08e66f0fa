#pragma once
// Completion scripts of shells, made from the table of commands and options. Pure. Names of
// services are asked from `tend status` when the key is pressed.

#include <string>

namespace tend::cli {

[[nodiscard]] std::string bash_completion();
[[nodiscard]] std::string zsh_completion();
[[nodiscard]] std::string fish_completion();

}  // namespace tend::cli
