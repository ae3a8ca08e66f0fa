#pragma once
// The exit code of `tend run`, from what became of the run. Pure.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

#include "jobs/schedule/halt_policy.hpp"

namespace tend::jobs {

/// `--exit`.
enum class ExitRule : std::uint8_t {
  any,    ///< 1 if a job failed.
  count,  ///< How many failed, at most 101.
  job,    ///< The code of the job that failed first.
};

[[nodiscard]] Result<ExitRule> parse_exit_rule(std::string_view text);

struct RunEnd {
  JobCounts counts{};
  std::optional<int> signal{};  ///< That told us to end.
  bool has_broken = false;      ///< tend itself failed: output or log were lost, say.
  bool is_reader_gone = false;  ///< Nobody reads our output any more.
  std::optional<HaltPolicy::What> halted{};
  std::optional<int> first_failed_code{};  ///< As a shell shows it: 128 + N for a signal.
};

/// 128 + the signal that interrupted us; 125 when tend itself failed; 141 when nobody reads any
/// more; 0 when halted by success; 3 when halted by failures; then as the rule says.
[[nodiscard]] int exit_code_of(const RunEnd& end, ExitRule rule);

}  // namespace tend::jobs
