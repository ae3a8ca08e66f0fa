#pragma once
// The process that a command about one process means.

#include <tend/inspect/snapshot.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/options.hpp"

namespace tend::cli {

/// A pid as a word of the command line: digits, or `self` for tend itself.
Outcome<std::int32_t> pid_of_word(std::string_view command, const std::string& word);

/// Reads it. Failures say in words why it cannot be: none with this pid, or hidden from us.
Outcome<inspect::Process> read_named_process(std::string_view command, const std::string& word,
                                             inspect::Fields fields);

/// Why a part of a process is not known, and what would help.
[[nodiscard]] std::string absence_words(const inspect::Process& process, std::string_view what,
                                        inspect::Absence why);

}  // namespace tend::cli
