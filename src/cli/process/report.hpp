#pragma once
// What `tend inspect` says of a process, as labelled lines: one screen that answers what it is and
// what it is doing, and sections with more. Pure.

#include <tend/inspect/process.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/colour.hpp"

namespace tend::cli {

/// `user      www-data (33)`. A line without a label goes on with the one above.
struct ReportLine {
  std::string label{};
  std::string text{};
  Tone tone = Tone::plain;
};

/// What is known around the process.
struct Surroundings {
  std::string user{};                   ///< Effective.
  std::string real_user{};              ///< The same, unless it has changed who it acts as.
  std::string parent{};                 ///< `1 (systemd)`; empty: none that we see.
  std::vector<std::string> children{};  ///< `12 (sh)`; all of them.
  std::string service{};                ///< `web of shop, up`; empty: none of tend.
  std::string job{};                    ///< `job 3 of 1234 (tend)`; empty: none of a `tend run`.
  std::string started{};                ///< RFC 3339.
  std::chrono::nanoseconds age{};
  double cpu = 0;  ///< Since its start; 1.0 is one processor.
  std::vector<inspect::Namespace> our_namespaces{};
};

[[nodiscard]] std::vector<ReportLine> summary_of(const inspect::Process& process,
                                                 const Surroundings& around);

/// A part of the report that is shown when it is asked for.
struct Section {
  std::string_view name{};
  std::string_view meaning{};
  std::vector<ReportLine> (*lines)(const inspect::Process& process) = nullptr;
};

[[nodiscard]] std::span<const Section> report_sections();

/// Ready to print: labels in a column of their own.
[[nodiscard]] std::vector<std::string> laid_out(std::span<const ReportLine> lines,
                                                const Painter& painter);

}  // namespace tend::cli
