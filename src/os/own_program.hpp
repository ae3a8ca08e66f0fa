#pragma once
// The program that this process executes, also where /proc is missing.

#include <tend/error.hpp>

#include <string>

#include "os/fd.hpp"

namespace tend::os {

/// The path of the executable: /proc/self/exe with its links followed, else the path it was
/// executed by (AT_EXECFN, getauxval(3)).
[[nodiscard]] std::string own_program_path();

/// An O_PATH descriptor of the executable: it stays the same program when the file is replaced.
[[nodiscard]] Result<Fd> open_own_program();

}  // namespace tend::os
