#pragma once
// Job: one command of `tend run`, ready to be started but for the number of its slot, which is
// known only then. A plain value; where jobs come from is input/job_source.hpp.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tend::jobs {

/// Stands in Job::argv for the number of the slot (`{%}`). No argument can hold this byte: the
/// kernel ends each one there (execve(2)), and no item with it becomes part of a job.
inline constexpr char slot_mark = '\0';

struct Job {
  std::uint64_t sequence = 0;        ///< From 1, in the order of the input (`{#}`).
  std::vector<std::string> argv{};   ///< With slot_mark where `{%}` stood; argv_in_slot() has none.
  std::vector<std::string> items{};  ///< What it was made of, for people: tags, logs, names.
  std::optional<std::string> input{};  ///< Its standard input (--pipe); absent: /dev/null.
};

/// The arguments as they are executed in this slot; slots count from 1.
[[nodiscard]] std::vector<std::string> argv_in_slot(const Job& job, unsigned slot);

/// The items on one line, with a space between them: what `--tag` shows.
[[nodiscard]] std::string item_text(const Job& job);

}  // namespace tend::jobs
