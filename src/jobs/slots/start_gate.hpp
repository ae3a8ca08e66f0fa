#pragma once
// Whether the machine has room for one more job: --load and --mem-free. Pure.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tend::jobs {

/// What must be so before a job starts.
struct StartGate {
  std::optional<double> load_max{};  ///< The load average stays below this.
  std::optional<std::uint64_t> memory_bytes_min{};

  [[nodiscard]] bool is_set() const { return load_max || memory_bytes_min; }
};

/// A reading that is missing holds nobody back.
struct MachineReadings {
  std::optional<double> load{};
  std::optional<std::uint64_t> available_memory_bytes{};
};

/// Why no job may start now, in words; empty: one may. The load holds back only while a job of ours
/// runs, for it may be that of others, which never ends; the lack of memory always does.
[[nodiscard]] std::string why_not_now(const StartGate& gate, const MachineReadings& readings,
                                      unsigned running_jobs);

/// `3.5`, or `80%` of the cores.
[[nodiscard]] Result<double> parse_load_max(std::string_view text, unsigned cores);

}  // namespace tend::jobs
