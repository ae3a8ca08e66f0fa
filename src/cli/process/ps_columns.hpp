#pragma once
// The columns of `tend ps`: what each is called, reads, shows, sorts by and gives as JSON.

#include <tend/inspect/process.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/time_text.hpp"
#include "cli/options.hpp"
#include "cli/process/run_jobs.hpp"
#include "cli/process/service_runs.hpp"
#include "cli/table.hpp"

namespace tend::cli {

/// One process with everything around it that a column may want.
struct SeenProcess {
  const inspect::Process* process = nullptr;
  const ServiceRun* service = nullptr;  ///< Null: it belongs to none.
  std::optional<RunJob> job{};
  std::string_view boot_id{};
  std::string user{};
  std::chrono::nanoseconds age{};
  double cpu = 0;  ///< 1.0: one processor.
  RealTime started{};
  std::chrono::minutes utc_offset{};
};

struct PsColumn {
  std::string_view name{};  ///< For -o and --sort.
  std::string_view key{};   ///< In JSON; it names the unit.
  std::string_view heading{};
  Align align = Align::left;
  inspect::Fields fields = inspect::Fields::none;
  Cell (*cell)(const SeenProcess&) = nullptr;
  json::Value (*value)(const SeenProcess&) = nullptr;  ///< Also what it is sorted by.
  std::string_view meaning{};
};

[[nodiscard]] std::span<const PsColumn> ps_columns();

/// `pid,user,rss`. Failures (code 2) name the column that does not exist and what was meant.
Outcome<std::vector<const PsColumn*>> columns_named(std::string_view list);

/// `-cpu,pid`: by the first, those that are equal by the next; `-` turns round.
struct SortKey {
  const PsColumn* column = nullptr;
  bool is_descending = false;
};
Outcome<std::vector<SortKey>> sort_keys_named(std::string_view list);

/// Absent values come last.
void sort_by(std::vector<SeenProcess>& processes, std::span<const SortKey> keys);

/// One object with the columns' keys.
[[nodiscard]] json::Value object_of(const SeenProcess& process,
                                    std::span<const PsColumn* const> chosen);

}  // namespace tend::cli
